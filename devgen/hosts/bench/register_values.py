"""Values that a test reads from registers and fields: numbers that know their register, their fields and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devgen.common.near_names import nearest
from devgen.hosts.bench.arguments import BenchError
from devgen.hosts.bench.register_places import FieldPlace, RegisterPlace
from devgen.runtime.base.faults import suggest


class UnknownName(BenchError, AttributeError):
    """A register, a field or a label that the device does not have; the message names a similar one."""


class FieldValue(int):
    """The value of a field: an int that also equals its label in the enumeration.

    ``value == "RUN"`` and ``value == 1`` are both true where RUN is 1. Comparing with a text that is no label of the
    field raises UnknownName: such a comparison could never be true.
    """

    place: FieldPlace
    register: RegisterValue

    @classmethod
    def of(cls, register: RegisterValue, place: FieldPlace) -> FieldValue:
        """Return the field ``place`` of a register's value."""
        made = cls(place.of(register))
        made.place, made.register = place, register
        return made

    @property
    def label(self) -> str | None:
        """The label of the value; None if the enumeration has none for it."""
        return next((label for label, value in self.place.labels.items() if value == int(self)), None)

    def __eq__(self, other: object) -> bool:
        """Compare with a number or a label."""
        if isinstance(other, str):
            return int(self) == label_value(self.register.place, self.place, other, self.register.address)
        return int(self) == other

    def __ne__(self, other: object) -> bool:
        """Compare with a number or a label."""
        return not self == other

    __hash__ = int.__hash__
    __str__ = int.__repr__

    def __repr__(self) -> str:
        """The number, with the label if there is one: ``1 (RUN)``."""
        return f"{int(self)} ({self.label})" if self.label else int.__repr__(self)


class RegisterValue(int):
    """A register's value: an int with a field's value as attribute ``value.FIELD``, or ``value["FIELD"]``."""

    place: RegisterPlace
    address: str

    @classmethod
    def of(cls, value: int, place: RegisterPlace, address: str) -> RegisterValue:
        """Return ``value`` as the value of a register; ``address`` is for messages."""
        made = cls(value)
        made.place, made.address = place, address
        return made

    def __getattr__(self, name: str) -> FieldValue:
        """Return a field's value. Raises UnknownName."""
        if name.startswith("__") or name in ("place", "address"):  # a copy that has not been given them yet
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> FieldValue:
        """Return a field's value. Raises UnknownName."""
        return FieldValue.of(self, field_of(self.place, name, self.address))

    def __dir__(self) -> Iterator[str]:
        """The names of an int, and of the fields."""
        return iter([*super().__dir__(), *self.place.fields])

    __str__ = int.__repr__

    def __repr__(self) -> str:
        """The value with its fields: ``0x5 (ENABLE=1, MODE=RUN)``."""
        return self.place.show(self) if "place" in vars(self) else int.__repr__(self)


def field_of(place: RegisterPlace, name: str, address: str) -> FieldPlace:
    """Return a field of a register. Raises UnknownName."""
    found = place.fields.get(name)
    if found is not None:
        return found
    known = ", ".join(place.fields)
    said = f"no field {name!r}{suggest(name, place.fields)}; it has {known}" if known else "no fields"
    raise UnknownName(f"{place.name} ({address}) has {said}")


def label_value(place: RegisterPlace, field: FieldPlace, label: str, address: str) -> int:
    """Return the value of a field's label. Raises UnknownName."""
    value = field.labels.get(label)
    if value is not None:
        return value
    name = f"{place.name}.{field.name} ({address})"
    if not field.labels:
        raise UnknownName(f"{name} has no labels: give a number, not {label!r}")
    near = nearest(label, field.labels)
    hint = f" (did you mean {near!r}?)" if near else ""
    raise UnknownName(f"{name} has no label {label!r}{hint}; it has {', '.join(field.labels)}")


def field_number(place: RegisterPlace, field: FieldPlace, value: object, address: str) -> int:
    """Return a field's value that a test gives: a number or a label. Raises BenchError for one that does not fit."""
    if isinstance(value, str):
        return label_value(place, field, value, address)
    limit = (1 << field.width) - 1
    if not isinstance(value, int) or not 0 <= value <= limit:
        given = hex(value) if isinstance(value, int) else f"{value!r:.60}"
        raise BenchError(
            f"{place.name}.{field.name} ({address}) takes {bits_text(field.width)}, 0 .. {limit:#x}, not {given}"
        )
    return int(value)


def with_fields(place: RegisterPlace, value: int, given: Mapping[str, object], address: str) -> int:
    """Return a register's value with the given fields replaced. Raises BenchError for a wrong name or value."""
    for name, wanted in given.items():
        field = field_of(place, name, address)
        value = value & ~field.mask | field_number(place, field, wanted, address) << field.lsb
    return value


def bits_text(width: int) -> str:
    """Return ``1 bit`` or ``8 bits``."""
    return "1 bit" if width == 1 else f"{width} bits"
