"""Checks statements that call a name: commands of the language, actions and events."""

from __future__ import annotations

import ast
from collections.abc import Callable

from devgen.language.behaviour.assignments import Assignments
from devgen.language.behaviour.builtin_calls import ADDRESS
from devgen.language.behaviour.named_things import title
from devgen.language.diagnostics.codes_behaviour import NOT_BYTES, WRONG_ARGUMENTS, WRONG_PARAMETER
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.diagnostics.text_form import plural
from devgen.language.ir import (
    CopyMemory,
    Do,
    Emit,
    Expr,
    FillMemory,
    LinePlace,
    Pulse,
    Range,
    StatePlace,
    Stmt,
    StoreMemory,
)
from devgen.language.scope import ActionEntry, EventEntry, LineEntry


def do_action(check: Assignments, entry: ActionEntry, call: ast.Call) -> Stmt | None:
    """Check a call of a declared action."""
    unit = check.unit
    unit.program.used.add(entry.name)
    passed = check.passed(entry.name, entry.parameters, call)
    unit.program.edge(unit.owner, ("action", entry.name))
    unit.costly = True
    if passed is None:
        return None
    unit.program.called(("action", entry.name), passed[0])
    return Do(entry.name, passed[1])


def _pulse(check: Assignments, call: ast.Call, name: str) -> Stmt | None:
    if len(call.args) != 1 or call.keywords:
        found = plural(len(call.args) + len(call.keywords), "argument")
        check.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted="one line", found=found)
        return None
    line = check.target(call.args[0])
    if line is None:
        return None
    if not isinstance(line.place, LinePlace) or not isinstance(line.entry, LineEntry):
        check.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted="a line", found=line.what)
        return None
    check.unit.program.driven.add(line.place.name)
    return Pulse(line.place)


def _store_memory(check: Assignments, call: ast.Call, name: str) -> Stmt | None:
    values = check.arguments(call, 2, 2, f"{name}()")
    if values is None:
        return None
    bits = int(name.removeprefix("store"))
    address = check.unit.fits(values[0], ADDRESS, "an address", call.args[0])
    value = check.unit.fits(values[1], Range.unsigned(bits), f"{name}()", call.args[1])
    return StoreMemory(values[0], values[1], bits // 8) if address and value else None


def _copy_memory(check: Assignments, call: ast.Call, name: str) -> Stmt | None:
    if len(call.args) != 3 or call.keywords:
        wanted = "an address, the first element of an array, and a length"
        check.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted=wanted, found=len(call.args))
        return None
    address, block = check.number(call.args[0]), block_of(check, call.args[1], call.args[2], name)
    if address is None or block is None or not check.unit.fits(address, ADDRESS, "an address", call.args[0]):
        return None
    buffer, length, most = block
    return CopyMemory("load" if name == "load_bytes" else "store", address, buffer, length, most)


def _fill_memory(check: Assignments, call: ast.Call, name: str) -> Stmt | None:
    if len(call.args) != 3 or call.keywords:
        wanted = "the first element of an array, a length, and a value"
        check.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted=wanted, found=len(call.args))
        return None
    block, value = block_of(check, call.args[0], call.args[1], name), check.number(call.args[2])
    if block is None or value is None or not check.unit.fits(value, Range.unsigned(8), "a byte", call.args[2]):
        return None
    buffer, length, most = block
    return FillMemory(buffer, length, value, most)


def block_of(check: Assignments, first: ast.expr, size: ast.expr, name: str) -> tuple[StatePlace, Expr, int] | None:
    """Check the first element and the length of a block of bytes. Return them with the greatest possible length."""
    element, length = check.resolve(first), check.number(size)
    if element is None or length is None:
        return None
    place = element.place
    if not isinstance(place, StatePlace) or place.index is None or place.width != 8 or element.array is None:
        check.unit.report(NOT_BYTES, first, what=element.what, name=name)
        return None
    if not check.unit.fits(length, ADDRESS, "a length", size):
        return None
    return place, length, min(length.range.hi or 0, element.array.range.hi or 0)


def emit_event(check: Assignments, entry: EventEntry, call: ast.Call) -> Stmt | None:
    """Check a statement that emits an event. Its values are passed by name."""
    check.unit.program.used.add(entry.name)
    widths = dict(entry.parameters)
    given: dict[str, Expr] = {}
    for word in call.keywords:
        value = check.number(word.value)
        if word.arg is None or word.arg not in widths or word.arg in given:
            _no_parameter(check, entry, word)
        elif value is not None and check.unit.fits(value, Range.unsigned(widths[word.arg]), word.arg, word.value):
            given[word.arg] = value
    missing = [name for name in widths if name not in {word.arg for word in call.keywords}]
    if call.args or missing:
        problem = f"{title(entry)} takes its values by name" if call.args else f"{', '.join(missing)} is missing"
        check.unit.report(WRONG_PARAMETER, call, problem=problem, allowed=tuple(widths))
        return None
    return Emit(entry.name, tuple((name, given[name]) for name in widths)) if len(given) == len(widths) else None


def _no_parameter(check: Assignments, entry: EventEntry, word: ast.keyword) -> None:
    names = tuple(name for name, _ in entry.parameters)
    name = word.arg or "**"
    problem = f"'{name}' is given twice" if name in names else f"{title(entry)} has no '{name}'"
    check.unit.report(WRONG_PARAMETER, word, problem=problem, allowed=names, hint=did_you_mean(name, names))


COMMANDS: dict[str, Callable[[Assignments, ast.Call, str], Stmt | None]] = {
    "pulse": _pulse,
    **{f"store{bits}": _store_memory for bits in (8, 16, 32, 64)},
    "load_bytes": _copy_memory,
    "store_bytes": _copy_memory,
    "fill_bytes": _fill_memory,
}
