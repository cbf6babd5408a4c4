"""Which lanes and sizes reach a register, what a read of it always gives, and which writes may be coalesced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from devgen.language import ir
from devgen.plan.registers import PlannedRegister
from devgen.plan.side_effects import Part, readable_bits


@dataclass(slots=True, frozen=True)
class AccessPlan:
    """How a bank reaches one register.

    ``by_lanes``: an access may touch some lanes only. ``reads_lanes``: a read must be told which. ``fixed``: what
    every read gives, where the bank can give it by itself.
    """

    by_lanes: bool
    reads_lanes: bool
    fixed: int | None


def plan_access(register: PlannedRegister, parts: tuple[Part, ...]) -> AccessPlan:
    """Plan one register's accesses."""
    lanes = is_written_by_lanes(register)
    return AccessPlan(lanes, lanes and _read_needs_lanes(register, parts), _fixed(register, parts))


def is_written_by_lanes(register: PlannedRegister) -> bool:
    """Whether an access may touch some lanes only; else each one is of the whole register."""
    described, rule = register.described, register.region.access
    if described.decode == "lanes":
        size = described.width // 8
        aligned = register.offset % size == 0 == register.stride % size
        smallest = rule.valid[0] if aligned and not rule.unaligned else 1
        return described.width > 8 * min(smallest, rule.implemented[1])
    # The bank gives a wide register to a narrow bus in parts.
    return described.width > 8 * min(4, rule.implemented[1])


def has_read_hooks(register: PlannedRegister) -> bool:
    """Whether a read computes or does something."""
    described = register.described
    computed = described.read is not None or described.window is not None
    return computed or bool(described.before_read) or bool(described.on_read)


def _read_needs_lanes(register: PlannedRegister, parts: tuple[Part, ...]) -> bool:
    """Only with them can a read clear, or reach, what was read and no more."""
    described = register.described
    hooked = bool(described.before_read or described.on_read)
    if described.window is not None or (described.halves == "last" and hooked):
        return True
    return register.is_changeable and any(part.read for part in parts)


def _fixed(register: PlannedRegister, parts: tuple[Part, ...]) -> int | None:
    described = register.described
    if register.is_changeable or has_read_hooks(register) or not readable_bits(parts):
        return None
    if described.intent is not None:
        return described.reset.value if isinstance(described.reset, ir.Int) else None
    if described.constant is None:
        return 0
    return described.constant[0] if len(described.constant) == 1 else None


@dataclass(slots=True, frozen=True)
class CoalescedRange:
    """Bytes whose writes a host may hold back and deliver in a batch.

    ``size`` bytes at ``offset``; with ``count``, that many elements which lie ``stride`` bytes apart.
    """

    offset: int
    size: int
    stride: int = 0
    count: ir.Expr | None = None


def coalesced_ranges(registers: Iterable[PlannedRegister]) -> tuple[CoalescedRange, ...]:
    """The ranges of one region: arrays of an unknown size or with gaps first, then the rest with neighbours joined."""
    fixed: list[tuple[int, int]] = []
    arrays: list[CoalescedRange] = []
    for register in registers:
        size = register.described.width // 8
        match register.count:
            case _ if not register.described.coalesce:
                continue
            case None:
                fixed.append((register.offset, size))
            case ir.Int(count) if register.stride == size:
                fixed.append((register.offset, size * count))
            case count:
                arrays.append(CoalescedRange(register.offset, size, register.stride, count))
    return (*arrays, *(CoalescedRange(offset, size) for offset, size in merged(fixed)))


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(offset, size) ranges in ascending order, those that touch joined."""
    result: list[tuple[int, int]] = []
    for offset, size in sorted(ranges):
        if result and offset <= sum(result[-1]):
            start, length = result[-1]
            result[-1] = (start, max(length, offset + size - start))
        else:
            result.append((offset, size))
    return result
