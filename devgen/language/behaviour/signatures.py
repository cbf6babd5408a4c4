"""The declared signatures of functions and actions: ``route(n)``, ``push(value: u8)``, ``arm(n: timers + 1)``."""

from __future__ import annotations

import ast

from devgen.language.behaviour.compilation import Unit
from devgen.language.behaviour.expressions import Expressions
from devgen.language.behaviour.number_types import type_range
from devgen.language.behaviour.program import Signature
from devgen.language.behaviour.python_grammar import parse_head
from devgen.language.diagnostics.codes_behaviour import BAD_SIGNATURE, NAME_TAKEN
from devgen.language.ir import Expr, Load, Now, PropertyPlace
from devgen.language.scope import BUILTIN_NAMES, Parameter
from devgen.language.typed_walk import walk

_MOST_PARAMETERS = 16


def read_head(unit: Unit) -> Signature | None:
    """Parse a unit's text as a signature. Return None if it is not one, which is reported."""
    failed = len(unit.program.seen)
    head = parse_head(unit.reporter)
    if head is None:
        if len(unit.program.seen) == failed:
            _refuse(unit, None, "it is written `name(parameters)`")
        return None
    why = _wrong(head)
    if why:
        _refuse(unit, None, why)
        return None
    names = [head.name, *(argument.arg for argument in head.args.args)]
    if not all(_free(unit, name, names[:at]) for at, name in enumerate(names)):
        return None
    parameters = [_parameter(unit, argument) for argument in head.args.args]
    known = tuple(parameter for parameter in parameters if parameter is not None)
    return Signature(head.name, known) if len(known) == len(parameters) else None


def _refuse(unit: Unit, node: ast.AST | None, why: str) -> None:
    unit.report(BAD_SIGNATURE, node, text=unit.reporter.source.text, why=why)


def _wrong(head: ast.FunctionDef) -> str:
    """Return why a signature uses a construct that the language does not have, or an empty string."""
    arguments = head.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs or arguments.defaults:
        return "a parameter is a plain name, optionally with a type or a bound"
    if head.returns is not None:
        return "the type of the result is inferred and cannot be declared"
    return "" if len(arguments.args) <= _MOST_PARAMETERS else f"there are more than {_MOST_PARAMETERS} parameters"


def _free(unit: Unit, name: str, before: list[str]) -> bool:
    if name in BUILTIN_NAMES or name in before:
        what = "a word of the language" if name in BUILTIN_NAMES else "something in this signature"
        unit.report(NAME_TAKEN, None, name=name, what=what)
        return False
    return True


def _parameter(unit: Unit, argument: ast.arg) -> Parameter | None:
    column = argument.col_offset - unit.reporter.shift
    mark = unit.reporter.source.at(1, max(0, column) + 1)
    if argument.annotation is None:
        return Parameter(argument.arg, mark=mark)
    if isinstance(argument.annotation, ast.Name):
        bounds = type_range(argument.annotation.id)
        if bounds is not None:
            return Parameter(argument.arg, bounds, mark=mark)
    bound = Expressions(unit).number(argument.annotation)
    if bound is None:
        return None
    if _moves(bound) or (bound.range.lo or 0) < 1:
        _refuse(unit, argument.annotation, "a bound is a positive number made of properties and constants")
        return None
    return Parameter(argument.arg, below=bound, mark=mark)


def _moves(bound: Expr) -> bool:
    """Return whether a bound depends on anything but properties."""
    return any(isinstance(node, Now) or (isinstance(node, Load) and not _fixed(node)) for node in walk(bound))


def _fixed(load: Load) -> bool:
    return isinstance(load.place, PropertyPlace)
