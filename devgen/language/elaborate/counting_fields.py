"""Fields that count: the keys under `counter` (SystemRDL 2.0, 9.8), and the steps up and down as actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from devgen.language.diagnostics import codes_hardware as kinds
from devgen.language.elaborate.elaboration import Context, Tree
from devgen.language.ir import (
    Assign,
    Binary,
    Builtin,
    Compare,
    Declare,
    Do,
    Expr,
    FieldPlace,
    If,
    Int,
    Load,
    LocalPlace,
    Range,
    RegisterPlace,
    Stmt,
    Wrap,
)
from devgen.language.model import Action, Field, FieldCounter, Register
from devgen.language.scope import Scope

OUTPUTS: Final = ("incrthreshold", "decrthreshold", "incrsaturate", "decrsaturate")
_TOTAL: Final = LocalPlace("total")
_NEVER: Final = (
    ("incrsaturate", "overflow", "a counter that stops at a value never wraps"),
    ("decrsaturate", "underflow", "a counter that stops at a value never wraps"),
)


def counter_outputs(spec: Tree) -> tuple[str, ...]:
    """Return the outputs that a field with these keys has: comparisons with its thresholds and saturation values."""
    counter = spec.get("counter")
    return tuple(key for key in OUTPUTS if isinstance(counter, dict) and counter.get(key))


def counter_steps(spec: Tree) -> tuple[int | None, ...]:
    """Return the amounts that a field counts up and down by, None for expressions; empty if it does not count."""
    counter = spec.get("counter")
    if not counter:
        return ()
    keys = counter if isinstance(counter, dict) else {}
    values = [keys.get(key, 1) for key in ("incrvalue", "decrvalue")]
    return tuple(value if type(value) is int else None for value in values)


def build_counter(ctx: Context, spec: Tree, field: Field, scope: Scope, name: str) -> FieldCounter:
    """Compile the keys of a counting field."""
    keys = spec["counter"] if isinstance(spec["counter"], dict) else {}
    for key, other, reason in _NEVER:
        if keys.get(key) and other in keys:
            ctx.contradiction(keys, other, key, reason)
    bits, owner = Range.unsigned(field.width), ("hardware", name)
    ends = {"incrsaturate": bits.hi, "incrthreshold": bits.hi, "decrsaturate": 0, "decrthreshold": 0}

    def value(key: str) -> Expr | None:
        if keys.get(key) is True:
            return Int(ends[key] or 0)
        return ctx.expression(keys, key, scope, bits, owner) if keys.get(key) is not False else None

    return FieldCounter(
        incr=ctx.expression(keys, "incr", scope, "bool", owner),
        decr=ctx.expression(keys, "decr", scope, "bool", owner),
        incrvalue=ctx.expression(keys, "incrvalue", scope, bits, owner) or Int(1),
        decrvalue=ctx.expression(keys, "decrvalue", scope, bits, owner) or Int(1),
        incrsaturate=value("incrsaturate"),
        decrsaturate=value("decrsaturate"),
        incrthreshold=value("incrthreshold"),
        decrthreshold=value("decrthreshold"),
        overflow=_target(ctx, keys, "overflow", scope, owner),
        underflow=_target(ctx, keys, "underflow", scope, owner),
    )


def _target(ctx: Context, keys: Tree, key: str, scope: Scope, owner: tuple[str, str]) -> FieldPlace | None:
    found = ctx.expression(keys, key, scope, None, owner)
    if found is None:
        return None
    if isinstance(found, Load) and isinstance(found.place, FieldPlace):
        return found.place
    ctx.at_value(kinds.NO_TARGET, keys, key, key=key)
    return None


def output_body(place: FieldPlace, counter: FieldCounter, output: str) -> Expr:
    """Return what an output of a counting field compares: upwards "reached or passed", downwards the same."""
    value = Load(place, Range.unsigned(place.width))
    limit: Expr | None = getattr(counter, output)
    return Compare(value, ((">=" if output.startswith("incr") else "<=", limit or Int(0)),))


class Counting:
    """Makes the actions of a device's counting fields. ``fields`` are all of them, by register and name."""

    __slots__ = ("fields",)

    def __init__(self, fields: Iterable[tuple[str, Register, RegisterPlace, Field, FieldCounter]]) -> None:
        self.fields = {
            (place.file, place.register, field.name): (title, place, field, counter)
            for title, _, place, field, counter in fields
        }

    def actions(self) -> Iterator[Action]:
        """Yield `ERRORS.COUNT.incr` and `ERRORS.COUNT.decr` of each field."""
        for title, place, field, counter in self.fields.values():
            parameters = ("amount",) if place.index is None else ("index", "amount")
            target = FieldPlace(place, field.name, field.lsb, field.width)
            up, down = tuple(self._up(target, counter)), tuple(self._down(target, counter))
            yield Action(f"{title}.{field.name}.incr", parameters, up)
            yield Action(f"{title}.{field.name}.decr", parameters, down)

    def _up(self, place: FieldPlace, counter: FieldCounter) -> Iterator[Stmt]:
        top = (1 << place.width) - 1
        total = Binary("+", *_operands(place), Range(0, 2 * top))
        if counter.incrsaturate is not None:
            limit = counter.incrsaturate
            yield Assign(place, Builtin("min", (total, limit), Range(0, limit.range.hi or 0)))
            return
        if counter.overflow is not None:
            yield Declare("total", total)
            wrapped = Compare(Load(_TOTAL, total.range), ((">", Int(top)),))
            yield Assign(place, Wrap(Load(_TOTAL, total.range), place.width, False, Range(0, top)))
            yield If(wrapped, (self._set(counter.overflow, "incr"),))
            return
        yield Assign(place, Wrap(total, place.width, False, Range(0, top)))

    def _down(self, place: FieldPlace, counter: FieldCounter) -> Iterator[Stmt]:
        top = (1 << place.width) - 1
        total = Binary("-", *_operands(place), Range(-top, top))
        if counter.decrsaturate is not None:
            limit = counter.decrsaturate
            yield Assign(place, Builtin("max", (total, limit), Range(limit.range.lo, top)))
            return
        if counter.underflow is not None:
            yield Declare("total", total)
            wrapped = Compare(Load(_TOTAL, total.range), (("<", Int(0)),))
            yield Assign(place, Wrap(Load(_TOTAL, total.range), place.width, False, Range(0, top)))
            yield If(wrapped, (self._set(counter.underflow, "decr"),))
            return
        yield Assign(place, Wrap(total, place.width, False, Range(0, top)))

    def _set(self, place: FieldPlace, step: str) -> Stmt:
        """Return the step after a counter has wrapped: it sets a field, or a further counter counts the same way."""
        register = place.register
        found = self.fields.get((register.file, register.register, place.field))
        if found is None:
            return Assign(place, Int((1 << place.width) - 1))
        title, _, field, counter = found
        index = () if register.index is None else (register.index,)
        amount = counter.incrvalue if step == "incr" else counter.decrvalue
        return Do(f"{title}.{field.name}.{step}", (*index, amount))


def _operands(place: FieldPlace) -> tuple[Expr, Expr]:
    bits = Range.unsigned(place.width)
    return Load(place, bits), Load(LocalPlace("amount"), bits)
