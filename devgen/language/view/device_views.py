"""A device and its parts other than registers, as data for templates and exporters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from devgen.language import ir
from devgen.language.model import ClockName
from devgen.language.view.firmware_views import AcpiView, DeviceTreeView
from devgen.language.view.pci_views import PciView
from devgen.language.view.register_views import (
    DoorbellView,
    RegionView,
    RegisterFileView,
    RegisterView,
)
from devgen.language.view.value_views import Hook, Size, StartValue


@dataclass(slots=True, frozen=True)
class PropertyView:
    """A value set where a device is placed."""

    name: str
    """Its name."""
    type: Literal["int", "bool", "string", "bytes"]
    """Its type."""
    default: int | bool | str
    """The value if the board sets none; for type ``bytes``, hexadecimal text."""
    least: int | None
    """The least value of an int; None without a bound."""
    greatest: int | None
    """The greatest value of an int; None without a bound."""
    clamp: bool
    """Whether a value outside the range is moved to the nearest bound instead of refused."""
    size: int
    """Number of bytes of a property of type ``bytes``, else 0."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class DeviationView:
    """A difference from the datasheet."""

    name: str
    """Its name."""
    text: str
    """What differs."""
    property: str
    """The property of type ``bool`` that removes the difference where it is true; empty if there is none."""


@dataclass(slots=True, frozen=True)
class ConstantView:
    """A number with a name."""

    name: str
    """Its name."""
    value: int
    """Its value."""


@dataclass(slots=True, frozen=True)
class StateView:
    """Hidden state: no access shows it directly."""

    name: str
    """Its name."""
    width: int
    """Width of one element in bits."""
    count: Size | None
    """Number of elements; None if it is no array."""
    reset: StartValue
    """The value at reset."""
    retain: bool
    """Whether it keeps its value through a reset."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class FifoView:
    """A first-in-first-out buffer."""

    name: str
    """Its name."""
    depth: Size
    """Entries."""
    width: int
    """Width of an entry in bits."""
    retain: bool
    """Whether it keeps its entries through a reset."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class KeyView:
    """Values that software writes to a register, in order, to unlock something."""

    name: str
    """Its name, which is 1 in behaviour while it is open."""
    register: str
    """The path of the register that takes the values."""
    field: str | None
    """The field of it whose bits are compared; None: all bits."""
    values: tuple[int, ...]
    """The values, in order."""
    wrong: Literal["restart", "lock", "until_reset"]
    """What a wrong value does besides starting the sequence again: nothing, lock, or lock until the next reset."""
    within: str
    """The limit from one value to the next as written: ``20 cycles``, ``2 us``, ``1 access``; or an empty string."""
    open_for: str
    """How long it stays open, as written: also ``1 write``; or an empty string."""
    frequency: str
    """The clock of the cycles as written, or an empty string."""
    closed_by: tuple[str, ...]
    """The paths of the registers whose writes lock again."""
    on_open: Hook | None
    """What runs when the last value has been written."""
    on_wrong: Hook | None
    """What runs after a wrong value, or when ``within`` has passed."""
    on_expire: Hook | None
    """What runs when ``open_for`` has passed."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class CounterView:
    """A count of clock periods, modulo 2 to the power of its width."""

    name: str
    """Its name."""
    clock: ClockName
    """``virtual`` (stops with the machine), ``rtc`` or ``host``."""
    rate: str
    """The rate as written in the description: ``1 s``, ``32768 Hz``, or an expression over properties."""
    period: tuple[ir.Expr, ir.Expr]
    """The period in nanoseconds as a fraction: numerator and denominator."""
    width: int
    """Bits."""
    enable: Hook | None
    """The condition under which it runs; None: it always runs."""
    reset: StartValue
    """The value at reset."""
    phase: Literal["clock", "start"]
    """Whether its edges are the clock's (``clock``) or count from its last start or load (``start``)."""
    count: Size | None
    """Number of elements; None if it is no array."""
    retain: bool
    """Whether it keeps its value through a reset."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class TimerView:
    """A deadline."""

    name: str
    """Its name."""
    clock: ClockName
    """Its clock; the counter's clock if it has a counter."""
    counter: str | None
    """The counter that is compared with ``match``."""
    match: Hook | None
    """The counter's value at which it expires."""
    align: Literal["edge", "now"]
    """Whether it expires on an edge of the counter (``edge``), or a whole number of periods after it was armed
    (``now``).
    """
    due: Literal["now", "tick", "wrap"]
    """When it expires if the counter already equals the match: at once (``now``), one period later (``tick``), or one
    wrap of the counter later (``wrap``).
    """
    on_expire: Hook | None
    """What it does."""
    count: Size | None
    """Number of elements; None if it is no array."""
    retain: bool
    """Whether it stays armed through a reset."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class RoutineView:
    """A function (an expression) or an action (statements)."""

    name: str
    """Its name."""
    signature: str
    """Its head as written in the description: ``spend(amount: u8)``."""
    parameters: tuple[str, ...]
    """The parameters' names."""
    body: Hook
    """Its expression or statements; the hook's name is ``function`` or ``action``."""


