"""What coverage counts of the keys with which a description says what hardware does, of locks, and of key sequences.

The expressions of these keys are not statements of the description: a plan makes statements of them (an ``if`` around
an assignment, a refusal of a write). They are recognized in the plan by the identity of their objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from devgen.language import ir, model
from devgen.language.behaviour.origins import Origins
from devgen.language.described_parts import placed_registers
from devgen.plan.steps import Drop, Protect


@dataclass(slots=True, frozen=True)
class Condition:
    """A condition that tests should meet.

    ``when_true`` and ``when_false`` are told if the lines that test it never took that way; empty if the way does not
    matter. A condition without either is met when its line runs; else ``when_true`` is told. ``edge``: the line takes
    a value, and the ``if`` after it tests whether that is an edge.
    """

    mark: model.Mark
    when_true: str
    when_false: str = ""
    branches: bool = True
    edge: bool = False


class Conditions:
    """The conditions of one device, by the steps of its plan."""

    def __init__(self, device: model.Device, origins: Origins) -> None:
        self._origins = origins
        self._keys = {key.mark: key for key in device.keys}
        self._found: dict[int, Condition] = {}
        for placed in placed_registers(device):
            register = placed.register
            owner = register.name if placed.file is None else f"{placed.file.name}.{register.name}"
            self._add_lock(owner, register.write_enable)
            for field in register.fields:
                self._add_lock(f"{owner}.{field.name}", field.write_enable)
                if field.hardware is not None:
                    for expr, found in _hardware(f"{owner}.{field.name}", field, field.hardware):
                        self._add(expr, found)

    def of(self, step: object) -> Condition | None:
        """Return the condition that a step of the plan evaluates, or None."""
        match step:
            case ir.Assign(ir.StatePlace(name), ir.Int(value)) if (mark := self._origins.mark(step)) in self._keys:
                key = self._keys[mark]
                told = f"key {name} is never {'opened' if value else 'locked again'}"
                return Condition(key.mark, told, branches=False) if name == key.name else None
            case Drop() | Protect() | ir.If():
                return self._known(step.test)
            case ir.Assign() | ir.Declare():
                return self._known(step.value)
        return None

    def of_key(self, step: object) -> bool:
        """Whether a step belongs to a key sequence: it is behaviour that the description does not spell out."""
        return self._origins.mark(step) in self._keys

    def _known(self, expr: ir.Expr) -> Condition | None:
        """Return the condition of an expression, or of one of which only the truth counts (``bool``, ``not``)."""
        match expr:
            case ir.Builtin("bool", (inner,)) | ir.Unary("not", inner) if id(expr) not in self._found:
                return self._found.get(id(inner))
        return self._found.get(id(expr))

    def _add(self, expr: ir.Expr, found: tuple[str, str, bool, bool]) -> None:
        mark = self._origins.mark(expr)
        if mark is not None:
            self._found[id(expr)] = Condition(mark, *found)

    def _add_lock(self, owner: str, lock: model.Lock | None) -> None:
        """A plan tests whether a lock is closed: of ``not X`` it tests X."""
        mark = None if lock is None else self._origins.mark(lock.test)
        if lock is None or mark is None:
            return
        told = f"{owner} is never written while its lock is"
        condition = self._found.setdefault(id(lock.test), Condition(mark, f"{told} closed", f"{told} open"))
        if isinstance(lock.test, ir.Unary) and lock.test.op == "not":
            self._found[id(lock.test.operand)] = condition


_RUNS: Final = (False, False)
_TESTS: Final = (True, False)
_EDGES: Final = (True, True)


def _hardware(
    owner: str, field: model.Field, hardware: model.Hardware
) -> Iterator[tuple[ir.Expr, tuple[str, str, bool, bool]]]:
    """Yield the expressions of a field's keys, each with its two messages and its kind of count."""
    for key, expr in hardware.conditions:
        if expr is not None:
            yield expr, (f"{key} of {owner} is never 1", f"{key} of {owner} is never 0", *_TESTS)
    counter = hardware.counter
    for key, expr in (("incr", counter.incr), ("decr", counter.decr)) if counter is not None else ():
        if expr is not None:
            yield expr, (f"{key} of {owner} never counts", "", *_EDGES)
    source = hardware.source
    if source is None:
        return
    key = "intr" if hardware.intr else "next"
    if hardware.edge != "level":
        told = f"{hardware.edge} of {owner} never sets it"
        yield source, (told, "", *(_EDGES if field.width == 1 else _RUNS))
    elif hardware.sticky == "bit" and field.width == 1:
        yield source, (f"{key} of {owner} is never 1", f"{key} of {owner} is never 0", *_TESTS)
    else:
        yield source, (f"{key} of {owner} is never taken", "", *_RUNS)
