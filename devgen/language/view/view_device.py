"""Makes the view of a device from its model and the tree that it was built from."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.language import model
from devgen.language.ir import Expr, Stmt
from devgen.language.module_names import module_name
from devgen.language.view.device_views import (
    ConstantView,
    CounterView,
    DeviationView,
    DeviceView,
    EventView,
    FifoView,
    InputView,
    KeyView,
    LineView,
    ParameterView,
    PropertyView,
    RoutineView,
    StateView,
    StreamView,
    TimerView,
    TodoView,
)
from devgen.language.view.firmware_views import (
    AcpiView,
    DeviceTreeView,
    FirmwareRegisterView,
    TreeClockView,
    TreePropertyView,
)
from devgen.language.view.source_texts import Tree, below, count, hook, size, source_text, start_value
from devgen.language.view.value_views import Hook
from devgen.language.view.view_pci import view_pci
from devgen.language.view.view_registers import view_region


def view_device(device: model.Device, tree: Tree) -> DeviceView:
    """Return the view of a device; ``tree`` is the merged tree of its description."""
    regions = tuple(view_region(region, below(tree, "regions", region.name)) for region in device.regions)
    registers = tuple(register for region in regions for register in region.registers)
    return DeviceView(
        name=device.name,
        stem=module_name(device.name),
        title=device.title,
        description=device.description,
        datasheet=device.datasheet,
        deviations=tuple(DeviationView(part.name, part.text, part.property) for part in device.deviations),
        acpi=None if device.acpi is None else _acpi(device.acpi),
        device_tree=None if device.device_tree is None else _device_tree(device.device_tree),
        bus=device.bus.value,
        properties=tuple(_property(part) for part in device.properties),
        constants=tuple(ConstantView(part.name, part.value) for part in device.constants),
        regions=regions,
        registers=registers,
        files=tuple(file for region in regions for file in region.files),
        doorbells=tuple(bell for region in regions for bell in region.doorbells),
        todo=tuple(TodoView(part.kind, part.name, part.title) for part in device.todo),
        not_modelled=tuple(register for register in registers if register.intent is not None),
        interrupts=_lines(device.interrupts, below(tree, "interrupts")),
        gpio_in=tuple(_input(part, below(tree, "gpio_in", part.name)) for part in device.gpio_in),
        gpio_out=_lines(device.gpio_out, below(tree, "gpio_out")),
        counters=tuple(_counter(part, below(tree, "counters", part.name)) for part in device.counters),
        timers=tuple(
            _timer(part, below(tree, "timers", part.name))
            for part in device.timers
            if part.name in below(tree, "timers")
        ),
        fifos=tuple(_fifo(part, below(tree, "fifos", part.name)) for part in device.fifos),
        streams=tuple(_stream(part, below(tree, "streams", part.name)) for part in device.streams),
        state=tuple(
            _state(part, below(tree, "state", part.name)) for part in device.state if part.name in below(tree, "state")
        ),
        keys=tuple(_key(part, below(tree, "keys", part.name), device) for part in device.keys),
        functions=_routines("function", device.functions, below(tree, "functions")),
        actions=_routines("action", device.actions, below(tree, "actions")),
        events=tuple(_event(part) for part in device.events),
        on_reset=hook(tree, "on_reset", device.on_reset),
        pci=None if device.pci is None else view_pci(device.pci, device.regions, below(tree, "pci")),
        sources=device.sources,
    )


def _acpi(part: model.Acpi) -> AcpiView:
    registers = tuple(FirmwareRegisterView(entry.use, entry.region, entry.offset, entry.width) for entry in part.fadt)
    return AcpiView(part.hid, part.cid, part.table, registers, part.reset_value)


def _device_tree(part: model.DeviceTree) -> DeviceTreeView:
    clocks = tuple(TreeClockView(name, frequency) for name, frequency in part.clocks)
    properties = tuple(TreePropertyView(name, value) for name, value in part.properties)
    return DeviceTreeView(part.node, part.compatible, clocks, properties, part.console)


def _property(part: model.Property) -> PropertyView:
    integer = part.type == "int"
    return PropertyView(
        name=part.name,
        type=part.type,
        default=part.default,
        least=part.range.lo if integer else None,
        greatest=part.range.hi if integer else None,
        clamp=part.clamp,
        size=part.size,
        description=part.description,
    )


def _state(part: model.StateVar, spec: Tree) -> StateView:
    reset = start_value(spec, part.reset)
    return StateView(part.name, part.width, count(spec, part.count), reset, part.retain, part.description)


def _fifo(part: model.Fifo, spec: Tree) -> FifoView:
    return FifoView(part.name, size(part.depth, spec["depth"]), part.width, part.retain, part.description)


def _key(part: model.Key, spec: Tree, device: model.Device) -> KeyView:
    bodies = {action.name: action.body for action in device.actions}
    return KeyView(
        name=part.name,
        register=part.register,
        field=part.field,
        values=part.values,
        wrong=part.wrong,
        within=source_text(spec.get("within", "")),
        open_for=source_text(spec.get("open_for", "")),
        frequency=source_text(spec.get("frequency", "")),
        closed_by=part.closed_by,
        on_open=hook(spec, "on_open", bodies.get(f"{part.name}_on_open")),
        on_wrong=hook(spec, "on_wrong", bodies.get(f"{part.name}_on_wrong")),
        on_expire=hook(spec, "on_expire", bodies.get(f"{part.name}_on_expire")),
        description=part.description,
    )


def _counter(part: model.Counter, spec: Tree) -> CounterView:
    return CounterView(
        name=part.name,
        clock=part.clock,
        rate=source_text(spec["period"] if "period" in spec else spec["frequency"]),
        period=part.period,
        width=part.width,
        enable=hook(spec, "enable", part.enable),
        reset=start_value(spec, part.reset),
        phase=part.phase,
        count=count(spec, part.count),
        retain=part.retain,
        description=part.description,
    )


def _timer(part: model.Timer, spec: Tree) -> TimerView:
    return TimerView(
        name=part.name,
        clock=part.clock,
        counter=part.counter,
        match=hook(spec, "match", part.match),
        align=part.align,
        due=part.due,
        on_expire=hook(spec, "on_expire", part.on_expire),
        count=count(spec, part.count),
        retain=part.retain,
        description=part.description,
    )


def _routines(kind: str, parts: Iterable[model.Function | model.Action], specs: Tree) -> tuple[RoutineView, ...]:
    """Return the described functions or actions; their key in the description is the whole head."""
    heads = {head.partition("(")[0].strip("` "): head for head in specs}
    return tuple(
        _routine(kind, part.name, part.parameters, part.body, specs, heads[part.name])
        for part in parts
        if part.name in heads
    )


def _routine(
    kind: str, name: str, parameters: tuple[str, ...], body: Expr | tuple[Stmt, ...], specs: Tree, head: str
) -> RoutineView:
    return RoutineView(name, head.strip(), parameters, Hook(kind, source_text(specs[head]), body))


def _lines(lines: Iterable[model.Line], specs: Tree) -> tuple[LineView, ...]:
    return tuple(_line(line, below(specs, line.name)) for line in lines)


def _line(line: model.Line, spec: Tree) -> LineView:
    return LineView(
        name=line.name,
        level=hook(spec, "level", line.level),
        count=count(spec, line.count),
        reset=line.reset,
        intx=line.intx,
        vector=line.vector,
        pme=line.pme,
        external=line.external,
        description=line.description,
    )


def _input(part: model.GpioIn, spec: Tree) -> InputView:
    return InputView(part.name, hook(spec, "on_input", part.on_input), count(spec, part.count), part.description)


def _event(part: model.Event) -> EventView:
    return EventView(part.name, tuple(ParameterView(name, width) for name, width in part.parameters), part.error)


def _stream(part: model.Stream, spec: Tree) -> StreamView:
    return StreamView(
        name=part.name,
        on_receive=hook(spec, "on_receive", part.on_receive),
        on_break=hook(spec, "on_break", part.on_break),
        room=hook(spec, "room", part.room),
        on_writable=hook(spec, "on_writable", part.on_writable),
        description=part.description,
    )
