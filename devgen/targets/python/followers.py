"""What follows the registers by itself: counters' enables and level lines, updated where their inputs may change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from devgen.language import model
from devgen.language.typed_walk import names_local
from devgen.targets.python.dependencies import Analysis, Thing, Things
from devgen.targets.python.line_breaking import indented
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.plan import Method
from devgen.targets.python.python_literals import docstring
from devgen.targets.python.symbols import Symbols

METHOD_INDENT: Final = 8


@dataclass(slots=True, frozen=True)
class Follower:
    """A method that brings one thing up to date: ``thing`` follows ``inputs``."""

    thing: Thing
    inputs: Things
    method: Method


@dataclass(slots=True, frozen=True)
class Followers:
    """All of a device, in an order in which each stands behind those that it depends on."""

    enables: tuple[Follower, ...]
    lines: tuple[Follower, ...]

    def after_store(self, changed: Things) -> list[str]:
        """Calls for the counters whose enable may have changed."""
        return [f"self.{one.method.name}()" for one in self.enables if one.inputs & changed]

    def at_end(self, changed: Things, since: Things | None = None) -> list[str]:
        """Calls that end an entry point which may have changed ``changed``.

        ``since``: what of it may have changed after the calls of ``after_store``, if they stand before.
        """
        current = () if since is None else [one for one in self.enables if not one.inputs & since]
        return [f"self.{one.method.name}()" for one in self._reached(changed) if one not in current]

    def everything(self) -> list[str]:
        """Calls for all there are, after a reset."""
        return [f"self.{one.method.name}()" for one in (*self.enables, *self.lines)]

    def methods(self) -> tuple[Method, ...]:
        """The methods themselves."""
        return tuple(one.method for one in (*self.enables, *self.lines))

    def _reached(self, changed: Things) -> Iterator[Follower]:
        for one in (*self.enables, *self.lines):
            if one.inputs & changed:
                changed |= {one.thing}
                yield one


def build_followers(symbols: Symbols, analysis: Analysis) -> Followers:
    """Find what follows what, and write the methods."""
    lowering = Lowering(symbols)
    enables = tuple(
        Follower(("counter", one.name), analysis.reads(one.enable), _enable_method(lowering, one))
        for one in symbols.device.counters
        if one.enable is not None
    )
    lines = [
        Follower((kind, one.name), analysis.reads(one.level), _level_method(lowering, kind, one))
        for (kind, _), one in symbols.lines.items()
        if one.level is not None
    ]
    rooms = [
        Follower(("stream", one.name), analysis.reads(one.room), _room_method(lowering, one))
        for one in symbols.device.streams
        if one.room is not None
    ]
    return Followers(enables, (*_ordered(lines), *rooms))


def _ordered(lines: list[Follower]) -> Iterator[Follower]:
    """Those first that depend on no other line still to come; a cycle is broken where it stands."""
    waiting = list(lines)
    while waiting:
        names = {one.thing for one in waiting}
        ready = next((one for one in waiting if not one.inputs & (names - {one.thing})), waiting[0])
        waiting.remove(ready)
        yield ready


def _level_method(lowering: Lowering, kind: str, line: model.Line) -> Method:
    assert line.level is not None
    attribute = lowering.symbols.attribute(kind, line.name)
    name = lowering.symbols.names.claim(f"update_{attribute}")
    level = lowering.level(line.level)
    if line.count is None:
        body = [f"self.{attribute}.set({level})"]
    else:
        body = [_each("line", attribute, names_local(line.level, "index")), f"    line.set({level})"]
    doc = docstring((f"Drive {line.name} to the level that it follows.",), METHOD_INDENT)
    return Method(name, "", "None", doc, tuple(body))


def _enable_method(lowering: Lowering, counter: model.Counter) -> Method:
    assert counter.enable is not None
    symbols = lowering.symbols
    attribute = symbols.attribute("counter", counter.name)
    name = symbols.names.claim(f"follow_{attribute}")
    test = lowering.truth(counter.enable).text
    if counter.count is None:
        body = [f"if {test}:", f"    self.{attribute}.start()", "else:", f"    self.{attribute}.stop()"]
    else:
        inner = [f"if {test}:", "    counter.start()", "else:", "    counter.stop()"]
        body = [_each("counter", attribute, names_local(counter.enable, "index")), *indented(inner)]
    doc = f"Let {counter.name} run or stand as its enable says; while it stands, alarms on it wait."
    return Method(name, "", "None", docstring((doc,), METHOD_INDENT), tuple(body))


def _room_method(lowering: Lowering, stream: model.Stream) -> Method:
    assert stream.room is not None
    attribute = lowering.symbols.attribute("stream", stream.name)
    name = lowering.symbols.names.claim(f"update_{attribute}")
    doc = docstring((f"Let bytes come in that may have waited for room on {stream.name}.",), METHOD_INDENT)
    return Method(name, "", "None", doc, (f"self.{attribute}.room_changed()",))


def _each(item: str, attribute: str, counted: bool) -> str:
    """The head of a loop over a list, with ``index`` where something needs it."""
    return f"for index, {item} in enumerate(self.{attribute}):" if counted else f"for {item} in self.{attribute}:"
