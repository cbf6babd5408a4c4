"""Regions, registers and fields of the typed model. Offsets and sizes are bytes, bits count from 0 at the least."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from devgen.language.ir import Expr, Stmt
from devgen.language.model.hardware_model import Hardware


@dataclass(slots=True, frozen=True)
class Mark:
    """A place in a source file; line and column count from 1."""

    file: str
    line: int
    column: int


class Intent(StrEnum):
    """Why a register has no behaviour. Logs distinguish the three reasons."""

    RESERVED = "reserved"
    UNIMPLEMENTED = "unimplemented"
    UNDOCUMENTED = "undocumented"


Decode = Literal["lanes", "exact", "word"]
Halves = Literal["last", "each"]
AccessType = Literal["ro", "rw", "wo", "rw1", "w1"]
ReadEffect = Literal["rclr", "rset"]
WriteEffect = Literal["woclr", "woset", "wot", "wzs", "wzc", "wzt", "wclr", "wset"]
RegionKind = Literal["registers", "ram", "rom"]
RegionSpace = Literal["mmio", "pio", "config", "indirect"]


LabelUse = Literal["both", "read", "write"]
Protection = Literal["secure", "nonsecure", "privileged"]


@dataclass(slots=True, frozen=True)
class WriteConstraint:
    """The values that software may write: from ``low`` to ``high``, those with a label, or the value that it read."""

    kind: Literal["range", "enumerated", "as_read"]
    low: int
    high: int


@dataclass(slots=True, frozen=True)
class Lock:
    """Software can write what it protects while ``test`` is not 0; ``text`` is the description's own."""

    test: Expr
    text: str


@dataclass(slots=True, frozen=True)
class Label:
    """A name for values of a field ``width`` bits wide: those whose bits in ``mask`` are the bits of ``value``.

    ``use``: the accesses for whose values it is. The label of all values that no other label names has the mask 0.
    """

    name: str
    value: int
    mask: int
    width: int
    use: LabelUse
    title: str
    description: str

    def shares(self, other: Label) -> bool:
        """Whether another label of the field is for values of the same access."""
        return self.use == other.use or "both" in (self.use, other.use)

    @property
    def exact(self) -> bool:
        """Whether it names one value."""
        return self.mask == (1 << self.width) - 1

    @property
    def text(self) -> str:
        """The value as text: ``0x3``, ``0b1x``, ``default``."""
        if self.exact:
            return f"{self.value:#x}"
        bits = ("x" if not self.mask >> at & 1 else str(self.value >> at & 1) for at in reversed(range(self.width)))
        return "0b" + "".join(bits) if self.mask else "default"


@dataclass(slots=True, frozen=True)
class Field:
    """Named bits of a register. ``reset`` is at bit 0 of the field; ``labels`` are its enumeration, and ``enumeration``
    is the name of the shared one. ``alternate``: the field of which this one is another meaning. ``stored``: what is
    written is stored; a write-only field has no storage on bits of a read-only one. ``write_enable``: its lock.
    ``hardware``: what hardware does to it, None if nothing.
    """

    name: str
    lsb: int
    width: int
    access: AccessType
    reset: int
    read_effect: ReadEffect | None
    write_effect: WriteEffect | None
    singlepulse: bool
    labels: tuple[Label, ...]
    title: str
    description: str
    enumeration: str = ""
    alternate: str = ""
    stored: bool = True
    constraint: WriteConstraint | None = None
    volatile: bool = False
    reset_known: bool = True
    write_enable: Lock | None = None
    hardware: Hardware | None = None

    @property
    def mask(self) -> int:
        """The mask of its bits in the register."""
        return (1 << self.width) - 1 << self.lsb


