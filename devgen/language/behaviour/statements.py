"""Checks statements: what is assigned fits, what is driven may be driven, and every loop ends."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from devgen.language.behaviour import ranges
from devgen.language.behaviour.compilation import Local
from devgen.language.behaviour.expressions import _BINARY, ADDRESS, Expressions, as_bit, type_range
from devgen.language.behaviour.known_values import Flow, assume
from devgen.language.behaviour.name_meanings import Thing, members, title
from devgen.language.behaviour.property_bounds import MOST, Fact, uppers
from devgen.language.behaviour.storage import storage
from devgen.language.diagnostics.codes_behaviour import (
    BAD_TYPE,
    LOOP_BOUND,
    NAME_TAKEN,
    NO_MATCH,
    NOT_A_STATEMENT,
    NOT_BYTES,
    NOT_IN_LANGUAGE,
    READ_ONLY,
    REDECLARED,
    UNKNOWN_MEMBER,
    UNKNOWN_NAME,
    WRONG_ARGUMENTS,
    WRONG_PARAMETER,
)
from devgen.language.diagnostics.reporting import did_you_mean, plural
from devgen.language.ir import (
    Assign,
    Binary,
    BinaryOp,
    BitsPlace,
    CopyMemory,
    CounterOp,
    Declare,
    Do,
    Emit,
    Expr,
    FifoOp,
    FillMemory,
    For,
    If,
    Int,
    LinePlace,
    LocalPlace,
    Place,
    Pulse,
    Range,
    Send,
    StatePlace,
    Stmt,
    StoreMemory,
    TimerOp,
    Unary,
)
from devgen.language.scope import (
    BUILTIN_NAMES,
    ActionEntry,
    CounterEntry,
    EventEntry,
    FifoEntry,
    FunctionEntry,
    LineEntry,
    StreamEntry,
    TimerEntry,
)

MOST_TRIPS = 65_536
"""Turns of one loop."""

_TURNS = 64
"""Turns of a loop that are followed one by one; after them locals have the whole range of their types."""

_TIME = Range.unsigned(127)
"""What a deadline or a delay in nanoseconds may be."""


class Statements(Expressions):
    """Turns syntax trees of statements into IR."""

    __slots__ = ()

    def block(self, nodes: Iterable[ast.stmt]) -> tuple[Stmt, ...]:
        """Check statements in sequence; locals declared among them end with them."""
        outer = dict(self.unit.locals)
        found = tuple(one for one in map(self._statement, nodes) if one is not None)
        self.unit.locals = outer
        return found

    def sequence(self, nodes: Iterable[ast.stmt]) -> tuple[Stmt, ...]:
        """Check statements in sequence, keeping their locals in scope for a following text."""
        return tuple(one for one in map(self._statement, nodes) if one is not None)

    def _statement(self, node: ast.stmt) -> Stmt | None:
        unit = self.unit
        handler = _STATEMENTS.get(type(node))
        if isinstance(node, ast.Pass):
            return None
        if handler is None:
            unit.report(NOT_IN_LANGUAGE, node, what=f"Python's {type(node).__name__.lower()} statement")
            return None
        unit.outward = False
        found = handler(self, node) if unit.enter(node) else None
        unit.leave()
        self._look_outward()
        return found

    def _look_outward(self) -> None:
        """Forget what is stored after reaching out: guest memory may be a device whose lines lead back here."""
        if self.unit.outward:
            self.unit.flow.stored = {}
        self.unit.outward = False

    # --- locals ------------------------------------------------------------------------

    def _declare(self, node: ast.AnnAssign) -> Stmt | None:
        if not isinstance(node.target, ast.Name):
            self.unit.report(NOT_IN_LANGUAGE, node, what="a type for something that is not a new local")
            return None
        name, kind = node.target.id, ast.unparse(node.annotation)
        bounds = type_range(kind)
        if bounds is None:
            self.unit.report(BAD_TYPE, node.annotation, text=kind, allowed=("int", "bool", "u1 .. u64", "s1 .. s64"))
            self.unit.give(name, Local("int", ranges.LIMITS), Fact(ranges.LIMITS))
            return None
        if node.value is None:
            self.unit.report(NOT_IN_LANGUAGE, node, what="a local without a value")
            return None
        value = self.number(node.value)
        if not self._new_name(name, kind, node.target):
            return None
        fits = value is not None and self.unit.fits(value, bounds, f"{name}: {kind}", node.value)
        fact = self.unit.flow.fact(value) if value is not None and fits else Fact(bounds)
        self.unit.give(name, Local(kind, bounds), fact)
        return Declare(name, value) if value is not None and fits else None

    def _new_name(self, name: str, kind: str, node: ast.AST) -> bool:
        """Return whether a local may have this name here; report it otherwise."""
        unit = self.unit
        taken = self._meaning(name)
        if taken:
            unit.report(NAME_TAKEN, node, name=name, what=taken)
            return False
        first = unit.types.setdefault(name, kind)
        if first != kind:
            unit.report(REDECLARED, node, name=name, first=first, second=kind)
        return first == kind

    def _meaning(self, name: str) -> str:
        """Return what a name means already, empty if nothing."""
        local, entry = self.unit.locals.get(name), self.unit.scope.lookup(name)
        if local is not None:
            return f"the local {name}: {local.type}" if local.readonly is None else f"{name}, which {local.readonly}"
        if entry is not None:
            return title(entry)
        sibling = self.unit.scope.member(name)
        return title(sibling[1]) if sibling else "a word of the language" if name in BUILTIN_NAMES else ""

    # --- assignment --------------------------------------------------------------------

    def _assign(self, node: ast.Assign) -> Stmt | None:
        if len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name | ast.Attribute | ast.Subscript):
            self.unit.report(NOT_IN_LANGUAGE, node, what="assigning several things at once")
            return None
        target = self._target(node.targets[0])
        value = self.number(node.value)
        if target is None or value is None:
            return None
        return self._store(target, value, node.targets[0], node.value)

    def _augment(self, node: ast.AugAssign) -> Stmt | None:
        op = _BINARY.get(type(node.op))
        target = self._target(node.target)
        if op is None:
            self.unit.report(NOT_IN_LANGUAGE, node, what=f"the operator {type(node.op).__name__}")
        if target is None or op is None:
            return None
        value = self._augmented(target, op, node.value, node.target)
        return None if value is None else self._store(target, value, node.target, node)

    def _augmented(self, target: Thing, op: BinaryOp, node: ast.expr, where: ast.expr) -> Expr | None:
        """Return ``target op value``. A conditional value is taken branch by branch: a test often bounds the target."""
        if isinstance(node, ast.IfExp):
            return self.choose(node, lambda branch: self._augmented(target, op, branch, where))
        value, old = self.number(node), self.load(target, where)
        if value is None or old is None:
            return None
        return self.combine(op, old, value, where, node)

    def _target(self, node: ast.expr) -> Thing | None:
        """Return what an assignment writes, if it may."""
        if isinstance(node, ast.Name) and self._undeclared(node):
            return None
        thing = self.resolve(node)
        if thing is None:
            return None
        base = thing.of if thing.bit is not None and thing.of is not None else thing
        if base.readonly is not None:
            self.unit.report(READ_ONLY, node, what=base.what, why=base.readonly)
            return None
        if (
            thing.of is not None
            and isinstance(base.place, BitsPlace | LocalPlace)
            and self._may_be_negative(base.place)
        ):
            self.unit.report(READ_ONLY, node, what=f"a bit of {base.what}", why="may be negative; assign all of it")
            return None
        if base.place is None:
            if base.array is None or base.index is not None:
                self.unit.report(READ_ONLY, node, what=base.what, why="is nothing that is stored")
                return None
            self.load(base, node)  # reports that an element must be named
            return None
        return thing

    def _may_be_negative(self, place: Place) -> bool:
        root = _root(place)
        return isinstance(root, LocalPlace) and (self.unit.locals[root.name].range.lo or 0) < 0

    def _undeclared(self, node: ast.Name) -> bool:
        """Report an assignment to a name that nothing has."""
        if node.id in BUILTIN_NAMES:
            self.unit.report(READ_ONLY, node, what=node.id, why="belongs to the language")
            return True
        if self._meaning(node.id):
            return False
        near = self.suggest(node.id)
        hint = f"{near} " * bool(near) + f"a new local is declared with its type: `{node.id}: u32 = ...`"
        self.unit.report(UNKNOWN_NAME, node, name=node.id, hint=hint)
        return True

    def _store(self, target: Thing, value: Expr, node: ast.expr, source: ast.AST) -> Stmt | None:
        if target.bit is not None and target.of is not None:
            return self._store_bit(target.of, target.bit, value, node, source)
        place = target.place
        if place is None:
            return None
        if isinstance(place, LinePlace):
            self.unit.program.driven.add(place.name)
            self.unit.flow.stored = {}  # a line may lead back into this device
            return Assign(place, as_bit(value))
        room = self._room(target)
        fits = self.unit.fits(value, room, target.what, source)
        fact = self.unit.flow.fact(value) if fits else Fact(room)
        self.unit.flow.forget(storage(place))
        root = _root(place)
        if isinstance(root, LocalPlace) and root is not place:
            self.unit.flow.learn(root, Fact(self.unit.locals[root.name].range))
        elif fits or root is place:
            self.unit.flow.learn(place, fact)
        return Assign(place, value) if fits else None

    def _room(self, target: Thing) -> Range:
        if isinstance(target.place, LocalPlace):
            return self.unit.locals[target.place.name].range
        return Range.unsigned(target.width)

    def _store_bit(self, base: Thing, bit: Expr, value: Expr, node: ast.expr, source: ast.AST) -> Stmt | None:
        """Assign one computed bit: set it, clear it, or clear it and then or the value in."""
        old = self.load(base, node)
        if old is None or base.place is None or not self.unit.fits(value, Range(0, 1), f"bit of {base.what}", source):
            return None
        if isinstance(base.place, LinePlace):
            return self._store(base, value, node, source)
        one = Binary("<<", Int(1), bit, ranges.shift_left(Range(1, 1), bit.range))
        keep = Unary("~", one, ranges.invert(one.range))
        cleared = Binary("&", old, keep, ranges.bit_and(old.range, keep.range))
        moved = Binary("<<", value, bit, ranges.shift_left(value.range, bit.range))
        whole = Range.unsigned(base.width)
        kept = old if value == Int(1) else cleared
        bounds = ranges.meet(whole, ranges.bit_or(kept.range, moved.range)) or whole
        result = cleared if value == Int(0) else Binary("|", kept, moved, bounds)
        return self._store(base, result, node, source)

    # --- if and for --------------------------------------------------------------------

    def _if(self, node: ast.If) -> Stmt | None:
        test = self.number(node.test)
        before = self.unit.flow
        outward = self.unit.outward
        self.unit.flow = before.copy()
        if test is not None:
            assume(test, True, self.unit.flow)
        self._look_outward()
        then, after_then = self.block(node.body), self.unit.flow
        self.unit.flow = before.copy()
        if test is not None:
            assume(test, False, self.unit.flow)
        self.unit.outward = outward
        self._look_outward()
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
            self.unit.report(LOOP_BOUND, node.iter, trips=trips, limit=MOST_TRIPS)
            return None
        if not self._new_name(name, "a loop variable", node.target):
            return None
        self.unit.costly = True
        self._look_outward()
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
        """Check one turn of a loop."""
        outer = dict(self.unit.locals)
        self.unit.give(name, Local("a loop variable", turn.range, "is a loop variable"), turn)
        found = self.block(body)
        self.unit.locals = outer
        return found

    def _settle(self, body: Sequence[ast.stmt], name: str, turn: Fact, trips: int) -> Flow:
        """Return what is known whenever a turn begins: what holds before the loop, and after any turn.

        Turns are tried until nothing changes. A loop that does not settle, or a device that has used up its patience,
        leaves assigned locals with the whole range of their types.
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
        for name in {one.id for stmt in body for one in ast.walk(stmt) if isinstance(one, ast.Name)}:
            local = self.unit.locals.get(name)
            if local is not None and local.readonly is None:
                entry.locals[name] = Fact(local.range)
        return entry

    # --- things that act ---------------------------------------------------------------

    def _act(self, node: ast.Expr) -> Stmt | None:
        call = node.value
        if not isinstance(call, ast.Call):
            self.unit.report(NOT_A_STATEMENT, node, what="a value alone")
            return None
        found: Stmt | None = None
        if isinstance(call.func, ast.Attribute):
            found = self._method(call, call.func)
        elif isinstance(call.func, ast.Name):
            found = self._command(call, call.func.id)
        else:
            self.unit.report(NOT_A_STATEMENT, node, what="this")
        self.unit.outward = True
        return found

    def _command(self, call: ast.Call, name: str) -> Stmt | None:
        command = _COMMANDS.get(name)
        if command is not None:
            return command(self, call, name)
        entry = self.unit.scope.lookup(name)
        if isinstance(entry, ActionEntry):
            return self._do(entry, call)
        if isinstance(entry, EventEntry):
            return self._emit(entry, call)
        if isinstance(entry, FunctionEntry) or name in BUILTIN_NAMES:
            self.unit.report(NOT_A_STATEMENT, call, what=f"`{name}(...)`, which only computes,")
        else:
            self._not_callable(call, name)
        return None

    def _do(self, entry: ActionEntry, call: ast.Call) -> Stmt | None:
        unit = self.unit
        unit.program.used.add(entry.name)
        passed = self.passed(entry.name, entry.parameters, call)
        unit.program.edge(unit.owner, ("action", entry.name))
        unit.costly = True
        if passed is None:
            return None
        unit.program.called(("action", entry.name), passed[0])
        return Do(entry.name, passed[1])

    def _pulse(self, call: ast.Call, name: str) -> Stmt | None:
        if len(call.args) != 1 or call.keywords:
            found = plural(len(call.args) + len(call.keywords), "argument")
            self.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted="one line", found=found)
            return None
        line = self._target(call.args[0])
        if line is None:
            return None
        if not isinstance(line.place, LinePlace) or not isinstance(line.entry, LineEntry):
            self.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted="a line", found=line.what)
            return None
        self.unit.program.driven.add(line.place.name)
        return Pulse(line.place)

    def _store_memory(self, call: ast.Call, name: str) -> Stmt | None:
        values = self.arguments(call, 2, 2, f"{name}()")
        if values is None:
            return None
        bits = int(name.removeprefix("store"))
        address = self.unit.fits(values[0], ADDRESS, "an address", call.args[0])
        value = self.unit.fits(values[1], Range.unsigned(bits), f"{name}()", call.args[1])
        return StoreMemory(values[0], values[1], bits // 8) if address and value else None

    def _copy_memory(self, call: ast.Call, name: str) -> Stmt | None:
        if len(call.args) != 3 or call.keywords:
            wanted = "an address, the first element of an array, and a length"
            self.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted=wanted, found=len(call.args))
            return None
        address, block = self.number(call.args[0]), self._block(call.args[1], call.args[2], name)
        if address is None or block is None or not self.unit.fits(address, ADDRESS, "an address", call.args[0]):
            return None
        buffer, length, most = block
        return CopyMemory("load" if name == "load_bytes" else "store", address, buffer, length, most)

    def _fill_memory(self, call: ast.Call, name: str) -> Stmt | None:
        if len(call.args) != 3 or call.keywords:
            wanted = "the first element of an array, a length, and a value"
            self.unit.report(WRONG_ARGUMENTS, call, what=f"{name}()", wanted=wanted, found=len(call.args))
            return None
        block, value = self._block(call.args[0], call.args[1], name), self.number(call.args[2])
        if block is None or value is None or not self.unit.fits(value, Range.unsigned(8), "a byte", call.args[2]):
            return None
        buffer, length, most = block
        return FillMemory(buffer, length, value, most)

    def _block(self, first: ast.expr, size: ast.expr, name: str) -> tuple[StatePlace, Expr, int] | None:
        """Check the first element of a block of bytes and its length; return also how long it may be at most."""
        element, length = self.resolve(first), self.number(size)
        if element is None or length is None:
            return None
        place = element.place
        if not isinstance(place, StatePlace) or place.index is None or place.width != 8 or element.array is None:
            self.unit.report(NOT_BYTES, first, what=element.what, name=name)
            return None
        if not self.unit.fits(length, ADDRESS, "a length", size):
            return None
        return place, length, min(length.range.hi or 0, element.array.range.hi or 0)

    def _emit(self, entry: EventEntry, call: ast.Call) -> Stmt | None:
        self.unit.program.used.add(entry.name)
        widths = dict(entry.parameters)
        given: dict[str, Expr] = {}
        for word in call.keywords:
            value = self.number(word.value)
            if word.arg is None or word.arg not in widths or word.arg in given:
                self._no_parameter(entry, word)
            elif value is not None and self.unit.fits(value, Range.unsigned(widths[word.arg]), word.arg, word.value):
                given[word.arg] = value
        missing = [name for name in widths if name not in {word.arg for word in call.keywords}]
        if call.args or missing:
            problem = f"{title(entry)} takes its values by name" if call.args else f"{', '.join(missing)} is missing"
            self.unit.report(WRONG_PARAMETER, call, problem=problem, allowed=tuple(widths))
            return None
        return Emit(entry.name, tuple((name, given[name]) for name in widths)) if len(given) == len(widths) else None

    def _no_parameter(self, entry: EventEntry, word: ast.keyword) -> None:
        names = tuple(name for name, _ in entry.parameters)
        name = word.arg or "**"
        problem = f"'{name}' is given twice" if name in names else f"{title(entry)} has no '{name}'"
        self.unit.report(WRONG_PARAMETER, word, problem=problem, allowed=names, hint=did_you_mean(name, names))

    def _method(self, call: ast.Call, func: ast.Attribute) -> Stmt | None:
        thing = self.resolve(func.value)
        if thing is None:
            return None
        if thing.array is not None and thing.index is None:
            self.load(thing, func.value)
            return None
        match thing.entry:
            case TimerEntry() as timer:
                found = self._timer(timer, thing.index, func.attr, call)
            case CounterEntry() as counter:
                found = self._counter(counter, thing.index, func.attr, call)
            case FifoEntry() as fifo:
                found = self._fifo(fifo, func.attr, call)
            case StreamEntry(name) if func.attr == "send":
                byte = self._one(call, "send()", Range.unsigned(8))
                return None if byte is None else Send(name, byte)
            case _:
                found = False
        if not isinstance(found, bool):
            return found
        if not found:
            known = members(thing.entry)
            hint = did_you_mean(func.attr, (one.partition("(")[0] for one in known))
            self.unit.report(UNKNOWN_MEMBER, func, what=thing.what, name=f"{func.attr}()", allowed=known, hint=hint)
        return None

    def _timer(self, timer: TimerEntry, index: Expr | None, op: str, call: ast.Call) -> Stmt | bool:
        """Return the statement; True if it was reported as wrong, False if a timer has no such method."""
        if op == "arm" and not timer.matched:
            self.unit.report(NO_MATCH, call, name=timer.name)
            return True
        if op in ("arm", "cancel"):
            if self.arguments(call, 0, 0, f"{op}()") is None:
                return True
            if op == "arm" and timer.at_once:
                self.unit.costly = True
                self.unit.program.edge(self.unit.owner, ("expire", timer.name))
            return TimerOp(timer.name, "arm" if op == "arm" else "cancel", index)
        if op not in ("arm_at", "arm_in"):
            return False
        when = self._one(call, f"{op}()", _TIME)
        how: Literal["arm_at", "arm_in"] = "arm_at" if op == "arm_at" else "arm_in"
        return True if when is None else TimerOp(timer.name, how, index, when)

    def _counter(self, counter: CounterEntry, index: Expr | None, op: str, call: ast.Call) -> Stmt | bool:
        """Return the statement; True if it was reported as wrong, False if a counter has no such method."""
        if op == "load":
            value = self._one(call, f"counter {counter.name}", Range.unsigned(counter.width))
            return True if value is None else CounterOp(counter.name, "load", index, value)
        if op not in ("start", "stop"):
            return False
        if self.arguments(call, 0, 0, f"{op}()") is None:
            return True
        return CounterOp(counter.name, "start" if op == "start" else "stop", index)

    def _fifo(self, fifo: FifoEntry, op: str, call: ast.Call) -> Stmt | bool:
        """Return the statement; True if it was reported as wrong, False if a FIFO has no such method."""
        if op == "push":
            value = self._one(call, f"FIFO {fifo.name}", Range.unsigned(fifo.width))
            return True if value is None else FifoOp(fifo.name, "push", value)
        if op not in ("pop", "clear"):
            return False
        if self.arguments(call, 0, 0, f"{op}()") is None:
            return True
        return FifoOp(fifo.name, "pop" if op == "pop" else "clear")

    def _one(self, call: ast.Call, what: str, room: Range) -> Expr | None:
        """Return the only argument of a call, which must fit."""
        values = self.arguments(call, 1, 1, what)
        if values is None or not self.unit.fits(values[0], room, what, call.args[0]):
            return None
        return values[0]


def _root(place: Place) -> Place:
    """Return what bits are bits of."""
    while isinstance(place, BitsPlace):
        place = place.of
    return place


_COMMANDS: dict[str, Callable[[Statements, ast.Call, str], Stmt | None]] = {
    "pulse": Statements._pulse,
    **{f"store{bits}": Statements._store_memory for bits in (8, 16, 32, 64)},
    "load_bytes": Statements._copy_memory,
    "store_bytes": Statements._copy_memory,
    "fill_bytes": Statements._fill_memory,
}
_STATEMENTS: dict[type[ast.stmt], Callable[[Statements, Any], Stmt | None]] = {
    ast.AnnAssign: Statements._declare,
    ast.Assign: Statements._assign,
    ast.AugAssign: Statements._augment,
    ast.If: Statements._if,
    ast.For: Statements._for,
    ast.Expr: Statements._act,
}
