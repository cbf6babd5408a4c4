"""The typed model of a device description that has passed every check.

Offsets and sizes are bytes, bit numbers count from 0 at the least significant bit, times are nanoseconds. All classes
are frozen.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language.ir import ClockName, Expr, Range, Stmt
from devgen.language.model.firmware_model import Acpi
from devgen.language.model.pci_model import Pci


@dataclass(slots=True, frozen=True)
class Mark:
    """A place in a source file; line and column count from 1."""

    file: str
    line: int
    column: int


class Bus(StrEnum):
    """The bus of a device."""

    SYSBUS = "sysbus"
    ISA = "isa"
    PCI = "pci"


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
PropertyType = Literal["int", "bool", "string", "bytes"]
RegionKind = Literal["registers", "ram", "rom"]
RegionSpace = Literal["mmio", "pio", "config", "indirect"]
Align = Literal["edge", "now"]
"""Where a timer starts to count: at an edge of its counter, or at the moment it is armed."""


@dataclass(slots=True, frozen=True)
class Property:
    """A value set when a device is placed; ``range`` bounds an int, ``clamp`` moves a value outside to the nearest
    bound.

    A property of type "bytes" is an array of ``size`` bytes. Its default is hexadecimal text, padded with zeros.
    """

    name: str
    type: PropertyType
    default: int | bool | str
    range: Range
    clamp: bool
    description: str
    size: int = 0


@dataclass(slots=True, frozen=True)
class Constant:
    """A number with a name."""

    name: str
    value: int


@dataclass(slots=True, frozen=True)
class StateVar:
    """Hidden state. ``count`` None is a scalar; else an expression over properties."""

    name: str
    width: int
    reset: Expr
    count: Expr | None
    retain: bool
    description: str

    @property
    def is_bytes(self) -> bool:
        """Whether it is an array of bytes, as block copies need."""
        return self.width == 8 and self.count is not None


@dataclass(slots=True, frozen=True)
class Fifo:
    """A first-in-first-out buffer of ``depth`` entries (an expression over properties) of ``width`` bits."""

    name: str
    depth: Expr
    width: int
    retain: bool
    description: str


@dataclass(slots=True, frozen=True)
class Counter:
    """A count of clock periods modulo 2^width. ``period`` is ns as a fraction (numerator, denominator)."""

    name: str
    clock: ClockName
    period: tuple[Expr, Expr]
    width: int
    enable: Expr | None
    reset: Expr
    phase: Literal["clock", "start"]
    count: Expr | None
    retain: bool
    description: str


@dataclass(slots=True, frozen=True)
class Timer:
    """A deadline. With ``counter`` and ``match`` it can ``arm()``; without, it has ``clock`` and absolute deadlines."""

    name: str
    clock: ClockName
    counter: str | None
    match: Expr | None
    align: Align
    due: Literal["now", "tick", "wrap"]
    on_expire: tuple[Stmt, ...]
    count: Expr | None
    retain: bool
    description: str


@dataclass(slots=True, frozen=True)
class Function:
    """A pure, named expression."""

    name: str
    parameters: tuple[str, ...]
    body: Expr


@dataclass(slots=True, frozen=True)
class Action:
    """Named statements with parameters."""

    name: str
    parameters: tuple[str, ...]
    body: tuple[Stmt, ...]


@dataclass(slots=True, frozen=True)
class Field:
    """Named bits of a register. ``reset`` is at bit 0 of the field; ``values`` are the enumeration labels."""

    name: str
    lsb: int
    width: int
    access: AccessType
    reset: int
    read_effect: ReadEffect | None
    write_effect: WriteEffect | None
    singlepulse: bool
    values: tuple[tuple[str, int], ...]
    title: str
    description: str

    @property
    def mask(self) -> int:
        """The mask of its bits in the register."""
        return (1 << self.width) - 1 << self.lsb


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
class Register:
    """A register or a register array. ``fields`` is empty if none are declared: the register's access applies to all
    bits.

    ``reset`` is the whole register's value with the fields' resets merged in; an array whose elements differ has a
    value for each element in ``resets`` instead. ``constant`` has one value for all elements, or one for each. An alias
    has the width and number of elements of its target.

    ``when``: it answers only while this is not 0. ``alternate``: the register that it shares bytes with. ``view``: the
    storage that it uses instead of its own. ``also``: fields of registers that are views of this one, at their bits of
    this one.
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


@dataclass(slots=True, frozen=True)
class RegisterFile:
    """A group of registers that repeats: SystemRDL's regfile. Members' offsets are relative to an element's start.

    ``when`` is a condition that its members have in common, and ``alternate`` the file or register with its bytes.
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


@dataclass(slots=True, frozen=True)
class Line:
    """An interrupt or GPIO output. ``level`` None: driven by statements.

    ``vector``: each rising edge sends the message of this vector; in an array this is the vector of the first element.
    ``pme``: a rising edge is a power management event.
    """

    name: str
    level: Expr | None
    count: Expr | None
    reset: int
    intx: bool
    description: str
    vector: int | None = None
    pme: bool = False


@dataclass(slots=True, frozen=True)
class GpioIn:
    """A GPIO input and the statements of its change (``value`` and, in an array, ``index`` are in scope)."""

    name: str
    on_input: tuple[Stmt, ...]
    count: Expr | None
    description: str


@dataclass(slots=True, frozen=True)
class Event:
    """A host-visible event with its parameters' widths in bits. An event with a text, which shows them, is an error."""

    name: str
    parameters: tuple[tuple[str, int], ...]
    description: str
    error: str = ""


@dataclass(slots=True, frozen=True)
class Stream:
    """A byte stream to and from a host character device. ``room``: bytes that it can accept now; None: any number."""

    name: str
    on_receive: tuple[Stmt, ...]
    description: str
    on_break: tuple[Stmt, ...] = ()
    room: Expr | None = None
    on_writable: tuple[Stmt, ...] = ()


@dataclass(slots=True, frozen=True)
class Deviation:
    """A difference from the datasheet. ``property`` is the bool property that removes it when true. It is empty if the
    device always differs.
    """

    name: str
    text: str
    property: str


@dataclass(slots=True, frozen=True)
class Device:
    """A whole description."""

    name: str
    title: str
    description: str
    datasheet: str
    bus: Bus
    properties: tuple[Property, ...]
    state: tuple[StateVar, ...]
    counters: tuple[Counter, ...]
    timers: tuple[Timer, ...]
    functions: tuple[Function, ...]
    actions: tuple[Action, ...]
    regions: tuple[Region, ...]
    interrupts: tuple[Line, ...]
    gpio_in: tuple[GpioIn, ...]
    gpio_out: tuple[Line, ...]
    events: tuple[Event, ...]
    streams: tuple[Stream, ...]
    on_reset: tuple[Stmt, ...]
    pci: Pci | None
    retain: bool
    mark: Mark
    sources: tuple[str, ...] = field(default=())
    fifos: tuple[Fifo, ...] = ()
    constants: tuple[Constant, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    acpi: Acpi | None = None
