"""The outputs of interrupt registers, as functions that `STATUS.intr` and `STATUS.halt` call (SystemRDL 2.0, 10.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from devgen.language.ir import (
    BOOL,
    Binary,
    Compare,
    Expr,
    FieldPlace,
    Int,
    Load,
    LocalPlace,
    Logic,
    Range,
    RegisterPlace,
    Unary,
)
from devgen.language.model import Field, Function, Hardware, Region, Register, RegisterFile, outputs_of


def build_outputs(regions: Iterable[Region]) -> tuple[Function, ...]:
    """Return the outputs of all interrupt registers."""
    return tuple(
        function
        for region in regions
        for entry in region.entries
        for register, file in _registers(entry)
        for function in _functions(register, file)
    )


def _registers(entry: Register | RegisterFile) -> Iterator[tuple[Register, RegisterFile | None]]:
    if isinstance(entry, RegisterFile):
        yield from ((register, entry) for register in entry.registers)
    else:
        yield entry, None


def _functions(register: Register, file: RegisterFile | None) -> Iterator[Function]:
    names = outputs_of(register.fields)
    if not names:
        return
    count = _elements(register, file)
    index = None if count is None else Load(LocalPlace("index"), Range(0, count - 1))
    place = RegisterPlace(register.name, register.width, None if file is None else file.name, index)
    title = register.name if file is None else f"{file.name}.{register.name}"
    for name in names:
        parts = [part for field in register.fields for part in _parts(place, field, halt=name == "halt")]
        body = _sum(place, register, parts)
        yield Function(f"{title}.{name}", () if index is None else ("index",), body)


def _elements(register: Register, file: RegisterFile | None) -> int | None:
    """Return the greatest number of elements; None if it is no array."""
    if register.dims:
        return prod(count for count, _ in register.dims)
    count = register.count if register.count is not None else None if file is None else file.count
    return None if count is None else max(count.range.hi or 1, 1)


def _parts(place: RegisterPlace, field: Field, halt: bool) -> Iterator[tuple[Field, Expr | None, bool]]:
    """Yield an interrupt field with its enable or mask, and whether this is a mask."""
    hardware = field.hardware
    if hardware is not None and hardware.intr and (hardware.halts or not halt):
        yield field, *_limit(hardware, halt)


def _limit(hardware: Hardware, halt: bool) -> tuple[Expr | None, bool]:
    enable, mask = (hardware.haltenable, hardware.haltmask) if halt else (hardware.enable, hardware.mask)
    return (mask, True) if mask is not None else (enable, False)


def _sum(place: RegisterPlace, register: Register, parts: list[tuple[Field, Expr | None, bool]]) -> Expr:
    """Return the OR of the parts. Fields whose enables are at the same bits of one register are combined."""
    whole = Load(place, Range.unsigned(place.width))
    merged: dict[tuple[RegisterPlace | None, bool], int] = {}
    terms: list[Expr] = []
    for field, limit, inverted in parts:
        if limit is None:
            merged[None, False] = merged.get((None, False), 0) | field.mask
        elif (owner := _same_bits(limit, field)) is not None:
            merged[owner, inverted] = merged.get((owner, inverted), 0) | field.mask
        else:
            terms.append(_limited(Load(FieldPlace(place, field.name, field.lsb, field.width),
                                       Range.unsigned(field.width)), limit, inverted))  # fmt: skip
    for (owner, inverted), bits in merged.items():
        limited = whole if owner is None else _limited(whole, Load(owner, Range.unsigned(owner.width)), inverted)
        every = bits == _bits(register)
        terms.append(limited if every else Binary("&", limited, Int(bits), Range(0, bits)))
    if len(terms) > 1:
        return Logic("or", tuple(terms))
    return terms[0] if terms[0].range.within(BOOL) else Compare(terms[0], (("!=", Int(0)),))


def _bits(register: Register) -> int:
    """Return the bits that can be set."""
    return sum({field.mask for field in register.fields if not field.alternate})


def _limited(value: Expr, limit: Expr, inverted: bool) -> Expr:
    if value.range.within(BOOL):
        return Logic("and", (value, Unary("not", limit, BOOL) if inverted else limit))
    bounds = Range(0, min(value.range.hi or 0, limit.range.hi or 0) if not inverted else value.range.hi)
    high = limit.range.hi or 0
    return Binary("&", value, Unary("~", limit, Range(-1 - high, -1)) if inverted else limit, bounds)


def _same_bits(limit: Expr, field: Field) -> RegisterPlace | None:
    """Return the register of an enable whose bits are those of the field."""
    match limit:
        case Load(FieldPlace(register, _, lsb, width)) if (lsb, width) == (field.lsb, field.width):
            return register
        case Load(RegisterPlace() as register) if (field.lsb, field.width) == (0, register.width):
            return register
    return None
