"""Limits of key sequences: `within` and `open_for`, in time, cycles, accesses or until the next write."""

from __future__ import annotations

from typing import Final, Literal

from devgen.common.quick_dataclass import dataclass
from devgen.common.units import FREQUENCY_UNITS, TIME_UNITS
from devgen.language.diagnostics.codes_locks import BAD_KEY_LIMIT
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.elaboration import Context, Tree
from devgen.language.elaborate.time_keys import read_rate
from devgen.language.ir import Expr, Int
from devgen.language.reading.quantities import NANOSECONDS, quantity

_CYCLES: Final = {"cycle": 1, "cycles": 1}
_ACCESSES: Final = {"access": 1, "accesses": 1}
_WRITES: Final = {"write": 1, "writes": 1}
_MOST_ACCESSES: Final = 65_535


@dataclass(slots=True, frozen=True)
class Limit:
    """A limit. ``amount``: accesses, or the longest time in nanoseconds as behaviour writes it."""

    kind: Literal["time", "accesses", "write"]
    amount: str


def read_limit(ctx: Context, spec: Tree, key: Literal["within", "open_for"]) -> Limit | None:
    """Read ``key`` of a key sequence. Return None if it is absent or wrong, which is reported."""
    value = spec.get(key)
    if value is None:
        return None
    text = str(value)
    accesses, writes, cycles = (quantity(text, units) for units in (_ACCESSES, _WRITES, _CYCLES))
    if accesses is not None:
        return _accesses(ctx, spec, key, accesses)
    if writes is not None:
        return _write(ctx, spec, key, writes)
    if cycles is not None:
        return _cycles(ctx, spec, key, cycles)
    return _time(ctx, spec, key)


def counts_cycles(spec: Tree) -> bool:
    """Whether a limit of the key counts cycles of its `frequency`."""
    return any(quantity(str(spec.get(key, "")), _CYCLES) is not None for key in ("within", "open_for"))


def _accesses(ctx: Context, spec: Tree, key: str, number: int) -> Limit | None:
    if 0 < number <= _MOST_ACCESSES:
        return Limit("accesses", str(number))
    _refuse(ctx, spec, key, f"accesses are 1 to {_MOST_ACCESSES}")
    return None


def _write(ctx: Context, spec: Tree, key: str, number: int) -> Limit | None:
    if key == "within":
        _refuse(ctx, spec, key, "the next write of the key's register always counts: use `access` or a time")
    elif number != 1:
        _refuse(ctx, spec, key, "only one write can be counted: `1 write`")
    else:
        return Limit("write", "1")
    return None


def _cycles(ctx: Context, spec: Tree, key: str, number: int) -> Limit | None:
    if number < 1:
        _refuse(ctx, spec, key, "cycles are 1 or more")
        return None
    if not ctx.knows(spec, "frequency"):
        _refuse(ctx, spec, key, "cycles need the key's `frequency`")
        return None
    rate = _checked(ctx, spec, "frequency", FREQUENCY_UNITS) if "frequency" in spec else None
    if isinstance(rate, Int):
        return Limit("time", str(number * NANOSECONDS // rate.value))
    return None if rate is None else Limit("time", f"{number * NANOSECONDS} // ({spec['frequency']})")


def _time(ctx: Context, spec: Tree, key: str) -> Limit | None:
    words = str(spec[key]).split()
    if len(words) == 2 and words[0].isdigit() and words[1].isalpha() and words[1] not in TIME_UNITS:
        known = [*TIME_UNITS, *_CYCLES, *_ACCESSES, *(_WRITES if key == "open_for" else ())]
        _refuse(ctx, spec, key, f"no unit {words[1]}", did_you_mean(words[1], known) or f"units: {', '.join(known)}")
        return None
    found = _checked(ctx, spec, key, TIME_UNITS)
    if found is None:
        return None
    return Limit("time", str(found.value) if isinstance(found, Int) else f"({spec[key]})")


def _checked(ctx: Context, spec: Tree, key: str, units: dict[str, int]) -> Expr | None:
    """Read a time or a frequency. Return None if it has an error."""
    errors = ctx.sink.errors
    found = read_rate(ctx, spec, key, units)
    return found if ctx.sink.errors == errors else None


def _refuse(ctx: Context, spec: Tree, key: str, reason: str, hint: str = "") -> None:
    ctx.at_value(BAD_KEY_LIMIT, spec, key, key=key, text=spec[key], reason=reason, hint=hint)
