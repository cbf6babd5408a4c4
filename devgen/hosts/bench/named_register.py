"""A register by name: each read and each write is a guest's access.

A register is accessed with its own width, at its address, as a driver does; side effects happen. Only ``peek`` and
``poke`` have none.

- Reading a field reads the whole register.
- Assigning a field is what a driver does for it: read the register, replace the field's bits, write the register. The
  bits of other fields that act when they are written are written so that they do nothing: 0 for write-1-to-clear (set,
  toggle), 1 for write-0-to-clear. A register that cannot be read is not read; its other bits are written as 0.
- ``with register as r:`` reads once at its start and writes once at its end.
- ``write(FIELD=value)`` writes without reading: all other bits are 0.

Registers of an ``indirect`` region are accessed in the region, as its window does, without the index register.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from devgen.hosts.bench.arguments import BenchError
from devgen.hosts.bench.register_places import RegisterPlace
from devgen.hosts.bench.register_values import FieldValue, RegisterValue, field_of, with_fields
from devgen.hosts.bench.stored_registers import peeked, poked, stored
from devgen.runtime.device.device import Device
from devgen.runtime.memory.access import swap
from devgen.runtime.memory.address_space import AddressSpace

_OWN = frozenset(("address", "fields", "last", "name", "offset", "peek", "poke", "read", "write"))
"""A register's own attributes; a field of such a name is reached by ``register["name"]``."""


class Accesses(Protocol):
    """What registers need of a bench."""

    @property
    def dut(self) -> Device:
        """The device."""
        ...

    def read(self, region: str | None, offset: int, size: int) -> int:
        """Read as a guest does."""
        ...

    def write(self, region: str | None, offset: int, value: int, size: int) -> None:
        """Write as a guest does."""
        ...

    def locate(self, region: str | None = None) -> tuple[AddressSpace, int]:
        """Return the address space and the address of a region."""
        ...

    def settle(self) -> None:
        """Fire the timers that are due now."""
        ...


