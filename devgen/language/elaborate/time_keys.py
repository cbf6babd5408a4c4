"""Counters and timers: their clocks, periods and deadlines."""

from __future__ import annotations

from devgen.common.quick_dataclass import dataclass
from devgen.common.units import FREQUENCY_UNITS, TIME_UNITS
from devgen.language.diagnostics import codes_parts as kinds
from devgen.language.diagnostics import codes_values as value_kinds
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.ir import Expr, Int, Range
from devgen.language.model import Counter, Timer
from devgen.language.reading.quantities import NANOSECONDS, quantity
from devgen.language.scope import CounterEntry, TimerEntry

# --- counters ----------------------------------------------------------------------------


@dataclass(slots=True)
class CounterDraft:
    """A counter before its ``enable`` is compiled."""

    name: str
    spec: Tree
    width: int
    count: Expr | None
    period: tuple[Expr, Expr]


def declare_counters(ctx: Context, tree: Tree) -> dict[str, CounterDraft]:
    """Read the counters and declare them."""
    declared = entries(tree, "counters")
    return {name: _counter_draft(ctx, declared, name, spec) for name, spec in declared.items()}


def _counter_draft(ctx: Context, parent: Tree, name: str, spec: Tree) -> CounterDraft:
    ctx.claim(name, "a counter", parent)
    width, count = spec.get("width", 64), ctx.count(spec)
    ctx.scope.declare(CounterEntry(name, width, count))
    return CounterDraft(name, spec, width, count, _period(ctx, name, spec))


def _period(ctx: Context, name: str, spec: Tree) -> tuple[Expr, Expr]:
    """Return the period in nanoseconds as a fraction."""
    if "period" in spec and "frequency" in spec:
        ctx.contradiction(spec, "frequency", "period", "each of them gives the rate")
    if "period" in spec:
        return read_rate(ctx, spec, "period", TIME_UNITS), Int(1)
    if "frequency" in spec:
        return Int(NANOSECONDS), read_rate(ctx, spec, "frequency", FREQUENCY_UNITS)
    ctx.needs_one(spec, f"the counter '{name}'", "period", "frequency")
    return Int(1), Int(1)


def read_rate(ctx: Context, spec: Tree, key: str, units: dict[str, int]) -> Expr:
    """Read a duration or a frequency, in the unit that ``units`` count in, or an expression over properties.

    What is wrong with it is reported; the result is then 1.
    """
    value = spec[key]
    number = quantity(value, units) if isinstance(value, str) else None
    if number is not None:
        expr: Expr | None = Int(number)
    elif isinstance(value, str) and _looks_like_quantity(value):
        unit = value.split()[1]
        what = key if key in ("period", "frequency") else "duration"
        why, hint = f"no unit {unit}", _unit_hint(unit, units)
        if unit in units:
            why, hint = "numbers are whole", "use a smaller unit: `1500 us` for one and a half milliseconds"
        ctx.at_value(value_kinds.BAD_QUANTITY, spec, key, text=value, what=what, why=why, hint=hint)
        return Int(1)
    else:
        expr = ctx.expression(spec, key, ctx.static)
    if expr is None:
        return Int(1)
    if expr.range.lo is None or expr.range.lo < 1:
        ctx.at_value(value_kinds.NOT_POSITIVE, spec, key, key=key, low=expr.range.lo)
    return expr


def _looks_like_quantity(text: str) -> bool:
    words = text.split()
    return len(words) == 2 and words[0][0].isdigit() and words[1].isalpha() and words[1] not in ("if", "and", "or")


def _unit_hint(unit: str, units: dict[str, int]) -> str:
    return did_you_mean(unit, units) or f"units: {', '.join(units)}"


def build_counters(ctx: Context, drafts: dict[str, CounterDraft], retain: bool) -> tuple[Counter, ...]:
    """Compile the enables of the counters and build them."""
    return tuple(_counter(ctx, draft, retain) for draft in drafts.values())


def _counter(ctx: Context, draft: CounterDraft, retain: bool) -> Counter:
    spec = draft.spec
    return Counter(
        name=draft.name,
        clock=spec.get("clock", "virtual"),
        period=draft.period,
        width=draft.width,
        enable=ctx.expression(spec, "enable", ctx.scope.hook(index=draft.count), "bool", ("enable", draft.name)),
        reset=ctx.start_value(spec, "reset", draft.width),
        phase=spec.get("phase", "clock"),
        count=draft.count,
        retain=spec.get("retain", retain),
        description=spec.get("description", ""),
    )


# --- timers ------------------------------------------------------------------------------


@dataclass(slots=True)
class TimerDraft:
    """A timer before its ``match`` and ``on_expire`` are compiled."""

    name: str
    spec: Tree
    counter: CounterDraft | None
    count: Expr | None


def declare_timers(ctx: Context, tree: Tree, counters: dict[str, CounterDraft]) -> list[TimerDraft]:
    """Read the timers and declare them."""
    declared = entries(tree, "timers")
    return [_timer_draft(ctx, declared, name, spec, counters) for name, spec in declared.items()]


def _timer_draft(ctx: Context, parent: Tree, name: str, spec: Tree, counters: dict[str, CounterDraft]) -> TimerDraft:
    ctx.claim(name, "a timer", parent)
    _check_timer_keys(ctx, name, spec)
    counter, count = counters.get(spec.get("counter", "")), ctx.count(spec)
    if "counter" in spec and counter is None:
        ctx.at_value(kinds.UNKNOWN_COUNTER, spec, "counter", name=spec["counter"], known=counters)
    if counter is not None and counter.count is not None and counter.count != count:
        ctx.at_value(kinds.COUNTER_SHAPE, spec, "counter", name=name, counter=counter.name)
    matched = "counter" in spec
    ctx.scope.declare(TimerEntry(name, matched, matched and spec.get("due", "now") == "now", count))
    return TimerDraft(name, spec, counter, count)


def _check_timer_keys(ctx: Context, name: str, spec: Tree) -> None:
    if "counter" not in spec:
        for key in ("match", "align", "due"):
            if key in spec:
                ctx.not_here(spec, key, "the timer has no `counter`")
        ctx.needs_one(spec, f"the timer '{name}'", "counter", "clock", told="'counter' and 'match', or 'clock'")
        return
    if "clock" in spec:
        ctx.contradiction(spec, "clock", "counter", "the timer runs on its counter's clock")
    ctx.needs(spec, f"the timer '{name}'", "match")


def build_timers(ctx: Context, drafts: list[TimerDraft], retain: bool) -> tuple[Timer, ...]:
    """Compile the behaviour of the timers and build them."""
    return tuple(_timer(ctx, draft, retain) for draft in drafts)


def _timer(ctx: Context, draft: TimerDraft, retain: bool) -> Timer:
    spec, counter = draft.spec, draft.counter
    scope = ctx.scope.hook(index=draft.count)
    width = counter.width if counter is not None else 64
    return Timer(
        name=draft.name,
        clock=(counter.spec if counter is not None else spec).get("clock", "virtual"),
        counter=counter.name if counter is not None else None,
        match=ctx.expression(spec, "match", scope, Range.unsigned(width), ("match", draft.name)),
        align=spec.get("align", "edge"),
        due=spec.get("due", "now"),
        on_expire=ctx.statements(spec, "on_expire", scope, ("expire", draft.name)),
        count=draft.count,
        retain=spec.get("retain", retain),
        description=spec.get("description", ""),
    )
