"""Checks expressions: their names and ranges, and that they cannot fail at run time."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from devgen.language.behaviour import ranges
from devgen.language.behaviour.builtin_calls import BUILTINS, load_memory, wrap_to_type
from devgen.language.behaviour.compilation import Local, Unit, is_text, open_unit
from devgen.language.behaviour.function_calls import FunctionCalls
from devgen.language.behaviour.named_things import LANGUAGE_CONSTANTS, member_help, title
from devgen.language.behaviour.number_types import TYPE_NAME
from devgen.language.behaviour.property_bounds import Fact
from devgen.language.behaviour.python_grammar import parse_expression
from devgen.language.diagnostics.codes_behaviour import (
    BAD_NUMBER,
    NOT_A_NUMBER,
    NOT_AN_EXPRESSION,
    NOT_IN_LANGUAGE,
    UNKNOWN_NAME,
)
from devgen.language.ir import Expr, Int, Text
from devgen.language.scope import ActionEntry, EventEntry, FifoEntry, FunctionEntry, TimerEntry

_MEMORY = re.compile(r"(load|store)(8|16|32|64)")
_ACTS = frozenset(
    ("pulse", "range", "store8", "store16", "store32", "store64", "load_bytes", "store_bytes", "fill_bytes")
)


class Expressions(FunctionCalls):
    """Turns syntax trees of expressions into IR."""

    __slots__ = ()

    def check(self, node: ast.expr) -> Expr | None:
        """Check an expression; None when it has an error, which has been reported."""
        unit = self.unit
        result: Expr | None = None
        if unit.enter(node):
            handler = _HANDLERS.get(type(node))
            if handler is None:
                unit.report(NOT_IN_LANGUAGE, node, what=_describe(node))
            else:
                result = handler(self, node)
        unit.leave()
        return result

    def number(self, node: ast.expr) -> Expr | None:
        """Check an expression that must be a number."""
        value = self.check(node)
        if value is not None and is_text(value):
            self.unit.report(NOT_A_NUMBER, node, what="this")
            return None
        return value

    def _constant(self, node: ast.Constant) -> Expr | None:
        value = node.value
        if isinstance(value, str):
            return Text(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.unit.report(NOT_IN_LANGUAGE, node, what="`...`" if value is ... else f"`{value!r}`")
            return None
        if value.bit_length() > ranges.LIMIT_BITS:
            self.unit.report(BAD_NUMBER, node, text=hex(value), why=f"it has more than {ranges.LIMIT_BITS} bits")
            return None
        return Int(value)

    def _place(self, node: ast.expr) -> Expr | None:
        thing = self.resolve(node)
        return None if thing is None else self.load(thing, node)

    def _call(self, node: ast.Call) -> Expr | None:
        if not isinstance(node.func, ast.Name):
            self._not_a_call(node)
            return None
        name = node.func.id
        builtin = BUILTINS.get(name)
        if builtin is not None:
            return builtin(self, node, name)
        if TYPE_NAME.fullmatch(name):
            return wrap_to_type(self, node, name)
        if _MEMORY.fullmatch(name) and name not in _ACTS:
            return load_memory(self, node, name)
        entry = self.unit.scope.lookup(name)
        if isinstance(entry, FunctionEntry):
            return self.apply(entry, node)
        self.not_callable(node, name)
        return None

    def _not_a_call(self, node: ast.Call) -> None:
        """Report a method call where a value is expected."""
        if isinstance(node.func, ast.Attribute):
            thing = self.resolve(node.func.value)
            if thing is not None:
                what = f"`{node.func.attr}(...)` of {thing.what}"
                acts = isinstance(thing.entry, TimerEntry | FifoEntry)
                hint = _pop_hint(thing.entry, node.func.attr) or member_help(node.func)
                self.unit.report(NOT_AN_EXPRESSION if acts else NOT_IN_LANGUAGE, node, hint=hint, what=what)
            return
        self.unit.report(NOT_IN_LANGUAGE, node, what="a call of something that has no name")

    def not_callable(self, node: ast.Call, name: str) -> None:
        """Report a call of a name that is not a function."""
        entry = self.unit.scope.lookup(name)
        if name in _ACTS or isinstance(entry, ActionEntry | EventEntry):
            what = f"`{name}(...)`" if name in _ACTS or entry is None else title(entry)
            self.unit.report(NOT_AN_EXPRESSION, node, what=what)
        elif entry is not None or name in self.unit.locals or self.unit.scope.member(name):
            hint = f"its name is its value: `{name}`"
            self.unit.report(NOT_IN_LANGUAGE, node, what=f"a call of '{name}', which is not a function,", hint=hint)
        elif name in _VALUES:
            what = f"a call of `{name}`, which is not a function,"
            self.unit.report(NOT_IN_LANGUAGE, node, what=what, hint=f"write `{name}`")
        else:
            self.unit.report(UNKNOWN_NAME, node.func, name=name, hint=self.suggest(name))

    def evaluate(self, entry: FunctionEntry, facts: tuple[Fact, ...]) -> tuple[Unit, Expr | None]:
        """Check a function's body on trial, for arguments of which ``facts`` are known."""
        return evaluate(entry, facts, self.unit, trial=True)


def evaluate(entry: FunctionEntry, facts: tuple[Fact, ...], caller: Unit, *, trial: bool) -> tuple[Unit, Expr | None]:
    """Check a function's body for arguments with the given facts."""
    unit = open_unit(entry.body, caller.scope.root, caller.reporter.sink, ("function", entry.name))
    unit.silent, unit.trial = caller.silent, trial
    for parameter, fact in zip(entry.parameters, facts, strict=True):
        unit.give(parameter.name, Local(parameter.name, fact.range, "is a parameter"), fact)
    tree = _tree(entry, unit)
    return unit, None if tree is None else Expressions(unit).number(tree)


def _tree(entry: FunctionEntry, unit: Unit) -> ast.expr | None:
    """Return the tree of a function's body, parsed once."""
    trees = unit.program.trees
    if entry.name not in trees:
        trees[entry.name] = parse_expression(unit.reporter)
    unit.reporter.shift = 1
    return trees[entry.name]


def _pop_hint(entry: object, method: str) -> str:
    if not isinstance(entry, FifoEntry) or method != "pop":
        return ""
    return f"read `{entry.name}[0]`, its oldest entry, then pop in statements (`on_read:`, say)"


_VALUES = ("now", *LANGUAGE_CONSTANTS)
"""Words of the language that are values."""

_NODE_NAMES = {
    "ListComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "List": "a list",
    "Tuple": "a list of values",
    "NamedExpr": "`:=`",
    "Starred": "`*`",
    "Slice": "a slice",
}


def _describe(node: ast.AST) -> str:
    name = type(node).__name__
    return _NODE_NAMES.get(name, f"Python's {name}")


_HANDLERS: dict[type[ast.expr], Callable[[Expressions, Any], Expr | None]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._place,
    ast.Attribute: Expressions._place,
    ast.Subscript: Expressions._place,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.BoolOp: Expressions._logic,
    ast.IfExp: Expressions._conditional,
    ast.Call: Expressions._call,
}