class PendingWrite:
    """The value that a ``with`` block builds: fields are assigned, and read back, without an access."""

    __slots__ = ("_value",)

    _value: RegisterValue

    def __init__(self, value: RegisterValue) -> None:
        _set(self, "_value", value)

    def __getattr__(self, name: str) -> FieldValue:
        """Return the pending value of a field. Raises UnknownName."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self._value[name]

    def __getitem__(self, name: str) -> FieldValue:
        """Return the pending value of a field. Raises UnknownName."""
        return self._value[name]

    def __setattr__(self, name: str, value: int | str) -> None:
        """Replace a field. Raises BenchError for a wrong name or value."""
        self[name] = value

    def __setitem__(self, name: str, value: int | str) -> None:
        """Replace a field. Raises BenchError for a wrong name or value."""
        old = self._value
        changed = with_fields(old.place, int(old), {name: value}, old.address)
        _set(self, "_value", RegisterValue.of(changed, old.place, old.address))

    def __int__(self) -> int:
        """The value to be written."""
        return int(self._value)

    def __dir__(self) -> Iterator[str]:
        """The fields."""
        return iter(self._value.place.fields)


class Register:
    """A register, or an element of an array; the module's docstring says what its accesses are.

    It compares as its value: ``register == 5`` reads it. Raises BenchError for a value that does not fit, UnknownName
    for a field or a label that it does not have.
    """

    __slots__ = ("_bench", "_last", "_pending", "_place")

    _bench: Accesses
    _last: RegisterValue | None
    _pending: list[PendingWrite]
    _place: RegisterPlace

    def __init__(self, bench: Accesses, place: RegisterPlace) -> None:
        _set(self, "_bench", bench)
        _set(self, "_place", place)
        _set(self, "_last", None)
        _set(self, "_pending", [])

    # --- what it is ----------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name in the description: ``CTRL``, ``CHANNEL[1].RING``."""
        return self._place.name

    @property
    def offset(self) -> int:
        """Bytes from the start of its region."""
        return self._place.offset

    @property
    def address(self) -> int | None:
        """Its address in its address space; None while its BAR is not decoded, and if it is in none."""
        if self._place.bank.reach != "bus":
            return None
        try:
            return self._bench.locate(self._place.bank.region)[1] + self._place.offset
        except BenchError:
            return None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(self._place.fields)

    @property
    def last(self) -> RegisterValue | None:
        """What the last ``read`` or ``peek`` of this object has returned; None before."""
        return self._last

    def __repr__(self) -> str:
        """The name and the place; nothing is read."""
        return f"<register {self.name} ({self._at()})>"

    def _at(self) -> str:
        address = self.address
        return self._place.where if address is None else f"{self._place.where}, at {address:#x}"

    # --- accesses ------------------------------------------------------------------------

    def read(self) -> RegisterValue:
        """Read the register as a guest does, with its side effects."""
        place, value = self._place, 0
        for number, (offset, size) in enumerate(place.accesses()):
            value |= self._read(offset, size) << number * size * 8
        if place.bank.endian == "big" and place.bank.reach == "bus":
            value = swap(value, max(place.size, place.accesses()[0][1]))
        return self._kept(value & place.limit)

    def write(self, value: int | None = None, /, **fields: int | str) -> None:
        """Write the register as a guest does: ``value``, or the given fields and 0 in all other bits."""
        place = self._place
        number = with_fields(place, 0 if value is None else self._number(value), fields, self._at())
        pieces = place.accesses()
        if place.bank.endian == "big" and place.bank.reach == "bus":
            number = swap(number, max(place.size, pieces[0][1]))
        for offset, size in pieces:
            self._write(offset, number >> (offset - place.offset) * 8 & (1 << size * 8) - 1, size)

    def peek(self) -> RegisterValue:
        """Return the value without an access and without side effects.

        It is what a read would give; where a read has effects, or gives nothing, it is what the register stores. Raises
        BenchError for a window.
        """
        return self._kept(peeked(self._bench.dut, self._place))

    def poke(self, value: int | None = None, /, **fields: int | str) -> None:
        """Change what the register stores, without an access: no hook and no side effect of a write happens.

        ``fields`` replace the bits of fields. Lines and what else follows from the register are updated. Raises
        BenchError if the register stores nothing.
        """
        base = stored(self._bench.dut, self._place)
        base = base if value is None else self._number(value)
        poked(self._bench.dut, self._place, with_fields(self._place, base, fields, self._at()))
        self._bench.settle()

    def _read(self, offset: int, size: int) -> int:
        bank = self._place.bank
        if bank.reach != "indirect":
            return self._bench.read("cfg" if bank.reach == "config" else bank.region, offset, size)
        value = bank.bank.resolve_read(offset, size)()
        self._bench.settle()
        return value

    def _write(self, offset: int, value: int, size: int) -> None:
        bank = self._place.bank
        if bank.reach != "indirect":
            self._bench.write("cfg" if bank.reach == "config" else bank.region, offset, value, size)
            return
        bank.bank.resolve_write(offset, size)(value)
        self._bench.settle()

    def _kept(self, value: int) -> RegisterValue:
        made = RegisterValue.of(value, self._place, self._at())
        _set(self, "_last", made)
        return made

    def _number(self, value: object) -> int:
        if isinstance(value, Register):
            value = value.read()
        limit = self._place.limit
        if isinstance(value, int) and 0 <= value <= limit:
            return int(value)
        given = hex(value) if isinstance(value, int) else f"{value!r:.60}"
        bits = f"takes {self._place.reg.width} bits, 0 .. {limit:#x}"
        raise BenchError(f"{self.name} ({self._at()}) {bits}, not {given}")

    # --- fields --------------------------------------------------------------------------

    def __getattr__(self, name: str) -> FieldValue:
        """Read the register and return a field."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> FieldValue:
        """Read the register and return a field."""
        field_of(self._place, name, self._at())
        return self.read()[name]

    def __setattr__(self, name: str, value: int | str) -> None:
        """Read the register, replace a field and write the register."""
        if name in _OWN:
            raise BenchError(f'{self.name}.{name} is no field; a field of that name is ["{name}"]')
        self[name] = value

    def __setitem__(self, name: str, value: int | str) -> None:
        """Read the register, replace a field and write the register."""
        with_fields(self._place, 0, {name: value}, self._at())  # a wrong name or value: refused before the read
        self.write(with_fields(self._place, self._base(), {name: value}, self._at()))

    def __enter__(self) -> PendingWrite:
        """Read the register; fields that are assigned in the context are written at its end, in one write."""
        pending = PendingWrite(RegisterValue.of(self._base(), self._place, self._at()))
        self._pending.append(pending)
        return pending

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write the register, unless an exception ends the context."""
        pending = self._pending.pop()
        if kind is None:
            self.write(int(pending))

    def _base(self) -> int:
        """Return the bits to write beside a changed field."""
        ones, zeros = self._place.acting
        reg = self._place.reg
        value = 0 if reg.read is None and reg.view is None else int(self.read())
        return value & ~ones | zeros

    def __dir__(self) -> Iterator[str]:
        """The methods and the fields."""
        return iter([*super().__dir__(), *self._place.fields])

    # --- as a number ---------------------------------------------------------------------

    def __int__(self) -> int:
        """Read the register."""
        return int(self.read())

    __index__ = __int__

    def __bool__(self) -> bool:
        """Read the register; whether it is not 0."""
        return int(self.read()) != 0

    def __eq__(self, other: object) -> bool:
        """Read the register and compare its value with a number; with another register, whether it is the same one."""
        if isinstance(other, Register):
            return self._bench is other._bench and self._place == other._place
        return isinstance(other, int) and int(self.read()) == other

    def __hash__(self) -> int:
        """A hash of the name."""
        return hash((id(self._bench), self.name))

    def __lt__(self, other: int) -> bool:
        """Read the register and compare its value."""
        return int(self.read()) < other

    def __le__(self, other: int) -> bool:
        """Read the register and compare its value."""
        return int(self.read()) <= other

    def __gt__(self, other: int) -> bool:
        """Read the register and compare its value."""
        return int(self.read()) > other

    def __ge__(self, other: int) -> bool:
        """Read the register and compare its value."""
        return int(self.read()) >= other

    def __and__(self, other: int) -> int:
        """Read the register and mask its value."""
        return int(self.read()) & other

    def __or__(self, other: int) -> int:
        """Read the register and set bits of its value."""
        return int(self.read()) | other

    def __xor__(self, other: int) -> int:
        """Read the register and toggle bits of its value."""
        return int(self.read()) ^ other


_set = object.__setattr__
