"""Fields of a register as components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devgen.exchange.rdl_export.bits import Bits, bits_of_field, bits_of_register
from devgen.exchange.rdl_export.devgen_property import devgen_property
from devgen.exchange.rdl_export.field_constructs import FIELD_CONSTRUCTS
from devgen.exchange.rdl_export.field_values import enumeration
from devgen.exchange.rdl_export.rdl_component import Component, Enum
from devgen.exchange.rdl_export.rdl_names import number
from devgen.exchange.rdl_export.said import Said
from devgen.exchange.rdl_export.said_texts import said_texts
from devgen.language.view import RegisterView

Spec = Mapping[str, Any]

_SAID: Final = frozenset(
    (
        *("bits", "reset", "title", "description", "alternate"),
        *(key for construct in FIELD_CONSTRUCTS for key in construct.keys),
    )
)


@dataclass(slots=True, frozen=True)
class RdlFields:
    """The fields of a register. ``left`` are those that SystemRDL has no place for, as they are described."""

    components: tuple[Component, ...]
    enums: tuple[Enum, ...]
    left: Mapping[str, Any]
    accesses: tuple[str, ...]
    """The access of each component."""
    by_bits: tuple[str, ...]
    """Their names in SystemRDL's order."""


def fields_of(register: RegisterView, spec: Spec, numeric: bool, carried: bool) -> RdlFields:
    """Return the fields of a register.

    ``numeric``: the reset values are numbers that all elements share. ``carried``: which of them are known is carried.
    """
    specs = spec.get("fields", {})
    placed, left = _without_overlaps(register, specs)
    enums = [enum for bits in placed if (enum := enumeration(bits)) is not None]
    return RdlFields(
        tuple(_component(bits, numeric, carried) for bits in placed),
        tuple(enums),
        {name: specs[name] for name in left if name in specs},
        tuple(bits.access for bits in placed),
        tuple(bits.name for bits in sorted(placed, key=lambda bits: bits.lsb)),
    )


def _without_overlaps(register: RegisterView, specs: Spec) -> tuple[list[Bits], list[str]]:
    """Return the fields that SystemRDL may have together (10.1), and the names of the others."""
    placed: list[Bits] = []
    left: list[str] = []
    for field in register.fields:
        bits = bits_of_field(register, field, specs.get(field.name, {}))
        if field.alternate is not None or not all(_may_share(bits, other) for other in placed):
            left.append(field.name)
        else:
            placed.append(bits)
    return (placed or [bits_of_register(register)]), left


def _may_share(bits: Bits, other: Bits) -> bool:
    pair = {bits.access, other.access}
    return not bits.mask & other.mask or pair in ({"ro", "wo"}, {"ro", "w1"})


def _component(bits: Bits, numeric: bool, carried: bool) -> Component:
    said = said_texts(bits.spec)
    for construct in FIELD_CONSTRUCTS:
        said += construct.say(bits)
    said += Said({}, {key: value for key, value in bits.spec.items() if key not in _SAID})
    if carried and bits.spec.get("reset") == "unknown":
        said += Said({}, {"reset": "unknown"})
    place = f"[{bits.msb}:{bits.lsb}]" + (f" = {number(bits.reset, bits.width)}" if numeric and bits.known else "")
    properties = (*said.properties.items(), *devgen_property(said.carried))
    return Component("field", bits.name, place, properties, references=tuple(said.references.items()))
