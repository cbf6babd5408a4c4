"""Checks ``if`` and ``for``: a branch uses the facts of its test, and every loop must have a bound."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterable, Sequence

from devgen.language.behaviour.assignments import Assignments
from devgen.language.behaviour.compilation import Local
from devgen.language.behaviour.known_values import Flow, assume
from devgen.language.behaviour.property_bounds import MOST, Fact, uppers
from devgen.language.diagnostics.codes_behaviour import LOOP_BOUND, NOT_IN_LANGUAGE
from devgen.language.ir import Expr, For, If, Int, Range, Stmt

MOST_TRIPS = 65_536
"""Most iterations of one loop."""
_TURNS = 64
"""Iterations that are analysed until the facts are stable; then assigned locals get the full range of their types."""


class BranchesAndLoops(Assignments):
    """Turns ``if`` and ``for`` into IR."""

    __slots__ = ()

    @abstractmethod
    def block(self, nodes: Iterable[ast.stmt]) -> tuple[Stmt, ...]:
        """Check statements in sequence; locals declared among them end with them."""

    def look_outward(self) -> None:
        """Forget facts about stored values after an access to guest memory or a line: it may call this device again."""
        if self.unit.outward:
            self.unit.flow.stored = {}
        self.unit.outward = False

    def _if(self, node: ast.If) -> Stmt | None:
        test = self.truth(node.test)
        before = self.unit.flow
        outward = self.unit.outward
        self.unit.flow = before.copy()
        if test is not None:
            assume(test, True, self.unit.flow)
        self.look_outward()
        then, after_then = self.block(node.body), self.unit.flow
        self.unit.flow = before.copy()
        if test is not None:
            assume(test, False, self.unit.flow)
        self.unit.outward = outward
        self.look_outward()
        orelse = self.block(node.orelse)
        self.unit.flow = after_then.join(self.unit.flow)
        return None if test is None else If(test, then, orelse)

    def _for(self, node: ast.For) -> Stmt | None:
        bounds = self._loop_range(node)
        name = node.target.id if isinstance(node.target, ast.Name) else None
        if bounds is None or name is None or node.orelse:
            if bounds is not None:
                self.unit.report(NOT_IN_LANGUAGE, node, what="a loop other than `for n in range(...):`")
            return None
        start, stop = bounds
        trips = max(0, (stop.range.hi or 0) - (start.range.lo or 0))
        if trips > MOST_TRIPS:
            hint = "bound it: `range(min(..., 64))`"
            self.unit.report(LOOP_BOUND, node.iter, trips=trips, limit=MOST_TRIPS, hint=hint)
            return None
        if not self._new_name(name, "a loop variable", node.target):
            return None
        self.unit.costly = True
        self.look_outward()
        turn = self._loop_variable(start, stop)
        before = self.unit.flow
        entry = self._settle(node.body, name, turn, trips)
        self.unit.flow = entry.copy()
        body = self._turn(node.body, name, turn)
        self.unit.flow = entry.join(self.unit.flow) if trips else before
        return For(name, start, stop, body, trips)

    def _loop_range(self, node: ast.For) -> tuple[Expr, Expr] | None:
        call = node.iter
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
            self.unit.report(NOT_IN_LANGUAGE, call, what="a loop over anything but `range(...)`")
            return None
        values = self.arguments(call, 1, 2, "range()")
        if values is None:
            return None
        return (Int(0), values[0]) if len(values) == 1 else (values[0], values[1])

    def _loop_variable(self, start: Expr, stop: Expr) -> Fact:
        low = start.range.lo or 0
        forms = tuple(form.offset(-1) for form in uppers(stop, self.unit.flow.upper) if form.terms)
        return Fact(Range(low, max(low, (stop.range.hi or 0) - 1)), forms[:MOST])

    def _turn(self, body: Sequence[ast.stmt], name: str, turn: Fact) -> tuple[Stmt, ...]:
        """Check one iteration of a loop."""
        outer = dict(self.unit.locals)
        self.unit.give(name, Local("a loop variable", turn.range, "is a loop variable"), turn)
        found = self.block(body)
        self.unit.locals = outer
        return found

    def _settle(self, body: Sequence[ast.stmt], name: str, turn: Fact, trips: int) -> Flow:
        """Return the facts that hold at the start of every iteration.

        These facts hold before the loop and after each iteration. Iterations are analysed until the facts do not change
        any more. If that takes too long, or the device has used up its budget (``Program.patience``), assigned locals
        get the full range of their types.
        """
        unit = self.unit
        saved = (unit.silent, unit.trial, unit.failed)
        unit.silent = unit.trial = True
        entry, settled = unit.flow.copy(), trips == 0
        for count in range(1, min(trips, _TURNS) + 1):
            if unit.program.patience <= 0:
                break
            unit.flow = entry.copy()
            self._turn(body, name, turn)
            after = entry.join(unit.flow)
            settled = after == entry or count == trips
            entry = entry if count == trips else after
            if settled:
                break
        unit.silent, unit.trial, unit.failed = saved
        return entry if settled else self._widened(entry, body)

    def _widened(self, entry: Flow, body: Sequence[ast.stmt]) -> Flow:
        entry.stored = {}
        for name in {node.id for stmt in body for node in ast.walk(stmt) if isinstance(node, ast.Name)}:
            local = self.unit.locals.get(name)
            if local is not None and local.readonly is None:
                entry.locals[name] = Fact(local.range)
        return entry
