"""A register's fields and its reset value."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.elaborate.elaboration import Context, Tree
from devgen.language.elaborate.hardware_keys import draft_hardware
from devgen.language.elaborate.label_keys import build_labels, shared_name
from devgen.language.elaborate.overlapping_fields import settle_overlaps, stored_reset
from devgen.language.elaborate.register_drafts import RegisterDraft
from devgen.language.elaborate.written_values import build_constraint
from devgen.language.model import AccessType, Field
from devgen.language.reading.quantities import bits

_PLAIN_KEYS = frozenset(("bits", "access", "reset", "title", "description"))
"""Keys that can be combined with all others."""
_READ_ONLY = ("write_effect", "singlepulse")
_WRITE_ONLY = ("read_effect",)
UNKNOWN = "unknown"
"""The `reset` of a field whose datasheet does not state it."""


def build_fields(
    ctx: Context, declared: Tree, register: Tree, width: int, access: AccessType
) -> tuple[tuple[Field, ...], int]:
    """Build the fields of a register ``width`` bits wide; return them with the register's reset value.

    A reset that is an expression or a list is treated as 0 here, since fields cannot be merged into it.
    """
    given = register.get("reset")
    whole = given if type(given) is int else None
    reset, used, shared = 0, 0, False
    fields: list[Field] = []
    for name, value in declared.items():
        short = not isinstance(value, dict)
        spec = {"bits": value} if short else value
        place = _place(ctx, name, spec.get("bits"), declared if short else spec, name if short else "bits", width)
        if place is None:
            continue
        lsb, size = place
        mask = (1 << size) - 1 << lsb
        shared = shared or bool(used & mask) or "alternate" in spec
        used |= mask
        start = _field_reset(ctx, name, spec, lsb, size, given)
        reset |= start << lsb
        fields.append(_field(ctx, register, name, spec, lsb, size, access, start))
    if shared:
        found = settle_overlaps(ctx, declared, fields, whole)
        return found, stored_reset(found) if whole is None else whole
    return tuple(fields), reset if whole is None else whole


def check_reset(ctx: Context, draft: RegisterDraft) -> None:
    """Report a reset with bits that neither a field nor a field of an alternate covers."""
    whole = draft.spec.get("reset")
    if not draft.fields or type(whole) is not int or draft.view is not None or whole >> draft.width:
        return
    used = covered((*draft.fields, *draft.also))
    if whole & ~used:
        bits = f"{whole & ~used:#x}"
        ctx.at_value(kinds.RESET_RESERVED, draft.spec, "reset", value=f"{whole:#x}", bits=bits)


def covered(fields: Iterable[Field]) -> int:
    """Return the bits that fields cover."""
    return reduce(or_, (field.mask for field in fields), 0)


def _place(
    ctx: Context, name: str, value: int | str | None, node: Tree, key: str, width: int
) -> tuple[int, int] | None:
    """Return (least significant bit, width) of a field, or None if its bits are missing or invalid."""
    if value is None:
        return None
    if type(value) is int:
        msb = lsb = value
    else:
        found = ctx.bits.get(value)  # type: ignore[arg-type]
        if found is None:
            found = ctx.bits[value] = bits(value)  # type: ignore[index]
        msb, lsb = found
    if msb < lsb:
        ctx.at_value(kinds.BITS_REVERSED, node, key, found=value, hint=f"write '{lsb}:{msb}'")
        msb, lsb = lsb, msb
    if msb >= width:
        ctx.at_value(kinds.FIELD_OUTSIDE, node, key, name=name, bit=msb, width=width)
        return None
    return lsb, msb - lsb + 1


def _field_reset(ctx: Context, name: str, spec: Tree, lsb: int, size: int, register: Any) -> int:
    value: int | None = spec.get("reset") if spec.get("reset") != UNKNOWN else None
    inherited = register >> lsb & (1 << size) - 1 if type(register) is int else 0
    if value is None:
        return inherited
    if value >> size:
        ctx.at_value(kinds.VALUE_TOO_WIDE, spec, "reset", what="the reset value", value=f"{value:#x}", width=size)
        return 0
    if register is not None and type(register) is not int:
        ctx.contradiction(spec, "reset", "reset", "the register's reset is not a number that it could be part of")
    elif register is not None and value != inherited:
        ctx.at_value(kinds.RESET_MISMATCH, spec, "reset", name=name, field=f"{value:#x}", register=f"{inherited:#x}")
    return value


def _field(
    ctx: Context, register: Tree, name: str, spec: Tree, lsb: int, size: int, access: AccessType, reset: int
) -> Field:
    if len(spec) == 1:
        return Field(name, lsb, size, access, reset, None, None, False, (), "", "")
    own: AccessType = spec.get("access", access)
    title, description, known = spec.get("title", ""), spec.get("description", ""), spec.get("reset") != UNKNOWN
    if spec.keys() <= _PLAIN_KEYS:
        return Field(name, lsb, size, own, reset, None, None, False, (), title, description, reset_known=known)
    check_effects(ctx, spec, own)
    labels = build_labels(ctx, spec, size, own)
    return Field(
        name=name,
        lsb=lsb,
        width=size,
        access=own,
        reset=reset,
        read_effect=spec.get("read_effect"),
        write_effect=spec.get("write_effect"),
        singlepulse=spec.get("singlepulse", False),
        labels=labels,
        title=title,
        description=description,
        enumeration=shared_name(spec),
        alternate=spec.get("alternate", ""),
        constraint=build_constraint(ctx, spec, size, own, labels),
        volatile=spec.get("volatile", False),
        reset_known=known,
        hardware=draft_hardware(ctx, register, spec, own),
    )


def check_effects(ctx: Context, spec: Tree, access: AccessType) -> None:
    """Report side effects that cannot occur with the access type of a field or register."""
    if access == "ro":
        for key in _READ_ONLY:
            if spec.get(key):
                ctx.contradiction(spec, key, "access: ro", "software cannot write it")
    elif access in ("wo", "w1"):
        for key in _WRITE_ONLY:
            if key in spec:
                ctx.contradiction(spec, key, f"access: {access}", "software cannot read it")
