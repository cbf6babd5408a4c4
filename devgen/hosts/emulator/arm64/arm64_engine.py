"""Unicorn as an arm64 processor, a Cortex-A72: its engine, and the hooks that only arm64 has."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol, cast

import unicorn
from unicorn import UC_ARCH_ARM64, UC_HOOK_INSN, UC_MODE_ARM
from unicorn import arm64_const as arm64

from devgen.hosts.emulator.unicorn_engine import Engine, MemoryHooks, set_memory_hooks


class Encoding(NamedTuple):
    """A system register, as MRS and MSR encode it."""

    op0: int
    op1: int
    crn: int
    crm: int
    op2: int


class Arm64Engine(Engine, Protocol):
    """An engine with system registers."""

    def mem_read(self, address: int, size: int) -> bytes:
        """Read mapped memory at a physical address."""

    def cpr_read(self, op0: int, op1: int, crn: int, crm: int, op2: int) -> int:
        """Read a system register that Unicorn knows."""

    def cpr_write(self, op0: int, op1: int, crn: int, crm: int, op2: int, value: int) -> None:
        """Write one. Translated code then follows the processor's present state (`arm_rebuild_hflags`)."""


class Arm64Hooks(MemoryHooks, Protocol):
    """The hooks of an arm64 processor. ``on_exception``: the instruction is aborted, or completed for SVC and SMC."""

    def on_mrs(self, engine: object, register: int, access: Any, data: object) -> int:
        """MRS to general register ``register``. True if the hook has carried it out."""

    def on_msr(self, engine: object, register: int, access: Any, data: object) -> int:
        """MSR with the value ``access.val``. True if the hook has carried it out."""


SCTLR: Final = Encoding(3, 0, 1, 0, 0)
TTBR0: Final = Encoding(3, 0, 2, 0, 0)
TTBR1: Final = Encoding(3, 0, 2, 0, 1)
TCR: Final = Encoding(3, 0, 2, 0, 2)
SPSR: Final = Encoding(3, 0, 4, 0, 0)
ELR: Final = Encoding(3, 0, 4, 0, 1)
_SCR_EL3: Final = Encoding(3, 6, 1, 1, 0)

_SCR_RW: Final = 1 << 10
"""SCR_EL3.RW: exception level 1 is AArch64."""


def new_engine() -> Arm64Engine:
    """An engine at exception level 1 with its MMU off. Raises UcError."""
    make: Any = unicorn.Uc  # type: ignore[attr-defined]
    engine = make(UC_ARCH_ARM64, UC_MODE_ARM, arm64.UC_CPU_ARM64_A72)
    engine.ctl_exits_enabled(True)
    # Without this bit, Unicorn walks the guest's page tables in AArch32's format.
    engine.cpr_write(*_SCR_EL3, engine.cpr_read(*_SCR_EL3) | _SCR_RW)
    return cast(Arm64Engine, engine)


def set_hooks(engine: Engine, hooks: Arm64Hooks) -> None:
    """Register ``hooks`` with ``engine``. Raises UcError."""
    engine.hook_add(UC_HOOK_INSN, hooks.on_mrs, aux1=arm64.UC_ARM64_INS_MRS)
    engine.hook_add(UC_HOOK_INSN, hooks.on_msr, aux1=arm64.UC_ARM64_INS_MSR)
    set_memory_hooks(engine, hooks)
