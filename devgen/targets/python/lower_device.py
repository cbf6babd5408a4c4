"""A whole device to the plan of its module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from devgen.language import ir, model
from devgen.language.typed_walk import names_local
from devgen.targets.python.dependencies import Analysis
from devgen.targets.python.followers import Followers, build_followers
from devgen.targets.python.line_breaking import fit
from devgen.targets.python.lower_expr import Lowering, integer
from devgen.targets.python.lower_lines import LineLowering
from devgen.targets.python.lower_pci import attribute_table, pci_attributes, serial_number
from devgen.targets.python.lower_region import RegionLowering
from devgen.targets.python.lower_register import RegisterLowering, needs_written, written_attribute
from devgen.targets.python.lower_stmt import Statements
from devgen.targets.python.lower_time import TimeLowering
from devgen.targets.python.plan import Method, ModulePlan
from devgen.targets.python.python_literals import WIDTH, docstring, hexadecimal, sentence, split_paragraphs, string
from devgen.targets.python.python_names import class_name, local, require_name
from devgen.targets.python.symbols import RegisterSymbol, Symbols, collect, placed_registers

_BODY: Final = 8
"""Columns in front of a method's statements."""

_IMPORTS: Final = (
    ("collections.abc", "Mapping"),
    ("functools", "partial"),
    ("typing", "ClassVar"),
    ("devgen.runtime.device.device", "Device"),
    ("devgen.runtime.device.environment", "Environment"),
    ("devgen.runtime.device.fifo", "Fifo"),
    ("devgen.runtime.device.properties", "Property"),
    ("devgen.runtime.device.properties", "PropertyValue"),
    ("devgen.runtime.device.saved_state", "StateItem"),
    ("devgen.runtime.memory.access", "Access"),
    ("devgen.runtime.memory.memory_region", "MemoryRegion"),
    ("devgen.runtime.memory.ram_block", "RamBlock"),
    ("devgen.runtime.memory.register_bank", "Reg"),
    ("devgen.runtime.memory.register_bank", "RegisterBank"),
    ("devgen.runtime.memory.register_window", "Window"),
    ("devgen.runtime.pci", "Bar"),
    ("devgen.runtime.pci", "Express"),
    ("devgen.runtime.pci", "Msi"),
    ("devgen.runtime.pci", "MsiX"),
    ("devgen.runtime.pci", "PciDevice"),
    ("devgen.runtime.pci", "PciIdentity"),
    ("devgen.runtime.pci", "PowerManagement"),
    ("devgen.runtime.pci", "SerialNumber"),
    ("devgen.runtime.pci", "VendorExtended"),
    ("devgen.runtime.pci", "VendorSpecific"),
    ("devgen.runtime.time.counter", "Counter"),
    ("devgen.runtime.time.timer", "Timer"),
)
_CALLED_WORDS = "partial Access Reg RegisterBank Counter Fifo MemoryRegion RamBlock Timer Window"
_CALLED: Final = tuple(_CALLED_WORDS.split())


def lower_device(device: model.Device, source: str) -> ModulePlan:
    """Lower ``device``; ``source`` is the path that the generated file's header names.

    Raises LoweringError for a name that cannot be Python: the description's checks refuse such a one before.
    """
    return _DeviceLowering(device, source).plan()


@dataclass(slots=True, frozen=True)
class _Stored:
    """An attribute that a reset puts to ``value`` and a snapshot holds."""

    attribute: str
    kind: str
    width: int
    value: str
    retain: bool


