"""Lowers interrupts, GPIO and byte streams: their construction, and the entry points of inputs and streams."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.plan.device_plan import InputPlan, StreamPlan
from devgen.plan.steps import Steps
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.lower_followers import each
from devgen.targets.python.lower_stmt import StatementLowering
from devgen.targets.python.module import Entry, Method, Stream
from devgen.targets.python.python_literals import string
from devgen.targets.python.source_tree import PASS, Line, Node, Statement, Statements, attribute_set, call


@dataclass(slots=True, frozen=True)
class LineLowering:
    """Lowers the lines and streams of one device."""

    lowering: Lowering

    def attributes(self) -> Statements:
        """Return the statements for attributes that the constructor sets."""
        device = self.lowering.symbols.device
        return (
            *(self._made("interrupt", line, self._interrupt(line)) for line in device.interrupts),
            *(self._made("gpio_in", pin, self._gpio_in(pin)) for pin in device.gpio_in),
            *(self._made("gpio_out", line, self._gpio_out(line)) for line in device.gpio_out),
            *(self._made("stream", stream, self._stream(stream)) for stream in device.streams),
        )

    def inputs(self) -> tuple[Entry, ...]:
        """Return the methods of the inputs' changes."""
        return tuple(self._changed(plan) for plan in self.lowering.symbols.plan.inputs)

    def streams(self) -> tuple[Stream, ...]:
        """Return the methods of received bytes and break conditions."""
        return tuple(self._stream_methods(plan) for plan in self.lowering.symbols.plan.streams)

    def reset(self, driven: Iterable[tuple[str, model.Line]]) -> Statements:
        """Return statements that set the lines driven by statements to their reset level."""
        return tuple(self._lowered(kind, line) for kind, line in driven)

    def _lowered(self, kind: str, line: model.Line) -> Statement:
        attribute, level = self.lowering.symbols.attribute(kind, line.name), (Node(str(line.reset)),)
        if line.count is None:
            return Line("", call(f"self.{attribute}.set", level))
        return each("line", attribute, False, (Line("", call("line.set", level)),))

    # --- construction ------------------------------------------------------------------------

    def _made(self, kind: str, thing: model.Line | model.GpioIn | model.Stream, value: Node) -> Line:
        return attribute_set(self.lowering.symbols.attribute(kind, thing.name), value)

    def _interrupt(self, line: model.Line) -> Node:
        vector = () if line.vector is None else (Node(str(line.vector)),)
        if line.count is not None:
            method = "add_irqs" if line.vector is None else "add_vectors"
            return self._added(method, line.name, self.lowering.number(line.count), *vector)
        if line.vector is not None:
            return self._added("add_vector", line.name, *vector)
        return self._added("add_intx" if line.intx else "add_pme" if line.pme else "add_irq", line.name)

    def _gpio_out(self, line: model.Line) -> Node:
        reset = (Node(f"reset={line.reset}"),) if line.reset else ()
        if line.count is not None:
            return self._added("add_gpio_outs", line.name, self.lowering.number(line.count), *reset)
        return self._added("add_gpio_out", line.name, *reset)

    def _gpio_in(self, pin: model.GpioIn) -> Node:
        handler = self._method("changed", pin.name)
        if pin.count is not None:
            return self._added("add_gpio_ins", pin.name, self.lowering.number(pin.count), handler)
        return self._added("add_gpio_in", pin.name, handler)

    def _stream(self, stream: model.Stream) -> Node:
        arguments = [self._method("received", stream.name)] if stream.on_receive else []
        if stream.on_break:
            arguments.append(Node(f"on_break={self._method('broken', stream.name).text}"))
        if stream.room is not None:
            arguments.append(Node(f"room={self._method('room', stream.name).text}"))
        if stream.on_writable:
            arguments.append(Node(f"on_writable={self._method('writable', stream.name).text}"))
        return self._added("add_stream", stream.name, *arguments)

    def _added(self, method: str, name: str, *arguments: Node) -> Node:
        return call(f"self.{method}", (Node(string(name)), *arguments))

    def _method(self, kind: str, name: str) -> Node:
        return Node(f"self.{self.lowering.symbols.attribute(kind, name)}")

    # --- methods -----------------------------------------------------------------------------

    def _changed(self, plan: InputPlan) -> Entry:
        pin = plan.pin
        parameters = ("value: int",) if pin.count is None else ("index: int", "value: int")
        method = Method(self.lowering.symbols.attribute("changed", pin.name), parameters, self._body(plan.changed))
        return Entry(pin.name, pin.description, method)

    def _stream_methods(self, plan: StreamPlan) -> Stream:
        stream, symbols = plan.stream, self.lowering.symbols

        def method(kind: str, steps: Steps, *parameters: str) -> Method:
            return Method(symbols.attribute(kind, stream.name), parameters, self._body(steps))

        return Stream(
            name=stream.name,
            description=stream.description,
            received=method("received", plan.received, "value: int") if stream.on_receive else None,
            broken=method("broken", plan.broken) if stream.on_break else None,
            room=None if stream.room is None else self._room(stream.name, stream.room),
            writable=method("writable", plan.writable) if stream.on_writable else None,
        )

    def _room(self, name: str, room: ir.Expr) -> Method:
        method = self.lowering.symbols.attribute("room", name)
        return Method(method, (), (Line("return ", self.lowering.number(room)),))

    def _body(self, steps: Steps) -> Statements:
        return StatementLowering(self.lowering).statements(steps) or (PASS,)
