"""Plans the accesses of registers: byte lanes, access sizes, constant reads, and coalesced writes."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir
from devgen.plan.registers import PlannedRegister
from devgen.plan.side_effects import Parts


@dataclass(slots=True, frozen=True)
class AccessPlan:
    """How a bank accesses a register.

    ``by_lanes``: a write may reach only some byte lanes, or only fields that no lock protects.
    ``reads_lanes``: a read needs to know the accessed lanes. ``fixed``: the constant value of every read, if the bank
    can return it without a call. ``readable`` and ``writable``: whether it takes reads and writes of bytes that it
    shares with other registers.
    """

    by_lanes: bool
    reads_lanes: bool
    fixed: int | None
    readable: bool
    writable: bool


def plan_access(register: PlannedRegister, parts: Parts) -> AccessPlan:
    """Plan one register's accesses."""
    lanes = is_written_by_lanes(register)
    locked = any(field.write_enable is not None for field in register.described.fields)
    inert, described = register.described.intent is not None, register.described
    return AccessPlan(
        by_lanes=lanes or locked,
        reads_lanes=lanes and _read_needs_lanes(register, parts),
        fixed=_fixed(register, parts),
        readable=inert or bool(parts.readable) or has_read_hooks(register),
        writable=inert or bool(parts.writable) or bool(described.write or described.on_write),
    )


def is_written_by_lanes(register: PlannedRegister) -> bool:
    """Whether an access may cover only some byte lanes; otherwise every access covers the whole register."""
    described, rule = register.described, register.region.access
    if described.decode == "lanes":
        size = described.width // 8
        strides = [stride for _, stride in described.dims] or [register.stride]
        aligned = register.offset % size == 0 and all(stride % size == 0 for stride in strides)
        smallest = rule.valid[0] if aligned and not rule.unaligned else 1
        return described.width > 8 * min(smallest, rule.implemented[1])
    # The bank splits accesses to a register that is wider than the bus.
    return described.width > 8 * min(4, rule.implemented[1])


def has_read_hooks(register: PlannedRegister) -> bool:
    """Whether a read computes a value or has effects."""
    described = register.described
    computed = described.read is not None or described.window is not None
    return computed or bool(described.before_read) or bool(described.on_read)


def _read_needs_lanes(register: PlannedRegister, parts: Parts) -> bool:
    """Whether a read needs the lanes: its effects, or a window's access, apply only to the bytes that are read."""
    described = register.described
    hooked = bool(described.before_read or described.on_read)
    if described.window is not None or (described.halves == "last" and hooked):
        return True
    return register.is_changeable and any(part.read for part in parts)


def _fixed(register: PlannedRegister, parts: Parts) -> int | None:
    described = register.described
    if register.is_changeable or has_read_hooks(register) or not parts.readable:
        return None
    if described.intent is not None:
        return described.reset.value if isinstance(described.reset, ir.Int) else None
    if described.constant is None:
        return 0
    return described.constant[0] if len(described.constant) == 1 else None


@dataclass(slots=True, frozen=True)
class CoalescedRange:
    """Bytes whose writes a host may queue and deliver in a batch.

    ``size`` bytes at ``offset``; with ``count``, that many elements which lie ``stride`` bytes apart.
    """

    offset: int
    size: int
    stride: int = 0
    count: ir.Expr | None = None


def coalesced_ranges(registers: Iterable[PlannedRegister]) -> tuple[CoalescedRange, ...]:
    """Return the ranges of a region: arrays of variable size or with gaps, then the others with neighbours merged."""
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
    """Return (offset, size) ranges in ascending order, with adjacent ranges merged."""
    result: list[tuple[int, int]] = []
    for offset, size in sorted(ranges):
        if result and offset <= sum(result[-1]):
            start, length = result[-1]
            result[-1] = (start, max(length, offset + size - start))
        else:
            result.append((offset, size))
    return result
