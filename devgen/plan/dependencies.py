"""The effects of statements and the dependencies of expressions, through functions and actions.

A level line is a function of registers and state. An entry point (a register's write, a timer's expiry ...) must update
exactly the lines that depend on something that it may change.
"""

from __future__ import annotations

from dataclasses import field
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.typed_walk import Nodes, walk
from devgen.plan.registers import PlannedRegister, RegisterKey
from devgen.plan.steps import NOTHING, Thing, Things

_CHANGING: Final = frozenset(
    (ir.Assign, ir.FifoOp, ir.CounterOp, ir.TimerOp, ir.Pulse, ir.CopyMemory, ir.FillMemory, ir.Do)
)


@dataclass(slots=True)
class Analysis:
    """The dependency analysis of one device. Functions and actions are analysed once."""

    registers: dict[RegisterKey, PlannedRegister]
    functions: dict[str, model.Function]
    actions: dict[str, model.Action]
    _functions: dict[str, Things] = field(default_factory=dict)
    _actions: dict[str, Things] = field(default_factory=dict)
    _registers: dict[RegisterKey, Things] = field(default_factory=dict)

    def stored(self, key: RegisterKey) -> Things:
        """Return the storage of a register, for an alias that of its target; empty for a register without storage."""
        storage = self.registers[key].storage
        return NOTHING if storage is None else frozenset({("register", self.registers[storage].title)})

    def reads(self, node: Nodes) -> Things:
        """Return everything on which the value of an expression or the execution of statements depends."""
        found: set[Thing] = set()
        for part in walk(node):
            match part:
                case ir.RegisterPlace(register, _, file):
                    found |= self.register_reads((file, register))
                case ir.StatePlace(name):
                    found.add(("state", name))
                case ir.FifoPlace(name) | ir.FifoQuery(name):
                    found.add(("fifo", name))
                case ir.LinePlace(kind, name):
                    found.add((kind, name))
                case ir.CounterPlace(name):
                    found.add(("counter", name))
                case ir.TimerQuery(timer):
                    found.add(("timer", timer))
                case ir.Apply(function):
                    found |= self._function_reads(function)
        return frozenset(found)

    def register_reads(self, key: RegisterKey) -> Things:
        """Return everything on which a register's value depends: its storage, or the dependencies of its ``read``."""
        if key not in self._registers:
            own = self._registers[key] = self.stored(key)
            computed = self.registers[key].described.read
            if computed is not None:
                self._registers[key] = own | self.reads(computed)
        return self._registers[key]

    def writes(self, body: tuple[ir.Stmt, ...]) -> Things:
        """Return everything that statements may change. The expiry of a timer is a separate entry point."""
        if not body:
            return NOTHING
        found: set[Thing] = set()
        for node in walk(body):
            if type(node) not in _CHANGING:
                continue
            match node:
                case ir.Assign(place):
                    found |= self._written(place)
                case ir.FifoOp(fifo):
                    found.add(("fifo", fifo))
                case ir.CounterOp(counter):
                    found.add(("counter", counter))
                case ir.TimerOp(timer):
                    found.add(("timer", timer))
                case ir.Pulse(line):
                    found.add((line.kind, line.name))
                case ir.CopyMemory("load", _, buffer) | ir.FillMemory(buffer):
                    found |= self._written(buffer)
                case ir.Do(action):
                    found |= self._action_writes(action)
        return frozenset(found)

    def _written(self, place: ir.Place) -> Things:
        match place:
            case ir.RegisterPlace(register, _, file):
                return self.stored((file, register))
            case ir.FieldPlace(register):
                return self._written(register)
            case ir.BitsPlace(of):
                return self._written(of)
            case ir.StatePlace(name):
                return frozenset({("state", name)})
            case ir.LinePlace(kind, name):
                return frozenset({(kind, name)})
            case _:
                return NOTHING

    def _function_reads(self, name: str) -> Things:
        if name not in self._functions:
            self._functions[name] = NOTHING
            self._functions[name] = self.reads(self.functions[name].body)
        return self._functions[name]

    def _action_writes(self, name: str) -> Things:
        if name not in self._actions:
            self._actions[name] = NOTHING
            self._actions[name] = self.writes(self.actions[name].body)
        return self._actions[name]
