"""Regions, registers and fields as data for templates and exporters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devgen.language.model import AccessType, Decode, Halves, LabelUse, ReadEffect, WriteEffect
from devgen.language.view.hardware_views import HardwareView
from devgen.language.view.value_views import Hook, Size, StartValue


@dataclass(slots=True, frozen=True)
class EnumerationView:
    """A name for values of a field: those whose bits in ``mask`` are the bits of ``value``."""

    name: str
    """The label."""
    value: int
    """The value, shifted to bit 0; of several values the bits that do not matter are 0."""
    mask: int
    """The bits that matter: all bits of the field for one value, 0 for the label of all values without another one."""
    exact: bool
    """Whether it names one value."""
    text: str
    """The value as text: ``0x3``, ``0b1x`` with ``x`` for bits that do not matter, ``default``."""
    use: LabelUse
    """The accesses that it is for: ``both``, ``read`` or ``write``."""
    title: str
    """Its title, or an empty string."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class WriteConstraintView:
    """The values that software may write; a write of another value is dropped."""

    kind: Literal["range", "enumerated", "as_read"]
    """A range, the values that have a label, or the value that a read gives."""
    low: int
    """The least value of a range."""
    high: int
    """The greatest value of a range."""

    @property
    def text(self) -> str:
        """The constraint as the description writes it: ``0x1..0x5``, ``enumerated``, ``as_read``."""
        return f"{self.low:#x}..{self.high:#x}" if self.kind == "range" else self.kind


@dataclass(slots=True, frozen=True)
class FieldView:
    """Named bits of a register."""

    name: str
    """The field's name."""
    path: str
    """The name after the register's path: ``CTRL.MODE``, ``CHANNEL.CTRL.MODE``."""
    title: str
    """Its title, or an empty string."""
    description: str
    """Its description, or an empty string."""
    lsb: int
    """The number of its least significant bit."""
    msb: int
    """The number of its most significant bit."""
    width: int
    """Bits."""
    mask: int
    """The mask of its bits in the register."""
    access: AccessType
    """``rw``, ``ro``, ``wo``, ``rw1`` or ``w1``."""
    reset: int
    """The reset value, shifted to bit 0."""
    read_effect: ReadEffect | None
    """What a read does to it: ``rclr`` or ``rset``; None: nothing."""
    write_effect: WriteEffect | None
    """What a written bit does: ``woclr``, ``woset``, ``wot``, ``wzc``, ``wzs``, ``wzt``, ``wclr`` or ``wset``."""
    singlepulse: bool
    """Whether it is 0 again after each write."""
    alternate: str | None
    """The path of the field of whose bits it is another meaning; None for others."""
    stored: bool
    """Whether what is written is stored: not on bits of a read-only field."""
    reset_known: bool
    """Whether the datasheet states its reset value."""
    write_enable: Hook | None
    """Software can write it only while this is not 0; None: always, if its register can be written."""
    write_constraint: WriteConstraintView | None
    """The values that software may write; None: all."""
    volatile: bool
    """Whether its value may change without an access."""
    hardware: HardwareView | None
    """What hardware does to it; None: nothing."""
    values: tuple[EnumerationView, ...]
    """Its enumeration; may be empty."""
    enumeration: str
    """The name of the device's enumeration that it shares with other fields; empty if it has its own or none."""


@dataclass(slots=True, frozen=True)
class WindowView:
    """The registers that a data register (a window) accesses."""

    region: str
    """The region whose registers it accesses."""
    at: Hook
    """The offset in that region, in bytes."""


@dataclass(slots=True, frozen=True)
class DimensionView:
    """One dimension of an array."""

    count: Size
    """Number of elements."""
    stride: int
    """Bytes from one element to the next."""
    names: tuple[str, ...]
    """The names of the elements in traces and tests; empty if they are numbers from 0."""


@dataclass(slots=True, frozen=True)
class PathPartView:
    """A part of a path, such as ``QUEUE`` in ``CHANNEL.QUEUE.HEAD``."""

    name: str
    """Its name."""
    dimensions: tuple[DimensionView, ...]
    """Its own dimensions, the outermost first; empty if it is no array."""


