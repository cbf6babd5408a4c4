"""Where the registers of a device are: found in its banks and its tables, without its description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from devgen.runtime.device.described_registers import Shape
from devgen.runtime.device.device import Device
from devgen.runtime.memory.access import Endian, unobserved
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.memory.register_window import Window
from devgen.runtime.observe.access_names import element_name, number_text
from devgen.runtime.pci import PciDevice

Reach = Literal["bus", "config", "indirect"]
"""How software reaches a bank: at an address, in PCI configuration space, or through a window only."""

_LONGEST: Final = 8


@dataclass(slots=True, frozen=True)
class FieldPlace:
    """A field: its lowest bit, its width in bits, and the labels of its enumeration."""

    name: str
    lsb: int
    width: int
    labels: Mapping[str, int]

    @property
    def mask(self) -> int:
        """The field's bits in the register."""
        return (1 << self.width) - 1 << self.lsb

    def of(self, value: int) -> int:
        """Return the field's bits of a register's value, shifted to bit 0."""
        return (value & self.mask) >> self.lsb

    def text(self, value: int) -> str:
        """Return the field's part of a register's value as ``NAME=LABEL``, or as ``NAME=number`` without a label."""
        number = self.of(value)
        label = next((label for label, labelled in self.labels.items() if labelled == number), None)
        return f"{self.name}={label or number_text(number)}"


@dataclass(slots=True, frozen=True)
class BankPlace:
    """A bank of registers, its region's name, and how software reaches it."""

    bank: RegisterBank
    region: str
    reach: Reach

    @property
    def endian(self) -> Endian:
        """The bank's byte order."""
        return self.bank.access.endian


@dataclass(slots=True, frozen=True)
class RegisterPlace:
    """One register, or one element of an array: its full name (``CHANNEL[1].RING``) and its place."""

    name: str
    bank: BankPlace
    reg: Reg
    index: int | None
    fields: Mapping[str, FieldPlace] = field(repr=False)
    acting: tuple[int, int] = (0, 0)

    @property
    def offset(self) -> int:
        """Bytes from the start of the region."""
        return self.reg.place(self.index or 0)

    @property
    def size(self) -> int:
        """Bytes of the register."""
        return self.reg.width // 8

    @property
    def limit(self) -> int:
        """The greatest value."""
        return (1 << self.reg.width) - 1

    @property
    def where(self) -> str:
        """The region and the offset in it: ``registers+0x4``."""
        return f"{self.bank.region}+{self.offset:#x}"

    def accesses(self) -> list[tuple[int, int]]:
        """Return the (offset, size) of the accesses to the whole register: one, unless its ``sizes`` are smaller.

        One access of the smallest size if all are larger than the register.
        """
        least, most = self.reg.sizes or (1, _LONGEST)
        size = max(min(self.size, most), least)
        return [(self.offset + at, size) for at in range(0, self.size, size)]

    def show(self, value: int) -> str:
        """Return a value with its fields: ``0x5 (ENABLE=1, MODE=RUN)``."""
        fields = ", ".join(part.text(value) for part in self.fields.values())
        return f"{value:#x} ({fields})" if fields else f"{value:#x}"


@dataclass(slots=True, frozen=True)
class RegisterArray:
    """A register or an array by its name in the description: ``CHANNEL.RING``."""

    name: str
    bank: BankPlace
    reg: Reg
    fields: Mapping[str, FieldPlace]
    acting: tuple[int, int]
    elements: Shape | None

    @property
    def shape(self) -> Shape:
        """The dimensions of each part of the name."""
        if self.elements is not None:
            return self.elements
        first: Shape = ((self.reg.count,),) if self.reg.stride else ((),)
        return (*first, *((),) * self.name.count("."))

    def element(self, index: int | None) -> RegisterPlace:
        """Return the place of element ``index``, counted over all dimensions, or of the register."""
        name = element_name(self.name, index, self.elements)
        return RegisterPlace(name, self.bank, self.reg, index, self.fields, self.acting)


class RegisterMap:
    """The registers of a device by their names in the description, in the order of its banks."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._places = {reg.name: (place, reg) for place in _banks(device) for reg in place.bank.registers}

    @property
    def names(self) -> list[str]:
        """All names; a register of a register file is ``FILE.REGISTER``."""
        return list(self._places)

    def find(self, name: str) -> RegisterArray:
        """Return a register by its name. Raises KeyError."""
        bank, reg = self._places[name]
        labels, tables = self._device.LABELS, self._device.FIELDS.get(name, ())
        fields = {
            field_name: FieldPlace(field_name, lsb, width, labels.get(f"{name}.{field_name}", {}))
            for field_name, lsb, width in tables
        }
        acting = self._device.ACTING.get(name, (0, 0))
        return RegisterArray(name, bank, reg, fields, acting, self._device.ELEMENTS.get(name))


def _banks(device: Device) -> Iterator[BankPlace]:
    for name, region in device.regions.items():
        ops = unobserved(region.ops)
        if isinstance(ops, RegisterBank):
            yield BankPlace(ops, name, "bus")
    if isinstance(device, PciDevice):
        for ops in device.config.banks:
            if isinstance(ops, RegisterBank):
                yield BankPlace(ops, ops.name, "config")
    on_bus = {id(unobserved(region.ops)) for region in device.regions.values()}
    for part in vars(device).values():
        if isinstance(part, Window) and id(part.bank) not in on_bus:
            yield BankPlace(part.bank, part.bank.name, "indirect")
