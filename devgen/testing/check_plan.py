"""Which checks of ``--devgen-registers`` apply to a register, and what stands in the way of the others.

A check needs no knowledge of the register: it follows from the description's ``reset``, ``access``, effects and sizes.
Behaviour may change what they say; then the check is listed with the behaviour as its obstacle, and does not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from devgen.language import ir, model
from devgen.plan.dependencies import Analysis
from devgen.plan.registers import PlannedRegister, plan_registers
from devgen.plan.side_effects import parts_of

Kind = Literal["reset", "write", "read-only", "sizes"]
KINDS: Final[tuple[Kind, ...]] = ("reset", "write", "read-only", "sizes")

_UNREACHED: Final = "accesses of its `sizes` do not reach all of it"


@dataclass(slots=True, frozen=True)
class Check:
    """A check of a register, or of all elements of an array. ``obstacle``: why it cannot be made; empty if it can.

    ``alone``: no other register has one of its bytes. ``quiet``: accesses change the register's own storage only.
    """

    register: PlannedRegister
    kind: Kind
    obstacle: str = ""
    alone: bool = True
    quiet: bool = False

    @property
    def name(self) -> str:
        """``CTRL reset``; for a member of a register file ``CHANNEL.RING write``."""
        return f"{self.register.title} {self.kind}"


def plan_checks(device: model.Device) -> list[Check]:
    """Return the checks of all registers of a device, in the order of the description."""
    registers = plan_registers(device)
    functions = {function.name: function for function in (*device.functions, *device.outputs)}
    actions = {action.name: action for action in (*device.actions, *device.counting)}
    analysis = Analysis(registers, functions, actions)
    planner = _Planner(device, analysis, _owners(registers.values()))
    return [check for register in registers.values() for check in planner.checks(register)]


@dataclass(slots=True, frozen=True)
class _Planner:
    device: model.Device
    analysis: Analysis
    owners: Mapping[tuple[str, int], list[PlannedRegister]]

    def checks(self, register: PlannedRegister) -> Iterator[Check]:
        """Yield the checks that say something about a register."""
        parts = parts_of(register.described)
        alone = not self._shared(register)
        made = partial(Check, register, alone=alone, quiet=alone and _is_quiet(register.described))
        whole = self._whole(register)
        yield made("reset", whole or self._reset(register))
        if parts.writable:
            yield made("write", whole or self._write(register))
        if register.bits & ~parts.writable or not parts.writable:
            yield made("read-only", whole or self._read_only(register))
        if narrow_sizes(register) and parts.readable:
            yield made("sizes", whole or self._sizes(register))

    def _whole(self, register: PlannedRegister) -> str:
        """Return what stands in the way of every check."""
        described = register.described
        if described.intent is not None:
            return f"it is {described.intent.value}"
        if described.external:
            return "its behaviour is external"
        if described.window is not None:
            return "it is a window"
        if register.condition is not None:
            return "`when`: a mode decides whether it answers"
        if described.view is not None or described.alternate is not None:
            return "`alternate`: another register answers at its place"
        return "registers that are views of it share its bits" if described.also else ""

    def _reset(self, register: PlannedRegister) -> str:
        described = register.described
        if described.read is not None:
            return "`read` computes its value"
        if not isinstance(described.reset, ir.Int) and described.constant is None:
            return "its reset value depends on a property"
        if not _is_reached(register):
            return _UNREACHED
        if register.storage is None and described.constant is None:
            return "" if parts_of(described).readable else "nothing shows what it stores"
        return self._changed(register, {"on_reset": self.device.on_reset, "before_read": described.before_read})

    def _write(self, register: PlannedRegister) -> str:
        described = register.described
        if described.write is not None:
            return "`write` decides what a write does"
        if described.read is not None:
            return "`read` computes its value"
        if not _is_reached(register):
            return _UNREACHED
        if not register.is_changeable:
            return "nothing shows what is written"
        refused = _refuses(described)
        if refused:
            return refused
        hooks = {name: getattr(described, name) for name in ("on_write", "before_read", "on_read")}
        return self._changed(register, hooks) or self._timed(register)

    def _read_only(self, register: PlannedRegister) -> str:
        described = register.described
        if not parts_of(described).readable:
            return "it cannot be read"
        if described.write is not None or (described.read is not None and described.on_write):
            return "behaviour of a write may change its value"
        return self._shared(register) or self._changed(register, {"on_write": described.on_write})

    def _sizes(self, register: PlannedRegister) -> str:
        described = register.described
        if register.region.space in ("indirect", "config"):
            return f"its region is {register.region.space}"
        effects = described.read_effect or any(field.read_effect for field in described.fields)
        if effects or described.before_read or described.on_read:
            return "a read has effects"
        if register.region.access.endian == "big" and described.decode != "lanes":
            return "its region is big-endian and does not use lanes"
        return self._shared(register)

    # --- behaviour ---------------------------------------------------------------------------

    def _changed(self, register: PlannedRegister, hooks: dict[str, tuple[ir.Stmt, ...]]) -> str:
        """Return the hook that assigns the register."""
        own = self.analysis.stored(register.key)
        found = next((name for name, body in hooks.items() if own & self.analysis.writes(body)), None)
        return "" if found is None else f"`{found}` changes it"

    def _timed(self, register: PlannedRegister) -> str:
        """Return the timer that a write may start and whose expiry assigns the register."""
        own, started = self.analysis.stored(register.key), self.analysis.writes(register.described.on_write)
        for timer in self.device.timers:
            if ("timer", timer.name) in started and own & self.analysis.writes(timer.on_expire):
                return f"a write arms the timer {timer.name}, which changes it"
        return ""

    def _shared(self, register: PlannedRegister) -> str:
        """Return the other register that has one of its bytes."""
        for place in _bytes(register):
            for other in self.owners[place]:
                if other is not register:
                    return f"{other.title} has the same bytes"
        return ""


def _refuses(described: model.Register) -> str:
    """Return why a register may refuse a write; empty if it takes all."""
    parts: tuple[model.Register | model.Field, ...] = (described, *described.fields)
    if any(part.write_enable is not None for part in parts):
        return "`write_enable`: a lock decides whether it takes a write"
    return "`write_constraint`: it does not take every value" if any(part.constraint for part in parts) else ""


def _is_reached(register: PlannedRegister) -> bool:
    """Whether accesses reach all bytes: those that are not lanes reach a register at its offset only."""
    sizes = register.described.sizes
    return register.described.decode == "lanes" or sizes is None or 8 * sizes[1] >= register.described.width


def _is_quiet(register: model.Register) -> bool:
    """Whether accesses run no hook and record no first write."""
    hooks = (register.write, register.on_write, register.before_read, register.on_read, register.window)
    return not any(hooks) and not parts_of(register).once


def narrow_sizes(register: PlannedRegister) -> tuple[int, ...]:
    """Return the sizes below the register's of accesses that reach it as they are: the bus cuts or refuses others."""
    rule, described = register.region.access, register.described
    least = max(rule.valid[0], 1 if described.decode == "lanes" else rule.implemented[0])
    most = min(rule.valid[1], rule.implemented[1], described.width // 8 - 1)
    return tuple(size for size in (1, 2, 4) if least <= size <= most)


def _owners(registers: Iterable[PlannedRegister]) -> dict[tuple[str, int], list[PlannedRegister]]:
    """Return (region, offset of a byte) → the registers that have it."""
    owners: dict[tuple[str, int], list[PlannedRegister]] = {}
    for register in registers:
        for place in _bytes(register):
            owners.setdefault(place, []).append(register)
    return owners


def _bytes(register: PlannedRegister) -> Iterator[tuple[str, int]]:
    """Yield (region, offset) of a register's bytes, of an array's up to 64 elements."""
    size, count = register.described.width // 8, 1
    if register.count is not None:
        count = min(register.count.range.hi or 0, 64)
    for index in range(count):
        for at in range(size):
            yield register.region.name, register.offset + index * register.stride + at
