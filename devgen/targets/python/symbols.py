"""The Python attributes of everything that a description declares, by name, for expressions and statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language import model
from devgen.plan import DevicePlan
from devgen.plan.followers import FieldFollower
from devgen.plan.registers import PlannedRegister, RegisterKey
from devgen.plan.reset_plan import Stored
from devgen.targets.python.python_names import Names, require_name

METHODS: Final = ("read_", "write_", "value_", "written_")
"""What the names of a register's methods, and of the attribute with its write-once bits, begin with."""


@dataclass(slots=True, frozen=True)
class RegisterSymbol:
    """A register's names: ``stem`` is what its methods' names end in, ``attribute`` its storage, None without one."""

    register: PlannedRegister
    stem: str
    attribute: str | None

    @property
    def model(self) -> model.Register:
        """The register as described."""
        return self.register.described

    @property
    def written(self) -> str:
        """The hidden attribute with the write-once bits that have been written."""
        return f"written_{self.stem}"


@dataclass(slots=True)
class Symbols:
    """A device's declared things by name.

    ``origin`` gives the text that marks the lines of a statement or of a hook's expression, empty for none.
    """

    plan: DevicePlan
    names: Names
    registers: dict[RegisterKey, RegisterSymbol] = field(default_factory=dict)
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    origin: Callable[[object], str] | None = None

    @property
    def device(self) -> model.Device:
        """The description."""
        return self.plan.device

    def origin_of(self, part: object) -> str:
        """The text that marks the lines of a statement or an expression."""
        return self.origin(part) if self.origin is not None else ""

    def attribute(self, kind: str, name: str) -> str:
        """The attribute or method of a declared thing that is no register."""
        return self.attributes[kind, name]

    def stored(self, stored: Stored) -> str:
        """The attribute of what a reset puts back and a snapshot saves."""
        match stored.kind:
            case "state":
                return self.attribute("state", stored.key[1])
            case "written":
                return self.registers[stored.key].written
            case "register":
                attribute = self.registers[stored.key].attribute
                assert attribute is not None
                return attribute


def collect(plan: DevicePlan) -> Symbols:
    """Name everything that a device declares.

    Registers come first, so that they keep their names, which tests use.
    """
    symbols = Symbols(plan, Names())
    attributes = {key: symbols.names.claim(_stem(key)) for key in plan.registers}
    hidden = {name: name.replace(".", "_") for name in _hidden(plan)}
    for kind, name in _declared(plan.device):
        symbols.attributes[kind, name] = symbols.names.claim(hidden.get(name, name))
    for key, register in plan.registers.items():
        stem = symbols.names.claim_stem(_stem(key), METHODS)
        storage = register.register.storage
        symbols.registers[key] = RegisterSymbol(
            register.register, stem, None if storage is None else attributes[storage]
        )
    return symbols


def _hidden(plan: DevicePlan) -> Iterator[str]:
    """Yield the names, with dots, of what the plan adds to the description."""
    for follower in plan.followers:
        yield from (look.timer.name for look in follower.looks)
        if isinstance(follower, FieldFollower):
            yield from (watch.seen.name for watch in follower.moved.watches)
    yield from (output.name for output in plan.device.outputs)
    yield from (step.name for step in plan.device.counting)


def claim_methods(symbols: Symbols) -> None:
    """Name the methods of everything but registers and followers."""
    claim, device = symbols.names.claim, symbols.device
    for timer in device.timers:
        stem = symbols.attribute("timer", timer.name)
        symbols.attributes["expired", timer.name] = claim(f"{stem}_expired")
        symbols.attributes["arm", timer.name] = claim(f"{stem}_arm")
    for plan in symbols.plan.registers.values():
        condition = plan.register.condition
        if condition is not None and ("when", _stem(condition)) not in symbols.attributes:
            stem = _stem(condition)
            symbols.attributes["when", stem] = claim(f"when_{stem.replace('.', '_')}")
    for pin in device.gpio_in:
        symbols.attributes["changed", pin.name] = claim(f"{symbols.attribute('gpio_in', pin.name)}_changed")
    for stream in device.streams:
        stem = symbols.attribute("stream", stream.name)
        symbols.attributes["received", stream.name] = claim(f"{stem}_received")
        symbols.attributes["broken", stream.name] = claim(f"{stem}_broken")
        symbols.attributes["room", stream.name] = claim(f"{stem}_room")
        symbols.attributes["writable", stream.name] = claim(f"{stem}_writable")
    for region in symbols.plan.regions:
        if region.has_window:
            symbols.attributes["window", region.region.name] = claim(f"{region.region.name}_window")
        for doorbell in region.region.doorbells:
            require_name(doorbell.name)
            symbols.attributes["ring", doorbell.name] = claim(f"ring_{doorbell.name}")


def condition_method(symbols: Symbols, condition: RegisterKey) -> str:
    """The method that evaluates the `when` of a register, or of all members of a register file."""
    return symbols.attribute("when", _stem(condition))


def _stem(key: RegisterKey) -> str:
    file, name = key
    return f"{file.replace('.', '_')}_{name}" if file else name


def _declared(device: model.Device) -> Iterator[tuple[str, str]]:
    groups: tuple[tuple[str, tuple[_Named, ...]], ...] = (
        ("property", device.properties),
        ("constant", device.constants),
        ("state", device.state),
        ("fifo", device.fifos),
        ("counter", device.counters),
        ("timer", device.timers),
        ("interrupt", device.interrupts),
        ("gpio_in", device.gpio_in),
        ("gpio_out", device.gpio_out),
        ("stream", device.streams),
        ("function", (*device.functions, *device.outputs)),
        ("action", (*device.actions, *device.counting)),
    )
    for kind, group in groups:
        for described in group:
            yield kind, described.name


_Named = (
    model.Property
    | model.Constant
    | model.StateVar
    | model.Fifo
    | model.Counter
    | model.Timer
    | model.Line
    | model.GpioIn
    | model.Stream
    | model.Function
    | model.Action
)
