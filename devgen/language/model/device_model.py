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
from devgen.language.model.firmware_model import Acpi, DeviceTree
from devgen.language.model.pci_model import Pci
from devgen.language.model.register_model import Mark, Region


class Bus(StrEnum):
    """The bus of a device."""

    SYSBUS = "sysbus"
    ISA = "isa"
    PCI = "pci"


PropertyType = Literal["int", "bool", "string", "bytes"]
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


WrongKey = Literal["restart", "lock", "until_reset"]


@dataclass(slots=True, frozen=True)
class Key:
    """Values that software writes to a register, or a field of it, in this order to unlock something.

    ``wrong``: what a wrong value does besides starting the sequence again. ``closed_by``: registers whose writes lock.
    """

    name: str
    register: str
    field: str | None
    values: tuple[int, ...]
    wrong: WrongKey
    closed_by: tuple[str, ...]
    description: str
    mark: Mark


@dataclass(slots=True, frozen=True)
class StateVar:
    """Hidden state. ``count`` None is a scalar; else an expression over properties.

    ``is_medium``: a file may hold it, for it is an array of bytes with ``retain: true`` of its own.
    """

    name: str
    width: int
    reset: Expr
    count: Expr | None
    retain: bool
    description: str
    is_medium: bool = False

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
class Line:
    """An interrupt or GPIO output. ``level`` None: driven by statements.

    ``vector``: each rising edge sends the message of this vector; in an array this is the vector of the first element.
    ``pme``: a rising edge is a power management event. ``external``: its behaviour may still have to be written.
    """

    name: str
    level: Expr | None
    count: Expr | None
    reset: int
    intx: bool
    description: str
    vector: int | None = None
    pme: bool = False
    external: bool = False


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


TodoKind = Literal["register", "interrupt", "output"]


@dataclass(slots=True, frozen=True)
class Todo:
    """An external part without behaviour: its path (``CHANNEL.RING``), its title, and where it is described."""

    kind: TodoKind
    name: str
    title: str
    mark: Mark


@dataclass(slots=True, frozen=True)
class Device:
    """A whole description.

    ``outputs`` are the outputs of interrupt registers and counting fields, as functions: ``STATUS.intr``,
    ``STATUS.halt``, ``ERRORS.COUNT.incrthreshold``, with the parameter ``index`` in an array. ``counting`` are the
    counting fields' steps, as actions: ``ERRORS.COUNT.incr``, with the parameters ``index`` and ``amount``.
    ``after_access``: what each access of its registers runs at its end, for keys that count accesses.
    """

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
    todo: tuple[Todo, ...] = ()
    acpi: Acpi | None = None
    outputs: tuple[Function, ...] = ()
    keys: tuple[Key, ...] = ()
    device_tree: DeviceTree | None = None
    counting: tuple[Action, ...] = ()
    after_access: tuple[Stmt, ...] = ()
