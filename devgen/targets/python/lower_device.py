"""Lowers a whole device to the values of the module's template."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language import model
from devgen.plan import DevicePlan, plan_device
from devgen.plan.followers import EnableFollower, FieldFollower, LevelFollower, RoomFollower
from devgen.plan.reset_plan import Stored
from devgen.plan.steps import Steps
from devgen.targets.python import module
from devgen.targets.python.class_attributes import number_tables, property_declaration, state_items
from devgen.targets.python.field_comments import comment, fields_read
from devgen.targets.python.imports import imported
from devgen.targets.python.initial_values import initial_value
from devgen.targets.python.lower_acpi import lower_acpi
from devgen.targets.python.lower_device_tree import lower_device_tree
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.lower_followers import claim_follower, lower_follower
from devgen.targets.python.lower_lines import LineLowering
from devgen.targets.python.lower_pci import lower_pci
from devgen.targets.python.lower_region import RegionLowering
from devgen.targets.python.lower_register import lower_conditions, lower_register
from devgen.targets.python.lower_stmt import StatementLowering
from devgen.targets.python.lower_time import TimeLowering
from devgen.targets.python.python_literals import WIDTH, hexadecimal, sentence, split_paragraphs, string
from devgen.targets.python.python_names import class_name, local
from devgen.targets.python.register_tables import (
    acting_tables,
    alias_tables,
    element_tables,
    field_tables,
    follower_names,
    label_tables,
    peek_tables,
)
from devgen.targets.python.source_tree import PASS, Line, Node, Statements, attribute_set, call, grouped, prefixed
from devgen.targets.python.symbols import Symbols, claim_methods, collect


def lower_device(device: model.Device, source: str, origin: Callable[[object], str] | None = None) -> module.Module:
    """Lower ``device``; ``source`` is the path that the generated file's header names.

    ``origin`` gives the text that marks the lines of a statement or of a hook's expression (see ``Symbols``).

    Raises LoweringError for a name that cannot be Python: the description's checks refuse such a one before.
    """
    plan = plan_device(device)
    symbols = collect(plan)
    symbols.origin = origin
    claim_methods(symbols)
    lowering = Lowering(symbols)
    for follower in plan.followers:
        claim_follower(lowering, follower)
    return _DeviceLowering(plan, symbols, lowering, StatementLowering(lowering)).lower(source)


@dataclass(slots=True, frozen=True)
class _DeviceLowering:
    plan: DevicePlan
    symbols: Symbols
    lowering: Lowering
    steps: StatementLowering

    def lower(self, source: str) -> module.Module:
        device, plan, power = self.plan.device, self.plan, self.plan.power
        registers = {key: lower_register(self.steps, register) for key, register in plan.registers.items()}
        time, lines = TimeLowering(self.lowering), LineLowering(self.lowering)
        regions = RegionLowering(self.lowering, registers)
        head = sentence(device.title) or f"The device {device.name}."
        datasheet = sentence(f"Datasheet: {device.datasheet}") if device.datasheet else ""
        return module.Module(
            source=source,
            summary=head,
            class_name=class_name(device.name),
            base="Device" if device.pci is None else "PciDevice",
            description=(head, *split_paragraphs(device.description), *map(_deviation, device.deviations), datasheet),
            name=string(device.name),
            title=string(device.title),
            bus=string(device.bus.value),
            acpi=None if device.acpi is None else lower_acpi(device.acpi),
            device_tree=None if device.device_tree is None else lower_device_tree(device.device_tree),
            pci=None if device.pci is None else lower_pci(self.lowering, device.pci),
            properties=tuple(self._properties()),
            events=tuple(Node(string(event.name)) for event in device.events),
            errors=tuple(_error(event) for event in device.events if event.error),
            probes=tuple(self._probes()),
            state=tuple(state_items(self.symbols)),
            fields=tuple(field_tables(self.symbols)),
            labels=tuple(label_tables(self.symbols)),
            elements=tuple(element_tables(self.symbols)),
            acting=tuple(acting_tables(self.symbols)),
            peeks=tuple(peek_tables(self.symbols)),
            aliases=tuple(alias_tables(self.symbols)),
            followers=tuple(follower_names(self.symbols)),
            constants=tuple(
                (self.symbols.attribute("constant", constant.name), hexadecimal(constant.value))
                for constant in device.constants
            ),
            tables=tuple(number_tables(self.symbols)),
            retained=tuple(self._initialised(stored) for stored in power.retained),
            cleared=tuple(self._initialised(stored) for stored in power.cleared),
            parts=(*self._fifos(), *time.attributes()),
            alarms=time.alarms(),
            lines=lines.attributes(),
            regions=tuple(map(regions.region, plan.regions)),
            reset=self._reset(time, lines),
            on_reset=self.steps.statements(power.on_reset) if device.on_reset else None,
            settle=self.steps.statements(power.settle),
            after_access=self.steps.statements(plan.after_access),
            registers=tuple(registers.values()),
            conditions=tuple(lower_conditions(self.lowering, plan.registers.values())),
            doorbells=tuple(map(regions.ring, plan.doorbells)),
            inputs=lines.inputs(),
            streams=lines.streams(),
            timers=time.timers(),
            moved=tuple(self._followers(FieldFollower)),
            enables=tuple(self._followers(EnableFollower)),
            levels=tuple(self._followers(LevelFollower)),
            rooms=tuple(self._followers(RoomFollower)),
            functions=tuple(map(self._function, device.functions)),
            outputs=tuple(map(self._function, device.outputs)),
            actions=tuple(self._actions(self.plan.actions)),
            counting=tuple(self._actions(self.plan.counting)),
        )

    # --- the class body and the constructor --------------------------------------------------

    def _properties(self) -> Iterator[module.Property]:
        for described in self.plan.device.properties:
            attribute = self.symbols.attribute("property", described.name)
            declaration = property_declaration(described)
            yield module.Property(attribute, described.type, string(described.name), declaration)

    def _probes(self) -> Iterator[Node]:
        for function in (*self.plan.device.functions, *self.plan.device.outputs):
            if not function.parameters:
                method = string(self.symbols.attribute("function", function.name))
                yield prefixed(f"{string(function.name)}: ", Node(method))

    def _initialised(self, stored: Stored) -> Line:
        """Give an attribute its reset value."""
        return attribute_set(self.symbols.stored(stored), initial_value(self.lowering, stored))

    def _fifos(self) -> Iterator[Line]:
        for fifo in self.plan.device.fifos:
            made = call("Fifo", (self.lowering.number(fifo.depth), Node(str(fifo.width))), imported("Fifo"))
            yield attribute_set(self.symbols.attribute("fifo", fifo.name), made)

    # --- methods -----------------------------------------------------------------------------

    def _reset(self, time: TimeLowering, lines: LineLowering) -> Statements | None:
        """Return the statements that a machine reset adds to the base class', or None if there are none."""
        reset = self.plan.power.reset
        if reset is None:
            return () if self.plan.device.on_reset else None
        fifos = (Line("", call(f"self.{self.symbols.attribute('fifo', fifo.name)}.reset")) for fifo in reset.fifos)
        clear = (Line("", call("self.clear")),) if reset.stored else ()
        return (*time.reset(reset), *clear, *fifos, *lines.reset(reset.lines))

    def _followers(
        self, kind: type[EnableFollower] | type[FieldFollower] | type[LevelFollower] | type[RoomFollower]
    ) -> Iterator[module.Entry]:
        for follower in self.plan.followers:
            if isinstance(follower, kind):
                yield lower_follower(self.lowering, follower)

    def _function(self, function: model.Function) -> module.Entry:
        named, origin = comment(fields_read(function.body)), self.symbols.origin_of(function.body)
        body = (Line("return ", self.lowering.number(function.body), comment=named, origin=origin),)
        name = self.symbols.attribute("function", function.name)
        return module.Entry(function.name, "", module.Method(name, _parameters(function.parameters), body))

    def _actions(self, actions: Iterable[tuple[model.Action, Steps]]) -> Iterator[module.Entry]:
        for action, steps in actions:
            body = self.steps.statements(steps) or (PASS,)
            name = self.symbols.attribute("action", action.name)
            yield module.Entry(action.name, "", module.Method(name, _parameters(action.parameters), body))


def _deviation(deviation: model.Deviation) -> str:
    """A paragraph of the class's docstring."""
    cure = f" As the datasheet says with the property {deviation.property}." if deviation.property else ""
    return f"Deviation {deviation.name}: {sentence(deviation.text)}{cure}"


def _error(event: model.Event) -> Node:
    """An entry of ERRORS; the text has a line of its own where both do not fit on one."""
    name, text = f"{string(event.name)}: ", Node(string(event.error))
    fits = len(f"        {name}{text.text},") <= WIDTH
    return prefixed(name, text if fits else grouped(text))


def _parameters(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{local(name)}: int" for name in names)
