"""Reports locks that can never open, and those that can never close, because nothing changes what they depend on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.described_parts import behaviour, placed_registers
from devgen.language.diagnostics.codes_locks import NEVER_CLOSES, NEVER_OPENS
from devgen.language.elaborate.elaboration import Context
from devgen.language.elaborate.reset_values import ResetValues
from devgen.language.elaborate.write_locks import KEY
from devgen.language.typed_walk import Nodes, walk

_Key = tuple[str | None, str]
_STEADY = (
    ir.Int, ir.Load, ir.Slice, ir.Unary, ir.Binary, ir.Compare, ir.Logic, ir.Conditional, ir.Wrap, ir.Builtin, ir.Apply,
    ir.FirstNonzero, ir.RegisterPlace, ir.FieldPlace, ir.BitsPlace, ir.StatePlace, ir.LocalPlace,
)  # fmt: skip
"""Nodes whose value changes only with registers and state."""


def check_locks(ctx: Context, device: model.Device) -> None:
    """Report each lock of a device that stays as it is after a reset."""
    if not ctx.locks:
        return
    registers = {placed.key: placed.register for placed in placed_registers(device)}
    values = ResetValues(dict(_resets(registers)), dict(_starts(device)))
    change = _Change(registers, {function.name: function.body for function in device.functions}, values, set(), set())
    change.find(device)
    for lock, spec in ctx.locks:
        if change.steady(lock):
            value = values.of(lock)
            if value is not None:
                ctx.at_value(
                    NEVER_CLOSES if value else NEVER_OPENS, spec, KEY, lock="false" if spec[KEY] is False else spec[KEY]
                )


def _resets(registers: dict[_Key, model.Register]) -> Iterator[tuple[_Key, int]]:
    for key, register in registers.items():
        shared = register.alias is not None or register.view is not None or register.read is not None
        if shared or register.resets or register.window is not None:
            continue
        if register.constant is not None:
            if len(set(register.constant)) == 1:
                yield key, register.constant[0]
        elif isinstance(register.reset, ir.Int):
            yield key, register.reset.value


def _starts(device: model.Device) -> Iterator[tuple[str, int]]:
    for state in device.state:
        if isinstance(state.reset, ir.Int):
            yield state.name, state.reset.value


@dataclass(slots=True)
class _Change:
    """Finds out which registers and states can change after a reset."""

    registers: dict[_Key, model.Register]
    functions: dict[str, Nodes]
    values: ResetValues
    changing: set[_Key]
    states: set[str]

    def find(self, device: model.Device) -> None:
        """Find what behaviour assigns, and then, as long as that opens further locks, what software can write.

        What a write of a locked register runs counts only if the lock can open.
        """
        locked = [register for register in self.registers.values() if register.write_enable is not None]
        behind = {id(hook) for register in locked for hook in (register.write, register.on_write) if hook}
        for hook in behaviour(device):
            if id(hook) not in behind:
                self._run(hook)
        waiting = dict(self.registers)
        while found := [key for key, register in waiting.items() if self._is_reached(register)]:
            for key in found:
                register = waiting.pop(key)
                self.changing.add(key)
                if register.write_enable is not None:
                    self._run((register.write or (), register.on_write))

    def _is_reached(self, register: model.Register) -> bool:
        """Whether a register can change, or a write that its lock protects can run its hooks."""
        lock = register.write_enable
        return self._can_change(register) or (lock is not None and self._may_open(lock.test))

    def _run(self, hook: Nodes) -> None:
        for node in walk(hook):
            if isinstance(node, ir.Assign):
                self._assigned(node.place)

    def steady(self, lock: ir.Expr) -> bool:
        """Whether a lock's value never changes."""
        return all(self._is_steady(node) for node in walk(lock))

    def _is_steady(self, node: object) -> bool:
        match node:
            case ir.RegisterPlace(name, _, file):
                return (file, name) not in self.changing
            case ir.StatePlace(name):
                return name not in self.states
            case ir.Apply(function):
                return False if function not in self.functions else self.steady_body(self.functions[function])
            case _:
                return isinstance(node, _STEADY)

    def steady_body(self, body: Nodes) -> bool:
        """Whether a function's value never changes; functions do not call themselves."""
        return all(self._is_steady(node) for node in walk(body))

    def _assigned(self, place: ir.Place) -> None:
        match place:
            case ir.RegisterPlace(name, _, file):
                self.changing.add((file, name))
            case ir.FieldPlace(register):
                self._assigned(register)
            case ir.BitsPlace(of):
                self._assigned(of)
            case ir.StatePlace(name):
                self.states.add(name)
            case _:
                pass

    def _can_change(self, register: model.Register) -> bool:
        if register.constant is not None or register.intent is not None:
            return False
        if register.external or register.read is not None or register.alias is not None or register.view is not None:
            return True
        if any(field.hardware is not None for field in register.fields):
            return True
        if register.window is not None or register.read_effect is not None or not isinstance(register.reset, ir.Int):
            return True
        if register.write_enable is not None and not self._may_open(register.write_enable.test):
            return False
        parts: Iterable[model.Field | model.Register] = (*register.fields, *register.also) or (register,)
        return any(part.read_effect is not None or self._writable(part) for part in parts)

    def _writable(self, part: model.Field | model.Register) -> bool:
        return part.access != "ro" and (part.write_enable is None or self._may_open(part.write_enable.test))

    def _may_open(self, lock: ir.Expr) -> bool:
        return not self.steady(lock) or self.values.of(lock) != 0
