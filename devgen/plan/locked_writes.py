"""Locks (`write_enable`): the steps at the start of a write that refuse it, or mask the locked bits.

SystemRDL 2.0, 9.6: `swwe` and `swwel` say whether software can write a field, whatever its access is.
"""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language import ir
from devgen.plan.registers import PlannedRegister, mask_of_bits
from devgen.plan.side_effects import WRITABLE, WRITE_EFFECTS, Part, Parts, Selection, Term
from devgen.plan.steps import INDEX, Drop, Protect, local

_BOOL = ir.Range(0, 1)


def locks(register: PlannedRegister, parts: Parts, stored: ir.Expr) -> Iterator[Drop | Protect]:
    """Yield a step for the register's lock, and one for each lock of fields; ``stored`` is the register's value."""
    described, index = register.described, None if register.count is None else INDEX
    if described.write_enable is not None:
        yield Drop(closed(described.write_enable.test), register.title, index, "locked")
    every = mask_of_bits(described.width)
    for lock, bits in _field_locks(register):
        change = _change(register, parts, bits, stored)
        yield Protect(closed(lock), bits, every, change, register.title, index)


def closed(lock: ir.Expr) -> ir.Expr:
    """Return whether a lock is closed."""
    if isinstance(lock, ir.Unary) and lock.op == "not":
        return lock.operand
    return ir.Unary("not", lock, _BOOL)


def _field_locks(register: PlannedRegister) -> Iterator[tuple[ir.Expr, int]]:
    """Yield each lock of fields with the bits that it protects: of fields that share bits, the first one is written."""
    found: dict[ir.Expr, int] = {}
    taken = 0
    for field in register.described.fields:
        if field.access not in WRITABLE:
            continue
        if field.write_enable is not None and field.mask & ~taken:
            lock = field.write_enable.test
            found[lock] = found.get(lock, 0) | field.mask & ~taken
        taken |= field.mask
    yield from found.items()


def _change(register: PlannedRegister, parts: Parts, bits: int, stored: ir.Expr) -> ir.Expr:
    """Return the bits among ``bits`` that the write tries to change: software often writes back what it has read."""
    width = register.described.width
    selection = Selection(width, register.bits, "mask")
    changes: list[ir.Expr] = []
    for part in parts:
        reached = part.bits & bits
        if not reached or part.access not in WRITABLE:
            continue
        if part.write == "store" and register.is_changeable:
            every = ir.Range.unsigned(width)
            other = ir.Binary("^", local("value", width), stored, every)
            changes.append(ir.Binary("&", other, selection.term("written", reached), ir.Range(0, reached)))
        else:
            changes.append(selection.term(_term(part), reached))
    total = changes[0]
    for change in changes[1:]:
        total = ir.Binary("|", total, change, ir.Range.unsigned(width))
    return total


def _term(part: Part) -> Term:
    """Return the written bits that have an effect: those written as 1, as 0, or all."""
    effect = WRITE_EFFECTS[part.write]
    terms = {term for term in (effect.clears, effect.sets, effect.toggles) if term is not None}
    return terms.pop() if len(terms) == 1 else "written"
