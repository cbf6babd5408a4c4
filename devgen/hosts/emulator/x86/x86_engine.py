"""Unicorn as an x86 processor: its engine, and the hooks that only x86 has."""

from __future__ import annotations

from typing import Any, Protocol, cast

import unicorn
from unicorn import UC_ARCH_X86, UC_HOOK_INSN, UC_MODE_64
from unicorn.x86_const import UC_X86_INS_IN, UC_X86_INS_OUT

from devgen.hosts.emulator.unicorn_engine import Engine, MemoryHooks, set_memory_hooks


class X86Engine(Engine, Protocol):
    """An engine with model-specific registers."""

    def msr_read(self, number: int) -> int:
        """Read a model-specific register."""

    def msr_write(self, number: int, value: int) -> None:
        """Write a model-specific register."""


class X86Hooks(MemoryHooks, Protocol):
    """The hooks of an x86 processor. ``on_exception``: an exception (the instruction is aborted) or an INT n
    (completed).
    """

    def on_in(self, engine: object, port: int, size: int, data: object) -> int:
        """IN, and each element of INS."""

    def on_out(self, engine: object, port: int, size: int, value: int, data: object) -> None:
        """OUT, and each element of OUTS."""


def new_engine() -> X86Engine:
    """A 64-bit x86 engine; it begins in long mode without paging. Raises UcError."""
    make: Any = unicorn.Uc  # type: ignore[attr-defined]
    engine = make(UC_ARCH_X86, UC_MODE_64)
    # Use an empty list of end addresses instead of one end address: Unicorn would translate that address after each run
    # through the guest's page tables, and a fault of this translation would change CR2.
    engine.ctl_exits_enabled(True)
    return cast(X86Engine, engine)


def set_hooks(engine: Engine, hooks: X86Hooks) -> None:
    """Register ``hooks`` with ``engine``. Raises UcError."""
    engine.hook_add(UC_HOOK_INSN, hooks.on_in, aux1=UC_X86_INS_IN)
    engine.hook_add(UC_HOOK_INSN, hooks.on_out, aux1=UC_X86_INS_OUT)
    set_memory_hooks(engine, hooks)
