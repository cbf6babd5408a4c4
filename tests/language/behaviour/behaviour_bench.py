"""Short ways to make a scope and compile a line in it, for the tests of the behaviour language."""

from __future__ import annotations

from dataclasses import dataclass, field

from devgen.language.behaviour import Compiled, compile_expression, compile_statements, finish, parse_signature
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.reporting import Diagnostics, SourceText
from devgen.language.ir import Expr, Range, Stmt
from devgen.language.model import Label, Mark, View
from devgen.language.scope import (
    ActionEntry,
    CounterEntry,
    EventEntry,
    FieldEntry,
    FifoEntry,
    FileEntry,
    FunctionEntry,
    LineEntry,
    PropertyEntry,
    RegisterEntry,
    Scope,
    StateEntry,
    StreamEntry,
    TimerEntry,
)


def text(source: str, line: int = 1) -> SourceText:
    """A text that starts in column 1 of a line of ``d.yaml``."""
    return SourceText(source, Mark("d.yaml", line, 1))


@dataclass
class Bench:
    """A device's scope and the findings about it."""

    scope: Scope = field(default_factory=Scope)
    sink: Diagnostics = field(default_factory=Diagnostics)

    def expression(self, source: str, scope: Scope | None = None, **options: object) -> Expr | None:
        return compile_expression(text(source), scope or self.scope, self.sink, **options)  # type: ignore[arg-type]

    def statements(self, source: str, scope: Scope | None = None, **options: object) -> tuple[Stmt, ...]:
        return compile_statements(text(source), scope or self.scope, self.sink, **options)  # type: ignore[arg-type]

    def count(self, source: str) -> Expr:
        value = self.expression(source)
        assert value is not None
        return value

    def function(self, head: str, body: str) -> None:
        signature = parse_signature(text(head), self.scope, self.sink)
        assert signature is not None, self.codes()
        self.scope.declare(FunctionEntry(signature.name, signature.parameters, text(body, 1000 + len(head))))

    def action(self, head: str, body: str) -> None:
        signature = parse_signature(text(head), self.scope, self.sink)
        assert signature is not None, self.codes()
        line = 2000 + 100 * len(self.scope.entries)
        self.scope.declare(ActionEntry(signature.name, signature.parameters, (text(body, line),)))

    def finish(self) -> Compiled:
        return finish(self.scope, self.sink)

    def found(self) -> list[Diagnostic]:
        return self.sink.finish()

    def codes(self) -> list[str]:
        return [one.code for one in self.found()]

    def told(self) -> str:
        return "\n".join(str(one) for one in self.found())


def small() -> Bench:
    """A device with a little of everything."""
    bench = Bench()
    scope = bench.scope
    for entry in (
        PropertyEntry("timers", "int", Range(3, 32)),
        PropertyEntry("fast", "bool", Range(0, 1)),
        PropertyEntry("label", "string", Range(None, None)),
    ):
        scope.declare(entry)
    timers = bench.count("timers")
    more = bench.count("timers + 1")
    four = bench.count("4")
    labels = (Label("IDLE", 0, 7, 3, "both", "", ""), Label("RUN", 1, 7, 3, "both", "", ""))
    mode = FieldEntry("MODE", 4, 3, labels)
    for entry in (
        RegisterEntry("MR", 32),
        RegisterEntry("CR", 32, (FieldEntry("ENABLE", 0, 1), mode)),
        RegisterEntry("RIS", 32, (FieldEntry("ALARM", 0, 1),)),
        RegisterEntry("DATA", 8, count=four),
        RegisterEntry("ID", 32, readonly="is constant"),
        RegisterEntry("DR", 32, readonly="is computed by its `read:`", computed=True),
        RegisterEntry("MR2", 32, storage=View("MR", None, 32, 0, None)),
        FileEntry(
            "T",
            (
                RegisterEntry("CONFIG", 64, (FieldEntry("LEVEL", 1, 1), FieldEntry("ROUTE", 9, 5))),
                RegisterEntry("CMP", 64),
            ),
            more,
            depth=1,
        ),
        FileEntry("LONE", (RegisterEntry("X", 16),)),
        StateEntry("offset", 64),
        FifoEntry("rx", 8, bench.count("16")),
        StateEntry("period", 64, more),
        StateEntry("slots", 8, timers),
        StateEntry("history", 32, four),
        CounterEntry("seconds", 32),
        CounterEntry("ticks", 64, four),
        TimerEntry("alarm", matched=True, at_once=True),
        TimerEntry("late", matched=True),
        TimerEntry("t", matched=False, count=more),
        LineEntry("interrupt", "intr", followed=True),
        LineEntry("interrupt", "irq", count=bench.count("32")),
        LineEntry("gpio_out", "led"),
        LineEntry("gpio_in", "pit"),
        EventEntry("CHANGE", (("offset", 64), ("kind", 8))),
        EventEntry("DONE"),
        StreamEntry("serial"),
    ):
        scope.declare(entry)
    return bench


def hook(bench: Bench, width: int = 32) -> Scope:
    """The scope of a register's ``on_write``."""
    word = Range.unsigned(width)
    return bench.scope.hook(value=word, mask=word, old=word)
