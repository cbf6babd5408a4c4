"""Unicorn, as far as it is used here, with types: its own package has hardly any."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any, Protocol, cast

import unicorn
from unicorn import (  # type: ignore[attr-defined]
    UC_ARCH_X86,
    UC_HOOK_INSN,
    UC_HOOK_INTR,
    UC_HOOK_MEM_READ_PROT,
    UC_HOOK_MEM_READ_UNMAPPED,
    UC_HOOK_MEM_WRITE_PROT,
    UC_HOOK_MEM_WRITE_UNMAPPED,
    UC_MODE_64,
    UcError,
)
from unicorn.x86_const import UC_X86_INS_IN, UC_X86_INS_OUT

HoleRead = Callable[[object, int, int, int], int]
"""(engine, offset, size, base) -> value: Unicorn fetches an aligned piece of an address range that is not memory."""


class Engine(Protocol):
    """One Unicorn instance. All of it raises UcError; nothing but ``emu_stop`` while it runs on another thread."""

    def mem_map_ptr(self, address: int, size: int, perms: int, ptr: int) -> None:
        """Map host memory."""

    def mem_unmap(self, address: int, size: int) -> None:
        """Undo a mapping."""

    def mem_protect(self, address: int, size: int, perms: int) -> None:
        """Change permissions."""

    def mmio_map(self, address: int, size: int, read: HoleRead, read_data: int, write: None, write_data: None) -> None:
        """Map a range that is not memory."""

    def hook_add(self, kind: int, callback: Callable[..., Any], *, begin: int = 1, end: int = 0, aux1: int = 0) -> int:
        """Have ``callback`` called, for addresses from ``begin`` to ``end``, everywhere if ``begin`` is the higher."""

    def hook_del(self, hook: int) -> None:
        """Undo ``hook_add``."""

    def emu_start(self, begin: int, until: int, *, count: int = 0) -> None:
        """Run."""

    def emu_stop(self) -> None:
        """Stop. In a code hook: before the instruction it stands at. For elsewhere see `gate`."""

    def reg_read(self, register: int) -> Any:
        """An int, or a tuple for a descriptor table register."""

    def reg_write(self, register: int, value: Any) -> None:
        """As `reg_read`."""

    def msr_read(self, number: int) -> int:
        """A model-specific register."""

    def msr_write(self, number: int, value: int) -> None:
        """As `msr_read`."""

    def mem_map(self, address: int, size: int) -> None:
        """Map memory of Unicorn's own."""

    def mem_write(self, address: int, data: bytes) -> None:
        """Write to mapped memory."""

    def context_save(self) -> Any:
        """A new context (its address is ``context``, its bytes ``size``), see `saved_context`."""

    def context_update(self, context: Any) -> None:
        """Copy the processor's state into ``context``."""

    def context_restore(self, context: Any) -> None:
        """Copy ``context`` into the processor's state."""


class Hooks(Protocol):
    """What Unicorn calls in the middle of an instruction. None of them may raise."""

    def on_in(self, engine: object, port: int, size: int, data: object) -> int:
        """IN, and each element of INS."""

    def on_out(self, engine: object, port: int, size: int, value: int, data: object) -> None:
        """OUT, and each element of OUTS."""

    def on_unmapped(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A load or store where nothing is mapped; True if something is now."""

    def on_load(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A load from a page without read permission, whole and with its exact address."""

    def on_store(self, engine: object, kind: int, address: int, size: int, value: int, data: object) -> bool:
        """A store to a page without write permission, likewise."""

    def on_exception(self, engine: object, vector: int, data: object) -> None:
        """An exception (the instruction not done) or an INT n (done)."""


def version() -> str:
    """The version of Unicorn that is installed."""
    return metadata.version("unicorn")


def new_engine() -> Engine:
    """A 64-bit x86 engine; it begins in long mode without paging. Raises UcError."""
    make: Any = unicorn.Uc  # type: ignore[attr-defined]
    engine = make(UC_ARCH_X86, UC_MODE_64)
    # A list of end addresses, left empty, instead of one: Unicorn looks that one up after each run, through the guest's
    # page tables, and leaves the fault that this causes in CR2.
    engine.ctl_exits_enabled(True)
    return cast(Engine, engine)


def set_hooks(engine: Engine, hooks: Hooks) -> None:
    """Tell ``engine`` whom to call. Raises UcError."""
    engine.hook_add(UC_HOOK_INSN, hooks.on_in, aux1=UC_X86_INS_IN)
    engine.hook_add(UC_HOOK_INSN, hooks.on_out, aux1=UC_X86_INS_OUT)
    engine.hook_add(UC_HOOK_MEM_READ_UNMAPPED | UC_HOOK_MEM_WRITE_UNMAPPED, hooks.on_unmapped)
    engine.hook_add(UC_HOOK_MEM_READ_PROT, hooks.on_load)
    engine.hook_add(UC_HOOK_MEM_WRITE_PROT, hooks.on_store)
    engine.hook_add(UC_HOOK_INTR, hooks.on_exception)


__all__ = ["Engine", "HoleRead", "Hooks", "UcError", "new_engine", "set_hooks", "version"]