@dataclass(slots=True, frozen=True)
class RegisterView:
    """A register, a register array, or a member of a register file (once for all elements)."""

    region: str
    """The region's name."""
    file: str | None
    """The register file of which it is a member; None for others."""
    name: str
    """Its name; a member's is unique within its file only."""
    path: str
    """The name for behaviour outside the file: ``CTRL``, ``CHANNEL.COUNT``. Unique in the device."""
    title: str
    """Its title, or an empty string."""
    description: str
    """Its description, or an empty string."""
    offset: int
    """Bytes from the region's start to the first element; the offset of its file is included."""
    width: int
    """Width in bits: 8, 16, 32 or 64."""
    count: Size | None
    """Number of elements, of all dimensions together: those of its files and its own; None for a single register."""
    stride: int
    """Bytes from one element to the next, of several dimensions of the innermost. 0 if not an array."""
    parts: tuple[PathPartView, ...]
    """The parts of its path with their dimensions: those of its register files, and its own."""
    fields: tuple[FieldView, ...]
    """Its fields in the order of the description; may be empty."""
    outputs: tuple[str, ...]
    """The outputs of its interrupt fields: ``intr``, ``halt``; empty without such fields."""
    access: AccessType
    """``rw``, ``ro``, ``wo``, ``rw1`` or ``w1``; fields may have their own."""
    reset: StartValue
    """The value at reset."""
    resets: tuple[int, ...]
    """The value of each element at reset if the description lists them, else empty."""
    constant: tuple[int, ...]
    """The value of a register without storage, or one value for each element. Empty for other registers."""
    read_effect: ReadEffect | None
    """What a read does to the whole register."""
    write_effect: WriteEffect | None
    """What a written bit does, for the whole register."""
    singlepulse: bool
    """Whether it is 0 again after each write."""
    alias: str | None
    """The path of the register whose storage it shares; None for others."""
    alternate: str | None
    """The path of the register or register file that has the same bytes; None if it is no alternate."""
    when: Hook | None
    """It answers only while this is not 0, with the condition of its register file; None: always."""
    intent: Literal["reserved", "unimplemented", "undocumented"] | None
    """Why it is not modelled; None if it is modelled."""
    write_enable: Hook | None
    """Software can write it only while this is not 0: its lock, or that of its file or region; None: always."""
    reset_mask: int | None
    """The bits whose reset value the datasheet states; None: all."""
    write_constraint: WriteConstraintView | None
    """The values that software may write to a register without fields; None: all."""
    volatile: bool
    """Whether its value may change without an access."""
    protection: Literal["secure", "nonsecure", "privileged"] | None
    """The privilege that an access needs on the real bus; None: not stated."""
    external: bool
    """Whether its behaviour may still have to be written: it is described as external."""
    retain: bool
    """Whether it keeps its value through a reset."""
    coalesce: bool
    """Whether its writes may be coalesced: they arrive later, but in order."""
    decode: Decode
    """Which addresses it answers: ``lanes``, ``exact`` or ``word``."""
    sizes: tuple[int, int] | None
    """The least and greatest access in bytes that it accepts; None: all sizes."""
    halves: Halves
    """When its hooks run if it is accessed in parts: with the last part (``last``) or with each part (``each``)."""
    window: WindowView | None
    """The registers that it accesses, if it is a window."""
    hooks: tuple[Hook, ...]
    """Its hooks, of ``read``, ``write``, ``before_read``, ``on_read`` and ``on_write``."""

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.width // 8

    @property
    def readable(self) -> bool:
        """Whether software can read it."""
        return self.access not in ("wo", "w1")

    @property
    def writable(self) -> bool:
        """Whether software can write it."""
        return self.access != "ro"

    @property
    def end(self) -> int:
        """The first offset after the last element."""
        last = sum(max(0, dim.count.greatest - 1) * dim.stride for dim in self.dimensions)
        return self.offset + last + self.size

    @property
    def dimensions(self) -> tuple[DimensionView, ...]:
        """All dimensions of its elements, the outermost first."""
        return tuple(dim for part in self.parts for dim in part.dimensions)


@dataclass(slots=True, frozen=True)
class RegisterFileView:
    """A group of registers that repeats. One inside another file is a view of its own: its name is its path."""

    region: str
    """The region's name."""
    name: str
    """Its name."""
    title: str
    """Its title, or an empty string."""
    description: str
    """Its description, or an empty string."""
    offset: int
    """Bytes from the region's start to its first element."""
    count: Size | None
    """Number of elements, of all dimensions together; None for a single group."""
    stride: int
    """Bytes from one element to the next, of several dimensions of the innermost."""
    parts: tuple[PathPartView, ...]
    """The parts of its path with their dimensions."""
    alternate: str | None
    """The register or register file that has the same bytes; None if it is no alternate."""
    when: Hook | None
    """Its members answer only while this is not 0; None: always."""
    registers: tuple[RegisterView, ...]
    """Its members, which are also among the region's registers."""

    @property
    def dimensions(self) -> tuple[DimensionView, ...]:
        """All dimensions of its elements, the outermost first."""
        return tuple(dim for part in self.parts for dim in part.dimensions)


@dataclass(slots=True, frozen=True)
class DoorbellView:
    """A write that KVM signals by an eventfd without an exit to user space (an ioeventfd)."""

    region: str
    """The region's name."""
    name: str
    """Its name."""
    description: str
    """Its description, or an empty string."""
    offset: int
    """Bytes from the region's start to the first element."""
    length: int
    """Size in bytes of a write that rings; 0: any size."""
    match: int | None
    """The value that rings; None: any value."""
    count: int | None
    """Number of elements; None for a single doorbell."""
    stride: int
    """Bytes from one element to the next."""
    on_ring: Hook | None
    """What it does."""


@dataclass(slots=True, frozen=True)
class RegionView:
    """A range of addresses."""

    name: str
    """Its name."""
    description: str
    """Its description, or an empty string."""
    kind: Literal["registers", "ram", "rom"]
    """Registers, RAM or ROM."""
    space: Literal["mmio", "pio", "config", "indirect"]
    """Its address space: memory, ports, PCI configuration space, or indirect (accessed through windows only)."""
    bar: int | Literal["rom"] | None
    """The BAR that contains it; None if it is in none."""
    offset: int
    """Bytes from the start of the BAR."""
    size: int
    """Bytes."""
    valid: tuple[int, int]
    """The least and greatest access in bytes that the region accepts."""
    implemented: tuple[int, int]
    """The least and greatest access in bytes that its registers get; other accesses are cut or combined."""
    endian: Literal["little", "big"]
    """The byte order."""
    unaligned: bool
    """Whether it accepts unaligned accesses."""
    decode: Decode
    """Which addresses its registers answer by default."""
    reserved: Literal["zeros", "ones"]
    """The value of offsets without a register."""
    contents: bytes
    """The bytes of a ROM from its start."""
    registers: tuple[RegisterView, ...]
    """All its registers, members of files included, by offset."""
    files: tuple[RegisterFileView, ...]
    """Its register files, by offset."""
    doorbells: tuple[DoorbellView, ...]
    """Its doorbells, in the order of the description."""
