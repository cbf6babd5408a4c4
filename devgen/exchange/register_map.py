"""A neutral register map: what SVD, SystemRDL and IP-XACT have in common.

Readers of formats make it, and ``describe`` turns it into descriptions. Addresses and offsets are in bytes, widths in
bits. Access and effects use the language's words (``rw``, ``woclr``, …). Names are the source's own, also where the
language would refuse them: ``describe`` renames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

AccessWord = Literal["rw", "ro", "wo", "rw1", "w1"]
LabelUse = Literal["read", "write", "read-write"]


@dataclass(slots=True, frozen=True)
class Place:
    """A position in a source file; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return ``file:line``."""
        return f"{self.file}:{self.line}"


Constraint = Literal["enumerated", "as_read"] | tuple[int, int]
"""Which values software may write: those with a label, the value that was read, or a range."""


@dataclass(slots=True, frozen=True)
class Label:
    """A named value of a field. ``care`` has ones in the bits that count; None: all of them.

    ``value`` is None for the label of all values that have no label of their own.
    """

    name: str
    value: int | None
    care: int | None = None
    description: str = ""
    title: str = ""


@dataclass(slots=True, frozen=True)
class Labels:
    """An enumeration, for reads, for writes or for both."""

    labels: tuple[Label, ...]
    use: LabelUse = "read-write"
    name: str = ""


@dataclass(slots=True, frozen=True)
class Source:
    """What drives a part of a field's hardware side, or its lock.

    That is a field or a register of the source by its ``origin``, with the name of its ``output`` (``intr``, ``anded``
    …); or a ``port`` of the hardware, of the field ``owner`` (empty: of this field), or a ``signal``. ``width`` is the
    number of bits. ``elements``: for each array on the path to ``origin``, the outermost first, the indices of the
    element, or nothing where the path means the element that the user is in. ``negated``: the opposite of the source.
    """

    origin: str = ""
    output: str = ""
    port: str = ""
    width: int = 1
    owner: str = ""
    signal: bool = False
    elements: tuple[tuple[int, ...], ...] = ()
    negated: bool = False


@dataclass(slots=True, frozen=True)
class Field:
    """Bits ``high`` to ``low`` of a register. ``access`` None: as the register.

    ``origin``: its path in the source, where others can name it; the same for all elements of an array. ``hardware``:
    the keys of its hardware's side, with `Source` where the description has an expression. ``lock``: software can
    write the field while this source is 1.
    """

    name: str
    high: int
    low: int
    place: Place
    description: str = ""
    access: AccessWord | None = None
    read_effect: str | None = None
    write_effect: str | None = None
    labels: tuple[Labels, ...] = ()
    singlepulse: bool = False
    constraint: Constraint | None = None
    origin: str = ""
    lock: Source | None = None
    title: str = ""
    hardware: tuple[tuple[str, Any], ...] = ()

    @property
    def width(self) -> int:
        """The number of bits."""
        return self.high - self.low + 1

    @property
    def mask(self) -> int:
        """The field's bits at their place in the register."""
        return ((1 << self.width) - 1) << self.low


@dataclass(slots=True, frozen=True)
class Dimension:
    """A repetition: one name for each element, and the distance of the elements in bytes.

    ``plain``: the names are 0, 1, 2 and so on. ``shape`` has the sizes of several dimensions, the outermost first; the
    elements are then numbered through, and follow each other without gaps between the inner arrays.
    """

    names: tuple[str, ...]
    stride: int
    shape: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """The number of elements."""
        return len(self.names)

    @property
    def plain(self) -> bool:
        """Whether the elements are numbered from 0."""
        return self.names == tuple(map(str, range(len(self.names))))


@dataclass(slots=True, frozen=True)
class Register:
    """A register or an array of registers, at ``offset`` from its group.

    ``name`` of a repeated register is the name without the index. ``pattern`` is the name with ``%s`` where the index
    stands, if it is no plain array. ``reset_known`` has ones in the bits whose reset value is known.
    ``protection`` is ``secure``, ``nonsecure``,
    ``privileged`` or empty. ``alias`` names the register of the same group whose storage it shares, or is empty.
    """

    name: str
    offset: int
    width: int
    place: Place
    description: str = ""
    title: str = ""
    access: AccessWord = "rw"
    reset: int = 0
    reset_known: int | None = None
    fields: tuple[Field, ...] = ()
    read_effect: str | None = None
    write_effect: str | None = None
    dimension: Dimension | None = None
    pattern: str = ""
    constraint: Constraint | None = None
    protection: str = ""
    alias: str = ""

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return (self.width + 7) // 8


@dataclass(slots=True, frozen=True)
class Group:
    """Registers with a common name: a cluster of SVD, a register file of SystemRDL; repeated if ``dimension``."""

    name: str
    offset: int
    members: tuple[Register | Group, ...]
    place: Place
    description: str = ""
    dimension: Dimension | None = None
    pattern: str = ""
    title: str = ""


@dataclass(slots=True, frozen=True)
class Block:
    """A range of a peripheral's addresses. ``registers`` is False for buffers and reserved ranges."""

    offset: int
    size: int
    registers: bool = True


@dataclass(slots=True, frozen=True)
class Interrupt:
    """An interrupt of a peripheral, with its number at the chip's controller."""

    name: str
    number: int
    description: str = ""


@dataclass(slots=True, frozen=True)
class WholeDevice:
    """A device whose source says everything: its name, bus and title, and the other keys of its description."""

    name: str
    bus: str
    title: str
    tree: Mapping[str, Any]


@dataclass(slots=True, frozen=True)
class Peripheral:
    """A peripheral. ``same_as`` names the peripheral whose registers it shares; then ``members`` is empty.

    ``device`` is the whole description if the source has it: an address map that devgen exported.
    """

    name: str
    base: int
    place: Place
    description: str = ""
    version: str = ""
    blocks: tuple[Block, ...] = ()
    interrupts: tuple[Interrupt, ...] = ()
    members: tuple[Register | Group, ...] = ()
    same_as: str = ""
    device: WholeDevice | None = None
    title: str = ""


@dataclass(slots=True, frozen=True)
class Chip:
    """All peripherals of one file. ``big_endian`` is the byte order of its registers."""

    name: str
    place: Place
    peripherals: tuple[Peripheral, ...]
    description: str = ""
    vendor: str = ""
    version: str = ""
    big_endian: bool = False
