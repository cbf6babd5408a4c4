"""Bits of a register as SystemRDL's field: those of a field, or all of a register without fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devgen.language.model import AccessType, ReadEffect, WriteEffect
from devgen.language.view import EnumerationView, FieldView, HardwareView, Hook, RegisterView

WHOLE: Final = "VALUE"
"""The name of the one field of a register without fields: SystemRDL requires a field (10.1)."""


@dataclass(slots=True, frozen=True)
class Bits:
    """Bits ``msb`` to ``lsb``. ``spec`` is the field's mapping in the description, empty for a whole register.

    ``reset`` is shifted to bit 0; ``known``: the datasheet states it, or some bits of it. ``lock``: software can write
    the bits while it is not 0; None if it always can, or if a register's lock and a field's both apply. ``hardware``:
    what hardware does to the field.
    """

    name: str
    msb: int
    lsb: int
    access: AccessType
    reset: int
    known: bool
    read_effect: ReadEffect | None
    write_effect: WriteEffect | None
    singlepulse: bool
    values: tuple[EnumerationView, ...]
    spec: Mapping[str, Any]
    lock: Hook | None = None
    hardware: HardwareView | None = None

    @property
    def width(self) -> int:
        """The number of bits."""
        return self.msb - self.lsb + 1

    @property
    def mask(self) -> int:
        """The bits at their place in the register."""
        return ((1 << self.width) - 1) << self.lsb


def bits_of_field(register: RegisterView, field: FieldView, spec: Any) -> Bits:
    """Return the bits of a field; ``spec`` is its value in the description: a mapping, or the bits alone.

    The effects of the register are those of each field that software can access so.
    """
    reads, writes = field.access not in ("wo", "w1"), field.access != "ro"
    return Bits(
        field.name,
        field.msb,
        field.lsb,
        field.access,
        field.reset,
        field.reset_known and (register.reset_mask is None or bool(register.reset_mask & field.mask | field.reset)),
        field.read_effect or (register.read_effect if reads else None),
        field.write_effect or (register.write_effect if writes else None),
        field.singlepulse or (register.singlepulse and writes and field.width == 1),
        field.values,
        spec if isinstance(spec, Mapping) else {"bits": spec},
        _only(field.write_enable, register.write_enable) if writes else None,
        field.hardware,
    )


def bits_of_register(register: RegisterView) -> Bits:
    """Return all bits of a register."""
    return Bits(
        WHOLE,
        register.width - 1,
        0,
        register.access,
        register.constant[0] if register.constant else register.reset.number or 0,
        register.reset_mask != 0,
        register.read_effect,
        register.write_effect,
        register.singlepulse,
        (),
        {},
        register.write_enable if register.access != "ro" else None,
    )


def _only(inner: Hook | None, outer: Hook | None) -> Hook | None:
    """Return the lock if there is one only; SystemRDL has no word for two."""
    return (inner or outer) if inner is None or outer is None else None
