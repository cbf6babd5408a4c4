"""The outputs of interrupt registers and counting fields, as functions that `STATUS.intr` and the like call.

SystemRDL 2.0, 10.8 (``intr`` and ``halt`` of a register) and 9.8 (thresholds and saturation of a counter).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from devgen.language.elaborate.counting_fields import OUTPUTS, Counting, output_body
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
from devgen.language.model import Action, Field, Function, Hardware, Region, Register, RegisterFile, outputs_of


def build_outputs(regions: Iterable[Region]) -> tuple[Function, ...]:
    """Return the outputs of all interrupt registers and counting fields."""
    return tuple(
        function
        for title, register, place in _placed(regions)
        for function in (*_interrupts(title, register, place), *_comparisons(title, register, place))
    )


def build_counting(regions: Iterable[Region]) -> tuple[Action, ...]:
    """Return the steps up and down of all counting fields."""
    counters = (
        (title, register, place, field, field.hardware.counter)
        for title, register, place in _placed(regions)
        for field in register.fields
        if field.hardware is not None and field.hardware.counter is not None
    )
    return tuple(Counting(counters).actions())


def _placed(regions: Iterable[Region]) -> Iterator[tuple[str, Register, RegisterPlace]]:
    """Yield each register with its path, and its place for the element ``index``."""
    for region in regions:
        for entry in region.entries:
            file = entry if isinstance(entry, RegisterFile) else None
            for register in (entry,) if isinstance(entry, Register) else entry.registers:
                count = _elements(register, file)
                index = None if count is None else Load(LocalPlace("index"), Range(0, count - 1))
                place = RegisterPlace(register.name, register.width, None if file is None else file.name, index)
                yield register.name if file is None else f"{file.name}.{register.name}", register, place


def _interrupts(title: str, register: Register, place: RegisterPlace) -> Iterator[Function]:
    for name in outputs_of(register.fields):
        parts = [part for field in register.fields for part in _parts(place, field, halt=name == "halt")]
        yield Function(f"{title}.{name}", _parameters(place), _sum(place, register, parts))


def _comparisons(title: str, register: Register, place: RegisterPlace) -> Iterator[Function]:
    for field in register.fields:
        counter = None if field.hardware is None else field.hardware.counter
        if counter is not None:
            own = FieldPlace(place, field.name, field.lsb, field.width)
            for name in OUTPUTS:
                if getattr(counter, name) is not None:
                    body = output_body(own, counter, name)
                    yield Function(f"{title}.{field.name}.{name}", _parameters(place), body)
            for name, value in (("incrvalue", counter.incrvalue), ("decrvalue", counter.decrvalue)):
                if not isinstance(value, Int):
                    yield Function(f"{title}.{field.name}.{name}", _parameters(place), value)


def _parameters(place: RegisterPlace) -> tuple[str, ...]:
    return () if place.index is None else ("index",)


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