class _DeviceLowering:
    def __init__(self, device: model.Device, source: str) -> None:
        self.device = device
        self.source = source
        self.symbols: Symbols = collect(device)
        self._claim_methods()
        self.lowering = Lowering(self.symbols)
        self.analysis = Analysis(self.symbols)
        self.followers: Followers = build_followers(self.symbols, self.analysis)
        self.time = TimeLowering(self.lowering, self.analysis, self.followers)
        self.lines = LineLowering(self.lowering, self.analysis, self.followers)
        self.stored = [*self._stored_registers(), *self._stored_state()]

    def plan(self) -> ModulePlan:
        base = "PciDevice" if self.device.pci is not None else "Device"
        registers, entries = self._registers()
        regions = RegionLowering(self.lowering, self.analysis, self.followers, entries, self._by_region())
        methods = [
            *self._life(),
            *registers,
            *(method for region in self.device.regions for method in regions.methods(region)),
            *self.lines.methods(),
            *self.time.methods(),
            *self.followers.methods(),
            *self._functions(),
            *self._actions(),
        ]
        setup = fit([*self._parts(), *(line for one in self.device.regions for line in regions.setup(one))], _BODY)
        setup = [*setup, *fit(self._settled(), _BODY)]
        fields = any(one.model.fields for one in self.symbols.registers.values())
        state = bool(self.stored or self.device.fifos or self.device.counters or self.device.timers)
        return ModulePlan(
            source=self.source,
            doc=docstring((sentence(self.device.title) or f"The device {self.device.name}.",), 0),
            imports=_imports(_uses(self.device, setup, fields, state)),
            class_name=class_name(self.device.name),
            base=base,
            class_doc=self._class_doc(),
            attributes=tuple(self._attributes()),
            setup=tuple(setup),
            methods=tuple(_fitted(methods)),
        )

    # --- names -------------------------------------------------------------------------------

    def _claim_methods(self) -> None:
        """Names of the entry points."""
        claim, device = self.symbols.names.claim, self.device
        reached = {one.register.window.region for one in placed_registers(device) if one.register.window}
        for timer in device.timers:
            stem = self.symbols.attribute("timer", timer.name)
            self.symbols.attributes["expired", timer.name] = claim(f"{stem}_expired")
            self.symbols.attributes["arm", timer.name] = claim(f"{stem}_arm")
        for pin in device.gpio_in:
            stem = self.symbols.attribute("gpio_in", pin.name)
            self.symbols.attributes["changed", pin.name] = claim(f"{stem}_changed")
        for stream in device.streams:
            stem = self.symbols.attribute("stream", stream.name)
            self.symbols.attributes["received", stream.name] = claim(f"{stem}_received")
            self.symbols.attributes["broken", stream.name] = claim(f"{stem}_broken")
            self.symbols.attributes["room", stream.name] = claim(f"{stem}_room")
        for region in device.regions:
            if region.space == "indirect" or region.name in reached:
                self.symbols.attributes["window", region.name] = claim(f"{region.name}_window")
            for doorbell in region.doorbells:
                require_name(doorbell.name)
                self.symbols.attributes["ring", doorbell.name] = claim(f"ring_{doorbell.name}")

    # --- the class body ----------------------------------------------------------------------

    def _class_doc(self) -> tuple[str, ...]:
        device = self.device
        head = sentence(device.title) or f"The device {device.name}."
        datasheet = sentence(f"Datasheet: {device.datasheet}") if device.datasheet else ""
        deviations = map(_deviation, device.deviations)
        return docstring((head, *split_paragraphs(device.description), *deviations, datasheet), 4)

    def _attributes(self) -> Iterator[str]:
        device = self.device
        yield f"NAME: ClassVar[str] = {string(device.name)}"
        yield f"TITLE: ClassVar[str] = {string(device.title)}"
        yield f"BUS: ClassVar[str] = {string(device.bus.value)}"
        if device.pci is not None:
            yield from pci_attributes(device.pci)
        yield from attribute_table("PROPERTIES", "tuple[Property, ...]", "()", map(_property, device.properties))
        yield from attribute_table("EVENTS", "tuple[str, ...]", "()", (string(one.name) for one in device.events))
        probes = (one for one in device.functions if not one.parameters)
        yield from attribute_table("PROBES", "Mapping[str, str]", "{}", map(self._probe, probes))
        yield from attribute_table("STATE", "tuple[StateItem, ...]", "()", self._state_items())
        yield from attribute_table("FIELDS", "Mapping[str, tuple[tuple[str, int, int], ...]]", "{}", self._fields())
        for one in device.constants:
            yield f"{self.symbols.attribute('constant', one.name)}: ClassVar[int] = {hexadecimal(one.value)}"
        for symbol in self.symbols.registers.values():
            constant = symbol.model.constant
            if constant is not None and symbol.attribute is not None and symbol.model.alias is None:
                digits = -(-max(constant).bit_length() // 4)
                values = [hexadecimal(value, max(digits, 2)) for value in constant]
                yield from _sequence(f"{symbol.attribute}: ClassVar[tuple[int, ...]] = ", values)

    def _state_items(self) -> Iterator[str]:
        for one in self.stored:
            yield f'StateItem({string(one.attribute)}, "{one.kind}", {one.width})'
        for fifo in self.device.fifos:
            yield f'StateItem({string(self.symbols.attribute("fifo", fifo.name))}, "fifo", {fifo.width})'
        for counter in self.device.counters:
            yield f'StateItem({string(self.symbols.attribute("counter", counter.name))}, "counter")'
        for timer in self.device.timers:
            yield f'StateItem({string(self.symbols.attribute("timer", timer.name))}, "timer")'

    def _fields(self) -> Iterator[str]:
        for symbol in self.symbols.registers.values():
            if symbol.model.fields:
                parts = ", ".join(f"({string(one.name)}, {one.lsb}, {one.width})" for one in symbol.model.fields)
                tail = "," if len(symbol.model.fields) == 1 else ""
                yield f"{string(symbol.title)}: ({parts}{tail})"

    # --- the constructor and the reset -------------------------------------------------------

    def _parts(self) -> list[str]:
        """Everything but the regions: properties, values, counters, timers, lines."""
        properties = [
            f"self.{self.symbols.attribute('property', one.name)} = self.{one.type}_property({string(one.name)})"
            for one in self.device.properties
        ]
        retained = [f"self.{one.attribute} = {one.value}" for one in self.stored if one.retain]
        cleared = ["self.clear()"] if any(not one.retain for one in self.stored) else []
        fifos = [
            f"self.{self.symbols.attribute('fifo', one.name)} = Fifo({self.lowering.number(one.depth)}, {one.width})"
            for one in self.device.fifos
        ]
        number = None if self.device.pci is None else serial_number(self.device.pci)
        if number is not None:
            properties.append(f"self.set_serial_number({self.lowering.number(number)})")
        return [*properties, *retained, *cleared, *fifos, *self.time.setup(), *self.lines.setup()]

    def _settled(self) -> list[str]:
        """What follows a reset or power-on: the description's statements, then everything that follows."""
        return ["self.after_reset()"] if self.device.on_reset else self.followers.everything()

    def _life(self) -> Iterator[Method]:
        cleared = [f"self.{one.attribute} = {one.value}" for one in self.stored if not one.retain]
        if cleared:
            doc = docstring(("Put registers and hidden state at their reset values.",), 8)
            yield Method("clear", "", "None", doc, tuple(cleared))
        body = [] if self.device.retain else self._reset_body(bool(cleared))
        if body or self.device.on_reset:
            lines = ("super().reset()", *body, *self._settled())
            yield Method("reset", "", "None", docstring(("Machine reset.",), 8), lines)
        if self.device.on_reset:
            lines = (*Statements(self.lowering).lines(self.device.on_reset), *self.followers.everything())
            yield Method("after_reset", "", "None", docstring(("What the device does once it is reset.",), 8), lines)

    def _reset_body(self, clear: bool) -> list[str]:
        fifos = [
            f"self.{self.symbols.attribute('fifo', one.name)}.reset()" for one in self.device.fifos if not one.retain
        ]
        return [*self.time.reset(), *(["self.clear()"] if clear else []), *fifos, *self.lines.reset()]

    # --- registers and state -----------------------------------------------------------------

    def _registers(self) -> tuple[list[Method], dict[str, list[str]]]:
        lowering = RegisterLowering(self.lowering, self.analysis, self.followers)
        regions = {one.name: one for one in self.device.regions}
        methods: list[Method] = []
        entries: dict[str, list[str]] = {}
        for symbol in self.symbols.registers.values():
            code = lowering.lower(symbol, regions[symbol.region])
            methods += code.methods
            entries.setdefault(symbol.region, []).append(code.entry)
        return methods, entries

    def _by_region(self) -> dict[str, list[RegisterSymbol]]:
        found: dict[str, list[RegisterSymbol]] = {}
        for symbol in self.symbols.registers.values():
            found.setdefault(symbol.region, []).append(symbol)
        return found

    def _stored_registers(self) -> Iterator[_Stored]:
        for symbol in self.symbols.registers.values():
            register = symbol.model
            retain = register.retain or self.device.retain
            if symbol.owns_storage and symbol.attribute is not None:
                resets = [hexadecimal(one) for one in register.resets]
                value = f"[{', '.join(resets)}]" if resets else self._initial(register.reset, symbol.count, True)
                yield _Stored(symbol.attribute, "register", register.width, value, retain)
            if needs_written(symbol):
                fresh = self._initial(ir.Int(0), symbol.count)
                yield _Stored(written_attribute(symbol), "register", register.width, fresh, retain)

    def _stored_state(self) -> Iterator[_Stored]:
        for one in self.device.state:
            attribute = self.symbols.attribute("state", one.name)
            value = self._bytes(one.reset, one.count) if one.is_bytes else self._initial(one.reset, one.count)
            yield _Stored(attribute, "state", one.width, value, one.retain or self.device.retain)

    def _initial(self, reset: ir.Expr, count: ir.Expr | None, bits: bool = False) -> str:
        """The text of a reset value: a number, or a list of them."""
        value = hexadecimal(reset.value) if isinstance(reset, ir.Int) and bits else self.lowering.number(reset)
        if count is None:
            return value
        if names_local(reset, "index"):
            return f"[{value} for index in range({self.lowering.number(count)})]"
        return f"[{value}] * {self.lowering.value(count).at(11)}"

    def _bytes(self, reset: ir.Expr, count: ir.Expr | None) -> str:
        """The text of the reset value of an array of bytes."""
        if reset == ir.Int(0) and count is not None:
            return f"bytearray({self.lowering.number(count)})"
        return f"bytearray({self._initial(reset, count)})"

    # --- functions and actions ---------------------------------------------------------------

    def _probe(self, function: model.Function) -> str:
        return f"{string(function.name)}: {string(self.symbols.attribute('function', function.name))}"

    def _functions(self) -> Iterator[Method]:
        for one in self.device.functions:
            body = (f"return {self.lowering.number(one.body)}",)
            doc = docstring((f"The description's function {one.name}.",), 8)
            name = self.symbols.attribute("function", one.name)
            yield Method(name, _parameters(one.parameters), "int", doc, body)

    def _actions(self) -> Iterator[Method]:
        for one in self.device.actions:
            body = tuple(Statements(self.lowering).block(one.body))
            doc = docstring((f"The description's action {one.name}.",), 8)
            yield Method(self.symbols.attribute("action", one.name), _parameters(one.parameters), "None", doc, body)


def _parameters(names: Iterable[str]) -> str:
    return ", ".join(f"{local(name)}: int" for name in names)


def _fitted(methods: Iterable[Method]) -> Iterator[Method]:
    for one in methods:
        yield Method(one.name, one.parameters, one.returns, one.doc, tuple(fit(one.body, _BODY)))


def _deviation(one: model.Deviation) -> str:
    """A paragraph of the class's docstring."""
    cure = f" As the datasheet says with the property {one.property}." if one.property else ""
    return f"Deviation {one.name}: {sentence(one.text)}{cure}"


def _property(one: model.Property) -> str:
    default = string(one.default) if isinstance(one.default, str) else str(one.default)
    words = [string(one.name), f'"{one.type}"', default]
    if one.type == "int":
        words += [
            f"low={one.range.lo or 0}",
            f"high={integer(one.range.hi if one.range.hi is not None else (1 << 64) - 1).text}",
        ]
    if one.type == "bytes":
        words.append(f"size={one.size}")
    if one.clamp:
        words.append("clamp=True")
    if one.description:
        words.append(f"description={string(one.description.strip())}")
    return f"Property({', '.join(words)})"


def _sequence(head: str, values: list[str]) -> Iterator[str]:
    tail = "," if len(values) == 1 else ""
    line = f"{head}({', '.join(values)}{tail})"
    if len(line) + 4 <= 120:
        yield line
        return
    yield f"{head}("
    for at in range(0, len(values), 8):
        yield f"    {', '.join(values[at : at + 8])},"
    yield ")"


def _uses(device: model.Device, setup: Iterable[str], fields: bool, state: bool) -> set[str]:
    """The names that the module's code needs. What a constructor uses shows in its calls; no text stands there."""
    calls = "".join(setup)
    used = {name for name in _CALLED if f"{name}(" in calls or f"{name}." in calls}
    used |= {"ClassVar", "Environment", "PropertyValue", "Device" if device.pci is None else "PciDevice"}
    used |= {"Mapping"} if fields or any(not one.parameters for one in device.functions) else set()
    used |= {"StateItem"} if state else set()
    used |= {"Property"} if device.properties else set()
    if device.pci is not None:
        used |= {"PciIdentity", *(["Bar"] if device.pci.bars else [])}
        used |= {type(one).__name__ for one in (*device.pci.capabilities, *device.pci.extended)}
    return used


def _imports(used: set[str]) -> tuple[str, ...]:
    """Import lines, the standard library's first, an empty line, the runtime's."""
    modules: dict[str, list[str]] = {}
    for module, name in _IMPORTS:
        if name in used:
            modules.setdefault(module, []).append(name)
    lines = [(module, line) for module, names in modules.items() for line in _import(module, names)]
    standard = [line for module, line in lines if not module.startswith("devgen.")]
    runtime = [line for module, line in lines if module.startswith("devgen.")]
    return (*standard, "", *runtime)


def _import(module: str, names: list[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {module} import (", *(f"    {name}," for name in names), ")"]