@dataclass(slots=True, frozen=True)
class LineView:
    """An interrupt or a GPIO output."""

    name: str
    """Its name."""
    level: Hook | None
    """The expression for its level; None: statements drive it."""
    count: Size | None
    """Number of elements; None if it is no array."""
    reset: int
    """Its level at reset, if statements drive it."""
    intx: bool
    """Whether it is the function's INTx# line."""
    vector: int | None
    """The MSI or MSI-X vector that a rising edge sends (of an array, the first element's); None: it is a line."""
    pme: bool
    """Whether a rising edge is a power management event."""
    external: bool
    """Whether its behaviour may still have to be written: it is described as external."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class InputView:
    """A GPIO input."""

    name: str
    """Its name."""
    on_input: Hook | None
    """What driving it does, also at the level that it has."""
    count: Size | None
    """Number of elements; None if it is no array."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class ParameterView:
    """A value that an event carries."""

    name: str
    """Its name."""
    width: int
    """Bits."""


@dataclass(slots=True, frozen=True)
class EventView:
    """An event that the device reports to the host."""

    name: str
    """Its name."""
    parameters: tuple[ParameterView, ...]
    """The values that it carries."""
    error: str
    """The message of an error, with the parameters' names in braces; empty for other events."""


@dataclass(slots=True, frozen=True)
class StreamView:
    """Bytes to and from a character device of the host."""

    name: str
    """Its name."""
    on_receive: Hook | None
    """What a received byte does."""
    on_break: Hook | None
    """What a break condition does."""
    room: Hook | None
    """How many bytes the device can accept; None: any number."""
    on_writable: Hook | None
    """What it does when the host accepts bytes again."""
    description: str
    """Its description, or an empty string."""


@dataclass(slots=True, frozen=True)
class TodoView:
    """A part that is described as external and has no behaviour yet."""

    kind: Literal["register", "interrupt", "output"]
    """What it is; an output is a GPIO output."""
    name: str
    """The register's path, or the line's name."""
    title: str
    """The register's title, or an empty string."""


@dataclass(slots=True, frozen=True)
class DeviceView:
    """A checked device."""

    name: str
    """Its name, for example ``pci-testdev``."""
    stem: str
    """The name in outputs, such as a Python module or a file: ``pci_testdev``."""
    title: str
    """Its title, or an empty string."""
    description: str
    """Its description, or an empty string."""
    datasheet: str
    """The document on which it is based, or an empty string."""
    deviations: tuple[DeviationView, ...]
    """Its differences from that document."""
    acpi: AcpiView | None
    """What the ACPI tables of a board say of it."""
    device_tree: DeviceTreeView | None
    """What the device tree of a board says of it."""
    bus: Literal["sysbus", "isa", "pci"]
    """Its bus."""
    properties: tuple[PropertyView, ...]
    """The properties that a board sets."""
    constants: tuple[ConstantView, ...]
    """Its named numbers."""
    regions: tuple[RegionView, ...]
    """Its ranges of addresses."""
    registers: tuple[RegisterView, ...]
    """The registers of all regions, one region after the other."""
    files: tuple[RegisterFileView, ...]
    """The register files of all regions."""
    doorbells: tuple[DoorbellView, ...]
    """The doorbells of all regions."""
    not_modelled: tuple[RegisterView, ...]
    """Those of the registers that have an ``intent``: reserved, unimplemented, undocumented."""
    todo: tuple[TodoView, ...]
    """The external registers and lines whose behaviour is still to be written."""
    interrupts: tuple[LineView, ...]
    """Its interrupts."""
    gpio_in: tuple[InputView, ...]
    """Its GPIO inputs."""
    gpio_out: tuple[LineView, ...]
    """Its GPIO outputs."""
    counters: tuple[CounterView, ...]
    """Its counters."""
    timers: tuple[TimerView, ...]
    """Its timers."""
    fifos: tuple[FifoView, ...]
    """Its FIFOs."""
    streams: tuple[StreamView, ...]
    """Its byte streams."""
    state: tuple[StateView, ...]
    """Its hidden state, without that of its keys."""
    keys: tuple[KeyView, ...]
    """Its key sequences."""
    functions: tuple[RoutineView, ...]
    """Its functions."""
    actions: tuple[RoutineView, ...]
    """Its actions."""
    events: tuple[EventView, ...]
    """Its events."""
    on_reset: Hook | None
    """The statements that run after all values have been reset."""
    pci: PciView | None
    """Its PCI part; None on other buses."""
    sources: tuple[str, ...]
    """The files of its description: the description itself, then those that it includes."""
