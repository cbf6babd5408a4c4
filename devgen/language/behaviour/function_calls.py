"""Checks calls: the arguments, and the result of a declared function for these arguments."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Sequence

from devgen.language.behaviour.compilation import Unit
from devgen.language.behaviour.operators import Operators
from devgen.language.behaviour.program import Instance
from devgen.language.behaviour.property_bounds import Fact, below
from devgen.language.diagnostics.codes_behaviour import CALLS_TOO_DEEP, TOO_MANY_CASES, WRONG_ARGUMENTS
from devgen.language.ir import Apply, Expr
from devgen.language.scope import FunctionEntry, Parameter

DEEPEST_CALLS = 32
"""Limit on the depth of functions that call functions."""


class FunctionCalls(Operators):
    """Checks arguments of calls, and calls of functions that the description declares."""

    __slots__ = ()

    @abstractmethod
    def evaluate(self, entry: FunctionEntry, facts: tuple[Fact, ...]) -> tuple[Unit, Expr | None]:
        """Check a function's body on trial, for arguments of which ``facts`` are known."""

    def arguments(self, node: ast.Call, least: int, most: int, what: str) -> list[Expr] | None:
        """Check the positional arguments of a call, which must be numbers."""
        found = len(node.args) + len(node.keywords)
        if (
            node.keywords
            or not least <= found <= most
            or any(isinstance(argument, ast.Starred) for argument in node.args)
        ):
            wanted = _count(least) if least == most else f"{least} to {most} arguments"
            given = "arguments by name" if node.keywords else str(found)
            self.unit.report(WRONG_ARGUMENTS, node, what=what, wanted=wanted, found=given)
            return None
        values = [self.number(argument) for argument in node.args]
        known = [value for value in values if value is not None]
        return known if len(known) == len(values) else None

    def apply(self, entry: FunctionEntry, node: ast.Call) -> Expr | None:
        """Check a call of a declared function."""
        unit = self.unit
        unit.program.used.add(entry.name)
        facts_and_values = self.passed(entry.name, entry.parameters, node)
        if facts_and_values is None:
            return None
        facts, values = facts_and_values
        unit.program.called(("function", entry.name), facts)
        unit.program.edge(unit.owner, ("function", entry.name))
        unit.costly = True
        instance = self._instance(entry, facts, node)
        if instance is None or instance.range is None:
            unit.failed = True
            return None
        unit.outward |= instance.outward
        return Apply(entry.name, values, instance.range)

    def passed(
        self, name: str, parameters: Sequence[Parameter], node: ast.Call
    ) -> tuple[tuple[Fact, ...], tuple[Expr, ...]] | None:
        """Check a call's arguments against the declared parameters. Return the facts for the callee, and the values."""
        values = self.arguments(node, len(parameters), len(parameters), f"{name}()")
        if values is None:
            return None
        facts = [
            self._parameter(parameter, value, at)
            for parameter, value, at in zip(parameters, values, node.args, strict=True)
        ]
        known = tuple(fact for fact in facts if fact is not None)
        return (known, tuple(values)) if len(known) == len(facts) else None

    def _parameter(self, parameter: Parameter, value: Expr, node: ast.expr) -> Fact | None:
        what = f"parameter {parameter.name}"
        if parameter.below is not None:
            ok = self.check_index(value, parameter.below, f"what {what} is an index of", node)
            return below(parameter.below) if ok else None
        if parameter.range is None:
            return self.unit.flow.fact(value)
        return Fact(parameter.range) if self.unit.fits(value, parameter.range, what, node) else None

    def _instance(self, entry: FunctionEntry, facts: tuple[Fact, ...], node: ast.Call) -> Instance | None:
        """Return a function's result for these facts about its arguments; computed once and cached."""
        program = self.unit.program
        key = (entry.name, facts)
        found = program.instances.get(key)
        if found is not None and (found.range is not None or self.unit.silent):
            return found
        if entry.name in program.active:
            return None  # recursion is reported later, when all calls are known
        if len(program.active) >= DEEPEST_CALLS:
            self.unit.report(CALLS_TOO_DEEP, node, depth=DEEPEST_CALLS + 1, limit=DEEPEST_CALLS)
            return None
        if program.patience <= 0:
            self.unit.report(TOO_MANY_CASES, node, name=entry.name)
            return None
        program.active.append(entry.name)
        unit, value = self.evaluate(entry, facts)
        program.active.pop()
        found = program.instances[key] = Instance(None if value is None else value.range, unit.outward)
        return found


def _count(number: int) -> str:
    return "no arguments" if number == 0 else "1 argument" if number == 1 else f"{number} arguments"
