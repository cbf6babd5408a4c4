"""Types for the part of Unicorn that this package uses on every architecture; Unicorn's own package has few."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any, Protocol

from unicorn import (  # type: ignore[attr-defined]
    UC_HOOK_INTR,
    UC_HOOK_MEM_READ_PROT,
    UC_HOOK_MEM_READ_UNMAPPED,
    UC_HOOK_MEM_WRITE_PROT,
    UC_HOOK_MEM_WRITE_UNMAPPED,
    UcError,
)

HoleRead = Callable[[object, int, int, int], int]
"""(engine, offset, size, base) -> value: Unicorn fetches an aligned piece of an address range that is not memory."""


class UnknownUnicorn(Exception):
    """The layout of the processor structure in this build of Unicorn is not supported."""


class Engine(Protocol):
    """One Unicorn instance. Methods raise UcError. While it runs on another thread, only ``emu_stop`` may be called."""

    def mem_map_ptr(self, address: int, size: int, perms: int, ptr: int) -> None:
        """Map host memory."""

    def mem_unmap(self, address: int, size: int) -> None:
        """Undo a mapping."""

    def mem_protect(self, address: int, size: int, perms: int) -> None:
        """Change permissions."""

    def mmio_map(self, address: int, size: int, read: HoleRead, read_data: int, write: None, write_data: None) -> None:
        """Map a range that is not memory."""

    def hook_add(self, kind: int, callback: Callable[..., Any], *, begin: int = 1, end: int = 0, aux1: int = 0) -> int:
        """Call ``callback`` for addresses from ``begin`` to ``end``; for all addresses if ``begin`` > ``end``."""

    def hook_del(self, hook: int) -> None:
        """Undo ``hook_add``."""

    def emu_start(self, begin: int, until: int, *, count: int = 0) -> None:
        """Run."""

    def emu_stop(self) -> None:
        """Stop. A code hook stops before its instruction; for a stop from elsewhere see `stop_gate`."""

    def reg_read(self, register: int) -> Any:
        """An int, or a tuple for a descriptor table register."""

    def reg_write(self, register: int, value: Any) -> None:
        """Write a register; the value has the type that `reg_read` returns."""

    def mem_map(self, address: int, size: int) -> None:
        """Map memory that Unicorn allocates."""

    def mem_write(self, address: int, data: bytes) -> None:
        """Write to mapped memory."""

    def context_save(self) -> Any:
        """A new context: its address is ``context``, its bytes ``size``."""

    def context_update(self, context: Any) -> None:
        """Copy the processor's state into ``context``."""

    def context_restore(self, context: Any) -> None:
        """Copy ``context`` into the processor's state."""


class MemoryHooks(Protocol):
    """The hooks that Unicorn calls in the middle of an instruction. They must not raise."""

    def on_unmapped(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A load or store of an unmapped address; True if it is mapped now."""

    def on_load(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A load from a page without read permission, whole and with its exact address."""

    def on_store(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A store to a page without write permission, whole and with its exact address."""

    def on_exception(self, engine: object, vector: int, data: object) -> None:
        """An exception or an instruction that asks for one; ``vector`` is the architecture's number."""


FOR_EVER = 1 << 62
"""A number of instructions that no run reaches. A count makes Unicorn call code hooks at each one, see `stop_gate`."""


def version() -> str:
    """The version of Unicorn that is installed."""
    return metadata.version("unicorn")


def set_memory_hooks(engine: Engine, hooks: MemoryHooks) -> None:
    """Register ``hooks`` with ``engine``. Raises UcError."""
    engine.hook_add(UC_HOOK_MEM_READ_UNMAPPED | UC_HOOK_MEM_WRITE_UNMAPPED, hooks.on_unmapped)
    engine.hook_add(UC_HOOK_MEM_READ_PROT, hooks.on_load)
    engine.hook_add(UC_HOOK_MEM_WRITE_PROT, hooks.on_store)
    engine.hook_add(UC_HOOK_INTR, hooks.on_exception)


__all__ = [
    "FOR_EVER",
    "Engine",
    "HoleRead",
    "MemoryHooks",
    "UcError",
    "UnknownUnicorn",
    "set_memory_hooks",
    "version",
]
