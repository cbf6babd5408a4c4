"""State of compiling one text: its reporter, its locals, and the facts at the current point."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import field

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour import ranges
from devgen.language.behaviour.known_values import Flow
from devgen.language.behaviour.program import Owner, Program
from devgen.language.behaviour.property_bounds import Fact, below
from devgen.language.behaviour.python_grammar import Reporter
from devgen.language.diagnostics.codes_behaviour import DOES_NOT_FIT, NEGATIVE, TOO_DEEP
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.reporting import Diagnostics, SourceText
from devgen.language.ir import BOOL, Expr, Load, Range, Text
from devgen.language.scope import LocalEntry, Scope

DEEPEST_CHECK = 100
"""Limit on the nesting of expressions and blocks, including those of called functions."""


@dataclass(slots=True, frozen=True)
class Local:
    """A local name. ``readonly`` says why it cannot be assigned, None if it can."""

    type: str
    range: Range
    readonly: str | None = None


@dataclass(slots=True)
class Unit:
    """The state of one compilation. ``trial``: the result is discarded; ``silent``: findings are not reported, since a
    later run makes them again. ``costly``: it has loops or calls. ``outward``: the last step left the device.
    """

    program: Program
    scope: Scope
    reporter: Reporter
    owner: Owner
    flow: Flow
    locals: dict[str, Local] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    trial: bool = False
    failed: bool = False
    costly: bool = False
    outward: bool = False

    def report(
        self,
        kind: Kind,
        node: ast.AST | None,
        *,
        allowed: tuple[str, ...] = (),
        hint: str = "",
        instead: Sequence[str] = (),
        tail: int = 0,
        **values: object,
    ) -> None:
        """Add a finding. ``instead`` are texts for the place of the node, or of its last ``tail`` characters."""
        self.failed = True
        if not self.silent:
            self.reporter.report(kind, node, allowed=allowed, hint=hint, instead=instead, tail=tail, **values)

    def give(self, name: str, local: Local, fact: Fact) -> None:
        """Add a local to the scope."""
        self.locals[name] = local
        self.flow.locals[name] = fact

    def enter(self, node: ast.AST) -> bool:
        """Enter a nesting level. Return False and report it if that is too deep. Pairs with ``leave``."""
        self.program.depth += 1
        self.program.patience -= self.trial
        if self.program.depth <= DEEPEST_CHECK:
            return True
        self.report(TOO_DEEP, node, limit=DEEPEST_CHECK)
        return False

    def leave(self) -> None:
        """Leave a nesting level."""
        self.program.depth -= 1

    def fits(self, value: Expr, room: Range, what: str, node: ast.AST) -> bool:
        """Return whether every value fits; report it otherwise."""
        if value.range.within(room):
            return True
        low, high = value.range.lo, value.range.hi
        negative = room.lo is not None and low is not None and low < room.lo and (high or 0) <= (room.hi or 0)
        bounds, text, hint = show(value.range), show_room(room), _hint(room, negative)
        if negative:
            self.report(NEGATIVE, node, hint=hint, bounds=bounds, what=what, least=room.lo)
        else:
            bits = ranges.bits_needed(value.range)
            self.report(DOES_NOT_FIT, node, hint=hint, bounds=bounds, bits=bits, what=what, room=text)
        return False


def open_unit(source: SourceText, scope: Scope, sink: Diagnostics, owner: Owner) -> Unit:
    """Return the unit for a text, with the hook's locals in scope."""
    program = Program.of(scope)
    unit = Unit(program, scope, Reporter(sink, source, program.seen), owner, Flow(program.volatile))
    holder: Scope | None = scope
    while holder is not None and holder.parent is not None:
        for entry in holder.entries.values():
            if isinstance(entry, LocalEntry) and entry.name not in unit.locals:
                fact = below(entry.below) if entry.below is not None else Fact(entry.range)
                unit.give(entry.name, Local(entry.name, fact.range, "is given by the hook"), fact)
        holder = holder.parent
    return unit


def is_text(expr: Expr) -> bool:
    """Return whether a value is a string. Numbers always have bounds."""
    return isinstance(expr, Text) or (isinstance(expr, Load) and expr.range.lo is None)


def show(bounds: Range) -> str:
    """Format a range for a message: ``0..255``, ``-1``, ``0..0x1fffffffe``."""
    if bounds.lo == bounds.hi:
        return _number(bounds.lo)
    return f"{_number(bounds.lo)}..{_number(bounds.hi)}"


def _number(value: int | None) -> str:
    if value is None:
        return "anything"
    return str(value) if -10_000 < value < 10_000 else hex(value)


def show_room(room: Range) -> str:
    """Format the bits that a range needs, for a message: ``32 bits``, ``16 bits and a sign``."""
    bits = ranges.bits_needed(room)
    if room == Range.unsigned(bits):
        return "1 bit" if bits == 1 else f"{bits} bits"
    return f"{bits} bits, signed" if room == Range.signed(bits) else f"room for {show(room)}"


def _hint(room: Range, negative: bool) -> str:
    bits = ranges.bits_needed(room)
    if room == BOOL and not negative:
        return "`bool(...)` is 1 if it is not 0, `u1(...)` keeps the low bit, `min(..., 1)` saturates"
    if room == Range.unsigned(bits) and bits <= 64:
        bound = "`max(..., 0)` stops at zero" if negative else f"`min(..., {_number(room.hi)})` saturates"
        return f"`u{bits}(...)` keeps the low {bits} bits, {bound}"
    return f"`s{bits}(...)` keeps the low {bits} bits" if room == Range.signed(bits) and bits <= 64 else ""
