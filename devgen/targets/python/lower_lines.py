"""Interrupts, GPIO and byte streams: their construction and the entry points of those that bring something in."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.language import ir, model
from devgen.targets.python.dependencies import Analysis, Things
from devgen.targets.python.followers import Followers
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.lower_stmt import Statements
from devgen.targets.python.plan import Method
from devgen.targets.python.python_literals import docstring, sentence, string


@dataclass(slots=True, frozen=True)
class LineLowering:
    """Lowers the lines and streams of one device."""

    lowering: Lowering
    analysis: Analysis
    followers: Followers

    def setup(self) -> list[str]:
        """The constructor's statements."""
        device = self.lowering.symbols.device
        return [
            *(self._interrupt(one) for one in device.interrupts),
            *(self._gpio_in(one) for one in device.gpio_in),
            *(self._gpio_out(one) for one in device.gpio_out),
            *(self._stream(one) for one in device.streams),
        ]

    def methods(self) -> list[Method]:
        """What an input's change and a received byte do."""
        device = self.lowering.symbols.device
        return [
            *(self._changed(one) for one in device.gpio_in),
            *(self._received(one) for one in device.streams if one.on_receive),
            *(self._broken(one) for one in device.streams if one.on_break),
            *(self._room(one, one.room) for one in device.streams if one.room is not None),
        ]

    def reset(self) -> list[str]:
        """Put the lines that statements drive at their reset level."""
        lines: list[str] = []
        for (kind, name), one in self.lowering.symbols.lines.items():
            if one.level is None:
                attribute = self.lowering.symbols.attribute(kind, name)
                if one.count is None:
                    lines.append(f"self.{attribute}.set({one.reset})")
                else:
                    lines += [f"for line in self.{attribute}:", f"    line.set({one.reset})"]
        return lines

    def _interrupt(self, one: model.Line) -> str:
        attribute = self.lowering.symbols.attribute("interrupt", one.name)
        if one.count is not None:
            call, tail = ("add_irqs", "") if one.vector is None else ("add_vectors", f", {one.vector}")
            return f"self.{attribute} = self.{call}({string(one.name)}, {self.lowering.number(one.count)}{tail})"
        if one.vector is not None:
            return f"self.{attribute} = self.add_vector({string(one.name)}, {one.vector})"
        call = "add_intx" if one.intx else "add_pme" if one.pme else "add_irq"
        return f"self.{attribute} = self.{call}({string(one.name)})"

    def _gpio_out(self, one: model.Line) -> str:
        attribute = self.lowering.symbols.attribute("gpio_out", one.name)
        reset = f", reset={one.reset}" if one.reset else ""
        if one.count is not None:
            count = self.lowering.number(one.count)
            return f"self.{attribute} = self.add_gpio_outs({string(one.name)}, {count}{reset})"
        return f"self.{attribute} = self.add_gpio_out({string(one.name)}{reset})"

    def _gpio_in(self, one: model.GpioIn) -> str:
        symbols = self.lowering.symbols
        attribute, handler = symbols.attribute("gpio_in", one.name), symbols.attribute("changed", one.name)
        if one.count is not None:
            count = self.lowering.number(one.count)
            return f"self.{attribute} = self.add_gpio_ins({string(one.name)}, {count}, self.{handler})"
        return f"self.{attribute} = self.add_gpio_in({string(one.name)}, self.{handler})"

    def _stream(self, one: model.Stream) -> str:
        symbols = self.lowering.symbols
        words = [string(one.name)]
        if one.on_receive:
            words.append(f"self.{symbols.attribute('received', one.name)}")
        if one.on_break:
            words.append(f"on_break=self.{symbols.attribute('broken', one.name)}")
        if one.room is not None:
            words.append(f"room=self.{symbols.attribute('room', one.name)}")
        return f"self.{symbols.attribute('stream', one.name)} = self.add_stream({', '.join(words)})"

    def _changed(self, one: model.GpioIn) -> Method:
        name = self.lowering.symbols.attribute("changed", one.name)
        body = self._entry(one.on_input, frozenset({("gpio_in", one.name)}))
        doc = docstring((f"{one.name} was driven to another level.", sentence(one.description)), 8)
        return Method(name, "value: int" if one.count is None else "index: int, value: int", "None", doc, body)

    def _received(self, one: model.Stream) -> Method:
        name = self.lowering.symbols.attribute("received", one.name)
        doc = docstring((f"A byte has arrived on {one.name}.", sentence(one.description)), 8)
        return Method(name, "value: int", "None", doc, self._entry(one.on_receive, frozenset()))

    def _broken(self, one: model.Stream) -> Method:
        name = self.lowering.symbols.attribute("broken", one.name)
        doc = docstring((f"A break condition has arrived on {one.name}.",), 8)
        return Method(name, "", "None", doc, self._entry(one.on_break, frozenset()))

    def _room(self, one: model.Stream, room: ir.Expr) -> Method:
        name = self.lowering.symbols.attribute("room", one.name)
        doc = docstring((f"How many bytes {one.name} can take now.",), 8)
        return Method(name, "", "int", doc, (f"return {self.lowering.number(room)}",))

    def _entry(self, body: tuple[ir.Stmt, ...], changed: Things) -> tuple[str, ...]:
        lines = Statements(self.lowering).lines(body)
        lines += self.followers.at_end(changed | self.analysis.writes(body))
        return tuple(lines or ["pass"])