def outputs_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the outputs of a register with these fields: ``intr``, ``halt`` (SystemRDL 2.0, 10.8)."""
    interrupts = [field.hardware for field in fields if field.hardware is not None and field.hardware.intr]
    return ("intr",) * bool(interrupts) + ("halt",) * any(hardware.halts for hardware in interrupts)


@dataclass(slots=True, frozen=True)
class Window:
    """The registers that a data register accesses: those at offset ``at`` (bytes) of another region, ``region``."""

    region: str
    at: Expr


@dataclass(slots=True, frozen=True)
class View:
    """The storage of a register that has none: bits from ``lsb`` on of ``register``, which is ``width`` bits wide.

    ``file`` is its register file. ``element`` is one element of an array; None: the same element, or no array.
    """

    register: str
    file: str | None
    width: int
    lsb: int
    element: int | None


@dataclass(slots=True, frozen=True)
class Dimension:
    """One dimension of an array: its number of elements, the bytes from one to the next, and their names if any."""

    count: Expr
    stride: int
    names: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class PathPart:
    """A part of a path, such as ``QUEUE`` in ``CHANNEL.QUEUE.HEAD``, with its own dimensions, the outermost first."""

    name: str
    dimensions: tuple[Dimension, ...]


@dataclass(slots=True, frozen=True)
class Register:
    """A register or a register array. ``fields`` is empty if none are declared: the register's access applies to all
    bits.

    ``reset`` is the whole register's value with the fields' resets merged in; an array whose elements differ has a
    value for each element in ``resets`` instead. ``constant`` has one value for all elements, or one for each. An alias
    has the width and number of elements of its target.

    ``when``: it answers only while this is not 0. ``alternate``: the register that it shares bytes with. ``view``: the
    storage that it uses instead of its own. ``also``: fields of registers that are views of this one, at their bits of
    this one. ``external``: its behaviour is written elsewhere, or still to be written.
    ``reset_mask``: the bits whose reset is known; None: all. ``dims``: number of elements and stride of each dimension,
    the outermost first, with those of its register files, if they are several; ``count`` and ``stride`` are its own.
    ``path``: the parts of its path, with their dimensions. ``write_enable``: its lock, or that of its
    register file or region.
    """

    name: str
    offset: int
    width: int
    access: AccessType
    reset: Expr
    count: Expr | None
    stride: int
    fields: tuple[Field, ...]
    constant: tuple[int, ...] | None
    read: Expr | None
    write: tuple[Stmt, ...] | None
    on_read: tuple[Stmt, ...]
    on_write: tuple[Stmt, ...]
    read_effect: ReadEffect | None
    write_effect: WriteEffect | None
    singlepulse: bool
    alias: str | None
    intent: Intent | None
    retain: bool
    coalesce: bool
    decode: Decode
    title: str
    description: str
    mark: Mark
    resets: tuple[int, ...] = ()
    sizes: tuple[int, int] | None = None
    before_read: tuple[Stmt, ...] = ()
    window: Window | None = None
    halves: Halves = "each"
    when: Expr | None = None
    alternate: str | None = None
    view: View | None = None
    also: tuple[Field, ...] = ()
    external: bool = False
    constraint: WriteConstraint | None = None
    volatile: bool = False
    protection: Protection | None = None
    reset_mask: int | None = None
    dims: tuple[tuple[int, int], ...] = ()
    path: tuple[PathPart, ...] = ()
    write_enable: Lock | None = None


@dataclass(slots=True, frozen=True)
class RegisterFile:
    """A group of registers that repeats: SystemRDL's regfile. Members' offsets are relative to an element's start.

    ``when`` is a condition that its members have in common, and ``alternate`` the file or register with its bytes. A
    file inside another one is an entry of its own: ``name`` is its path (``CHANNEL.QUEUE``), ``offset`` counts from the
    region's start, and ``dims`` are all its dimensions if they are several; ``count`` are all its elements.
    """

    name: str
    offset: int
    stride: int
    count: Expr | None
    registers: tuple[Register, ...]
    title: str
    description: str
    mark: Mark
    when: Expr | None = None
    alternate: str | None = None
    dims: tuple[tuple[int, int], ...] = ()
    path: tuple[PathPart, ...] = ()


@dataclass(slots=True, frozen=True)
class Doorbell:
    """An ioeventfd: a write of ``length`` bytes (0: of any length) at ``offset``, of ``match`` or (None) any value."""

    name: str
    offset: int
    length: int
    match: int | None
    on_ring: tuple[Stmt, ...]
    count: int | None
    stride: int
    description: str


@dataclass(slots=True, frozen=True)
class AccessRule:
    """Sizes in bytes that a region accepts (``valid``) and that reach its registers (``implemented``)."""

    valid: tuple[int, int]
    implemented: tuple[int, int]
    endian: Literal["little", "big"]
    unaligned: bool


@dataclass(slots=True, frozen=True)
class Region:
    """A range of addresses. ``kind`` ram and rom are memory-backed; ``bar`` is set on PCI devices.

    ``space`` "config" is the PCI function's own part of configuration space: offsets are those of the whole space.
    "indirect" is on no bus: its registers are reached through windows.
    """

    name: str
    kind: RegionKind
    space: RegionSpace
    bar: int | Literal["rom"] | None
    offset: int
    size: int
    access: AccessRule
    decode: Decode
    reserved: Literal["zeros", "ones"]
    entries: tuple[Register | RegisterFile, ...]
    doorbells: tuple[Doorbell, ...]
    contents: bytes
    description: str
    mark: Mark
