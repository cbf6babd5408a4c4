"""What behaviour reads and writes, through everything it calls: what must be followed after which entry point.

Keys are those of :data:`devgen.spec.behaviour.walk.Storage`, with ``("clock", "virtual")`` for time, ``("timer", t)``
for a timer's deadline, ``("counter", c)`` for a counter's value and run state, ``("memory", "")`` for guest memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from devgen.spec.behaviour.cost import blocks, operands
from devgen.spec.behaviour.walk import Storage, storage, whole
from devgen.spec.ir import (
    Apply,
    Assign,
    CopyMemory,
    CounterOp,
    Do,
    Emit,
    Expr,
    FifoOp,
    FifoQuery,
    Load,
    LoadMemory,
    Now,
    Pulse,
    Send,
    Stmt,
    StoreMemory,
    TimerOp,
    TimerQuery,
)
from devgen.spec.model import Action, Device, Function, Register, RegisterFile, Timer

Keys = frozenset[Storage]

_NOTHING: Keys = frozenset()


@dataclass(slots=True)
class Effects:
    """Answers for one device. ``computed`` are the registers with a ``read:`` expression, by ``NAME`` or ``FILE.NAME``.

    Nothing is recursive (the compiler has refused it); what is asked twice is worked out once.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    timers: Mapping[str, Timer] = field(default_factory=dict)
    computed: Mapping[str, Expr] = field(default_factory=dict)
    _reads: dict[Storage, Keys] = field(default_factory=dict)
    _writes: dict[Storage, Keys] = field(default_factory=dict)

    @staticmethod
    def of(device: Device) -> Effects:
        """Return the answers for a device."""
        return Effects(
            {one.name: one for one in device.functions},
            {one.name: one for one in device.actions},
            {one.name: one for one in device.timers},
            dict(_computed(device)),
        )

    def reads(self, expr: Expr) -> Keys:
        """Return all storage that an expression may read, through functions and computed registers."""
        found: set[Storage] = set()
        for one in whole(expr):
            found |= self._reads_of(one)
        return frozenset(found)

    def _reads_of(self, expr: Expr) -> Keys:
        match expr:
            case Load(place):
                key = storage(place)
                return self._through(key) if key[1] in self.computed and key[0] == "register" else frozenset((key,))
            case Apply(name):
                return self._through(("function", name))
            case Now(clock):
                return frozenset((("clock", clock),))
            case TimerQuery(timer):
                return frozenset((("timer", timer),))
            case FifoQuery(fifo):
                return frozenset((("fifo", fifo),))
            case LoadMemory():
                return frozenset((("memory", ""),))
        return _NOTHING

    def _through(self, key: Storage) -> Keys:
        if key not in self._reads:
            name = key[1]
            body = self.functions[name].body if key[0] == "function" else self.computed[name]
            found = {one for one in self.reads(body) if one[0] != "local"}
            self._reads[key] = frozenset(found if key[0] == "function" else {key, *found})
        return self._reads[key]

    def statement_reads(self, stmts: Iterable[Stmt]) -> Keys:
        """Return all storage that statements may read, through everything they call."""
        found: set[Storage] = set()
        for stmt in every(stmts):
            for expr in operands(stmt):
                found |= self.reads(expr)
            if isinstance(stmt, CopyMemory) and stmt.op == "load":
                found.add(("memory", ""))
            if isinstance(stmt, Do):
                found |= self.statement_reads(self.actions[stmt.action].body)
        return frozenset(found)

    def writes(self, stmts: Iterable[Stmt]) -> Keys:
        """Return all storage that statements may write, through actions and timers that may expire at once."""
        found: set[Storage] = set()
        for stmt in every(stmts):
            found |= self._writes_of(stmt)
        return frozenset(found)

    def _writes_of(self, stmt: Stmt) -> Keys:
        match stmt:
            case Assign(place):
                return frozenset((storage(place),))
            case Do(action):
                return self._called(("action", action), self.actions[action].body)
            case TimerOp(timer, op):
                armed = self.timers.get(timer)
                at_once = op == "arm" and armed is not None and armed.due == "now"
                later = self._called(("expire", timer), armed.on_expire) if at_once and armed else _NOTHING
                return later | {("timer", timer)}
            case FifoOp(fifo):
                return frozenset((("fifo", fifo),))
            case CounterOp(counter):
                return frozenset((("counter", counter),))
            case Pulse(line):
                return frozenset((storage(line),))
            case Emit(event):
                return frozenset((("event", event),))
            case Send(stream):
                return frozenset((("stream", stream),))
            case StoreMemory() | CopyMemory("store"):
                return frozenset((("memory", ""),))
            case CopyMemory(buffer=buffer):
                return frozenset((storage(buffer),))
        return _NOTHING

    def _called(self, key: Storage, body: tuple[Stmt, ...]) -> Keys:
        if key not in self._writes:
            self._writes[key] = frozenset(one for one in self.writes(body) if one[0] != "local")
        return self._writes[key]


def every(stmts: Iterable[Stmt]) -> Iterator[Stmt]:
    """Yield statements and all statements inside them."""
    for stmt in stmts:
        yield stmt
        for block in blocks(stmt):
            yield from every(block)


def _computed(device: Device) -> Iterator[tuple[str, Expr]]:
    for region in device.regions:
        for entry in region.entries:
            yield from _computed_in(entry)


def _computed_in(entry: Register | RegisterFile) -> Iterator[tuple[str, Expr]]:
    if isinstance(entry, Register):
        if entry.read is not None:
            yield entry.name, entry.read
        return
    for member in entry.registers:
        if member.read is not None:
            yield f"{entry.name}.{member.name}", member.read
