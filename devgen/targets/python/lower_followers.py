"""Lowers the methods that update followers: enables, level lines and streams that wait for room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devgen.language import ir
from devgen.language.typed_walk import names_local
from devgen.plan.followers import EnableFollower, FieldFollower, Follower, LevelFollower, RoomFollower
from devgen.plan.moved_fields import MovedField
from devgen.plan.time_followers import LookAgain
from devgen.targets.python.field_comments import comment, fields_read
from devgen.targets.python.lower_expr import Lowering, conditional
from devgen.targets.python.lower_stmt import StatementLowering
from devgen.targets.python.module import Entry, Method
from devgen.targets.python.source_tree import Block, Line, Node, Statements, block, call

if TYPE_CHECKING:
    from devgen.language.behaviour.ramps import Change


def claim_follower(lowering: Lowering, follower: Follower) -> None:
    """Claim the name of the method that ``Update`` steps of ``follower`` call."""
    symbols = lowering.symbols
    kind, name = follower.thing
    if isinstance(follower, FieldFollower):
        symbols.attributes["update", f"{kind} {name}"] = symbols.names.claim(f"move_{name.replace('.', '_')}")
        return
    prefix = "follow" if kind == "counter" else "update"
    symbols.attributes["update", f"{kind} {name}"] = symbols.names.claim(f"{prefix}_{symbols.attribute(kind, name)}")


def lower_follower(lowering: Lowering, follower: Follower) -> Entry:
    """Return the method of a follower."""
    kind, name = follower.thing
    attribute = "" if isinstance(follower, FieldFollower) else lowering.symbols.attribute(kind, name)
    match follower:
        case FieldFollower(moved):
            body = _moved(lowering, moved)
        case EnableFollower(counter, test):
            body = _enable(lowering, attribute, test, counter.count)
        case LevelFollower(_, line, level):
            body = _level(lowering, attribute, level, line.count)
        case RoomFollower():
            body = _room(f"self.{attribute}.on_room")
    body += tuple(_look_again(lowering, look) for look in follower.looks)
    return Entry(name, "", Method(lowering.symbols.attributes["update", f"{kind} {name}"], (), body))


def _moved(lowering: Lowering, moved: MovedField) -> Statements:
    body = StatementLowering(lowering).statements(moved.update)
    count = moved.register.count
    if count is None:
        return body
    return (block("for index in ", call("range", (lowering.number(count),)), body),)


def _look_again(lowering: Lowering, look: LookAgain) -> Line | Block:
    """Arm a hidden timer for the first moment at which time may change the follower."""
    timer = lowering.symbols.attribute("timer", look.timer.name)
    times = [_time(lowering, change) for change in look.changes]
    if look.timer.count is None:
        return Line("", call(f"self.{timer}.arm_first", times))
    counted = names_local(tuple(part for change in look.changes for part in change.parts()), "index")
    return each("timer", timer, counted, (Line("", call("timer.arm_first", times)),))


def _time(lowering: Lowering, change: Change) -> Node:
    """The clock's next time at which the change comes, None where its guard is false."""
    match change.source:
        case ir.Now(clock):
            source = Node(f"self.clocks.{clock}")
        case ir.CounterPlace(name, index):
            source = lowering.element(lowering.symbols.attribute("counter", name), index)
    numbers = [lowering.number(part) for part in (change.at, change.modulus) if part is not None]
    reached = call(f"{source.text}.time_reaching", numbers, source.uses)
    return reached if change.guard is None else conditional(reached, lowering.truth(change.guard), Node("None"), False)


def _room(told: str) -> Statements:
    """Tell a host that waits for room. `ByteStream.room_changed` does the same; this is on the path of each byte."""
    return (Block(Line(f"if {told} is not None:"), (Line("", call(told)),)),)


def _level(lowering: Lowering, attribute: str, level: ir.Expr, count: ir.Expr | None) -> Statements:
    node = lowering.level(level)
    named = comment(fields_read(level))
    if count is None:
        return (Line("", call(f"self.{attribute}.set", (node,)), comment=named),)
    body = (Line("", call("line.set", (node,)), comment=named),)
    return (each("line", attribute, names_local(level, "index"), body),)


def _enable(lowering: Lowering, attribute: str, enable: ir.Expr, count: ir.Expr | None) -> Statements:
    test = lowering.truth(enable)
    target = f"self.{attribute}" if count is None else "counter"
    start, stop = (Line("", call(f"{target}.{verb}")) for verb in ("start", "stop"))
    body = (block("if ", test, (start,), comment(fields_read(enable))), block("else", None, (stop,)))
    return body if count is None else (each("counter", attribute, names_local(enable, "index"), body),)


def each(item: str, attribute: str, counted: bool, body: Statements) -> Block:
    """A loop over a list, with ``index`` where something needs it."""
    if counted:
        return Block(Line(f"for index, {item} in enumerate(self.{attribute}):"), body)
    return Block(Line(f"for {item} in self.{attribute}:"), body)
