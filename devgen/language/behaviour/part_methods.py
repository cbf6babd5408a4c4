"""Checks statements that are a method call of a part: ``t.arm()``, ``c.load(n)``, ``f.push(x)``, ``s.send(b)``."""

from __future__ import annotations

import ast
from typing import Literal

from devgen.language.behaviour.assignments import Assignments
from devgen.language.behaviour.commands import block_of
from devgen.language.behaviour.named_things import member_help, members
from devgen.language.behaviour.register_storage import field_path
from devgen.language.diagnostics.codes_behaviour import NO_MATCH, UNKNOWN_MEMBER, WRONG_ARGUMENTS
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.ir import (
    Apply,
    CounterOp,
    Do,
    Expr,
    FieldPlace,
    FifoOp,
    Int,
    Range,
    Send,
    SendBytes,
    Stmt,
    TimerOp,
)
from devgen.language.scope import CounterEntry, FieldEntry, FifoEntry, StreamEntry, TimerEntry

_TIME = Range.unsigned(127)
"""Range of a deadline or a delay, in nanoseconds."""


def call_method(check: Assignments, call: ast.Call, func: ast.Attribute) -> Stmt | None:
    """Check a method call of a timer, counter, FIFO or stream."""
    thing = check.resolve(func.value)
    if thing is None:
        return None
    if thing.is_open:
        check.load(thing, func.value)
        return None
    match thing.entry:
        case TimerEntry() as timer:
            found = _timer(check, timer, thing.index, func.attr, call)
        case CounterEntry() as counter:
            found = _counter(check, counter, thing.index, func.attr, call)
        case FifoEntry() as fifo:
            found = _fifo(check, fifo, func.attr, call)
        case StreamEntry(name) if func.attr == "send":
            byte = _one(check, call, "send()", Range.unsigned(8))
            return None if byte is None else Send(name, byte)
        case StreamEntry(name) if func.attr == "send_bytes":
            return _send_bytes(check, name, call)
        case FieldEntry(steps=steps) if steps and isinstance(thing.place, FieldPlace):
            found = _count(check, steps, thing.place, func.attr, call)
        case _:
            found = False
    if not isinstance(found, bool):
        return found
    if not found:
        known = members(thing.entry)
        hint = did_you_mean(func.attr, (method.partition("(")[0] for method in known))
        hint = hint or member_help(func)
        check.unit.report(UNKNOWN_MEMBER, func, what=thing.what, name=f"{func.attr}()", allowed=known, hint=hint)
    return None


def _send_bytes(check: Assignments, stream: str, call: ast.Call) -> Stmt | None:
    if len(call.args) != 2 or call.keywords:
        wanted, found = "the first element of an array and a length", len(call.args) + len(call.keywords)
        check.unit.report(WRONG_ARGUMENTS, call, what="send_bytes()", wanted=wanted, found=found)
        return None
    block = block_of(check, call.args[0], call.args[1], "send_bytes")
    return None if block is None else SendBytes(stream, *block)


def _timer(check: Assignments, timer: TimerEntry, index: Expr | None, op: str, call: ast.Call) -> Stmt | bool:
    """Return the statement; True if it was reported as wrong, False if a timer has no such method."""
    if op == "arm" and not timer.matched:
        check.unit.report(NO_MATCH, call, name=timer.name)
        return True
    if op != "cancel":
        check.unit.program.armed.add(timer.name)
    if op in ("arm", "cancel"):
        if check.arguments(call, 0, 0, f"{op}()") is None:
            return True
        if op == "arm" and timer.at_once:
            check.unit.costly = True
            check.unit.program.edge(check.unit.owner, ("expire", timer.name))
        return TimerOp(timer.name, "arm" if op == "arm" else "cancel", index)
    if op not in ("arm_at", "arm_in"):
        return False
    when = _one(check, call, f"{op}()", _TIME)
    how: Literal["arm_at", "arm_in"] = "arm_at" if op == "arm_at" else "arm_in"
    return True if when is None else TimerOp(timer.name, how, index, when)


def _counter(check: Assignments, counter: CounterEntry, index: Expr | None, op: str, call: ast.Call) -> Stmt | bool:
    """Return the statement; True if it was reported as wrong, False if a counter has no such method."""
    if op == "load":
        value = _one(check, call, f"counter {counter.name}", Range.unsigned(counter.width))
        return True if value is None else CounterOp(counter.name, "load", index, value)
    if op not in ("start", "stop"):
        return False
    if check.arguments(call, 0, 0, f"{op}()") is None:
        return True
    return CounterOp(counter.name, "start" if op == "start" else "stop", index)


def _count(
    check: Assignments, steps: tuple[int | None, ...], place: FieldPlace, op: str, call: ast.Call
) -> Stmt | bool:
    """Return the statement; True if it was reported as wrong, False if a counting field has no such method."""
    if op not in ("incr", "decr"):
        return False
    values = check.arguments(call, 0, 1, f"{op}()")
    room = Range.unsigned(place.width)
    if values is None or (values and not check.unit.fits(values[0], room, f"{op}()", call.args[0])):
        return True
    path, index = field_path(place)
    step = steps[op == "decr"]
    amount = values[0] if values else Apply(f"{path}.{op}value", index, room) if step is None else Int(step)
    return Do(f"{path}.{op}", (*index, amount))


def _fifo(check: Assignments, fifo: FifoEntry, op: str, call: ast.Call) -> Stmt | bool:
    """Return the statement; True if it was reported as wrong, False if a FIFO has no such method."""
    if op == "push":
        value = _one(check, call, f"FIFO {fifo.name}", Range.unsigned(fifo.width))
        return True if value is None else FifoOp(fifo.name, "push", value)
    if op not in ("pop", "clear"):
        return False
    if check.arguments(call, 0, 0, f"{op}()") is None:
        return True
    return FifoOp(fifo.name, "pop" if op == "pop" else "clear")


def _one(check: Assignments, call: ast.Call, what: str, room: Range) -> Expr | None:
    """Return the single argument of a call, which must fit the given range."""
    values = check.arguments(call, 1, 1, what)
    if values is None or not check.unit.fits(values[0], room, what, call.args[0]):
        return None
    return values[0]
