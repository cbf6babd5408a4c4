"""Fields that have bits in common: one for reads and one for writes, or alternates with another meaning.

Of a read-only and a write-only field the read-only one has the storage; what is written to the other is not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.elaboration import Context, Tree
from devgen.language.model import Field


def settle_overlaps(ctx: Context, declared: Tree, fields: Sequence[Field], whole: int | None) -> tuple[Field, ...]:
    """Return the fields with what they share decided; report those that may not share bits, or differ in their reset.

    ``whole`` is the register's own reset, None if it has none or one that is not a number.
    """
    named = {field.name: field for field in fields}
    for field in fields:
        if field.alternate:
            _check_alternate(ctx, declared, field, named, fields)
    for number, field in enumerate(fields):
        other = next((other for other in fields[:number] if _clash(field, other)), None)
        if other is not None:
            names = {"name": f"'{field.name}'", "other": f"'{other.name}'"}
            related = ctx.second(declared, other.name, f"'{other.name}' has bits {_bits(other)}")
            ctx.at_key(kinds.FIELDS_OVERLAP, declared, field.name, **names, related=related)
    settled = [replace(field, stored=_is_stored(field, fields)) for field in fields]
    reset = stored_reset(settled) if whole is None else whole
    return tuple(_with_reset(ctx, declared, field, reset) for field in settled)


def stored_reset(fields: Iterable[Field]) -> int:
    """Return the reset value of a register's fields; of fields that share a bit the first one counts."""
    reset = used = 0
    for field in fields:
        if field.stored:
            reset |= field.reset << field.lsb & ~used
            used |= field.mask
    return reset


def _check_alternate(
    ctx: Context, declared: Tree, field: Field, named: dict[str, Field], fields: Sequence[Field]
) -> None:
    target = named.get(field.alternate)
    reason = _why_no_alternate(field, target, fields)
    if reason:
        hint = did_you_mean(field.alternate, named) if target is None else ""
        values = {"name": f"'{field.name}'", "target": field.alternate, "reason": reason}
        ctx.at_value(kinds.BAD_ALTERNATE, declared[field.name], "alternate", hint=hint, **values)


def _why_no_alternate(field: Field, target: Field | None, fields: Sequence[Field]) -> str:
    if target is None:
        return "the register has no such field"
    if target is field:
        return "that is itself"
    if target.alternate:
        return f"that is an alternate of '{target.alternate}' itself"
    if not field.mask & target.mask and not field.mask & _bits_of_others(field, target, fields):
        return "the two have no bit in common, and no other alternate connects them"
    if _are_apart(field, target):
        return "reads reach the read-only field and writes the other one"
    return ""


def _bits_of_others(field: Field, target: Field, fields: Sequence[Field]) -> int:
    """Return the bits of a field and of those of its other alternates that are connected with it by common bits."""
    waiting = [other for other in fields if other.alternate == target.name and other is not field]
    reached, before = target.mask, 0
    while reached != before:
        before = reached
        for other in waiting:
            reached |= other.mask if other.mask & reached else 0
    return reached


def _bits(field: Field) -> str:
    return f"{field.lsb + field.width - 1}:{field.lsb}" if field.width > 1 else str(field.lsb)


def _clash(field: Field, other: Field) -> bool:
    """Whether two fields share bits and may not."""
    related = (field.alternate or field.name) == (other.alternate or other.name)
    return bool(field.mask & other.mask) and not related and not _are_apart(field, other)


def _are_apart(field: Field, other: Field) -> bool:
    """Whether one of two fields is for reads only and the other one for writes only."""
    accesses = {field.access, other.access}
    return "ro" in accesses and bool(accesses & {"wo", "w1"})


def _is_stored(field: Field, fields: Sequence[Field]) -> bool:
    shared = (other for other in fields if other.mask & field.mask and other.access == "ro")
    return field.access not in ("wo", "w1") or next(shared, None) is None


def _with_reset(ctx: Context, declared: Tree, field: Field, reset: int) -> Field:
    """Return the field with the reset of its bits; report another one of its own."""
    spec = declared[field.name]
    value = reset >> field.lsb & (1 << field.width) - 1 if field.stored else 0
    given = spec.get("reset", value) if isinstance(spec, dict) else value
    if isinstance(given, int) and given != value and not given >> field.width:
        if not field.stored:
            ctx.contradiction(spec, "reset", "fields", "its bits are those of a read-only field")
        elif field.reset != value:
            words = {"field": f"{field.reset:#x}", "register": f"{value:#x}"}
            ctx.at_value(kinds.RESET_MISMATCH, spec, "reset", name=field.name, **words)
    return replace(field, reset=value)
