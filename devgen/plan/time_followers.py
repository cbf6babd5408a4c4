"""Hidden timers, which update a follower when it may have changed with time alone.

A level such as ``mtime >= MTIMECMP`` changes without any entry point. For each clock that a follower depends on, the
plan adds a timer to the device. Each update of the follower arms it for the first moment at which the follower may
change (`devgen.language.behaviour.time_changes`), and its expiry updates the follower. Such a timer is saved, restored
and reset like a described one. Its name has dots, which no described name has: ``mtip.level.virtual``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model

if TYPE_CHECKING:
    from devgen.language.behaviour.ramps import Change
    from devgen.language.behaviour.time_changes import ChangeFinder

_CLOCKS: tuple[ir.ClockName, ...] = get_args(ir.ClockName)


@dataclass(slots=True, frozen=True)
class LookAgain:
    """A hidden timer: ``timer`` is armed for the first of ``changes``, which are all on its clock."""

    timer: model.Timer
    changes: tuple[Change, ...]


def plan_looks(
    device: model.Device, finder: ChangeFinder, key: str, expr: ir.Expr, count: ir.Expr | None
) -> tuple[LookAgain, ...]:
    """Return the hidden timers of a follower. ``key``: its name and the key that follows; ``count``: its elements."""
    changes = finder.changes(expr)
    clocks = {counter.name: counter.clock for counter in device.counters}
    return tuple(_looks(device, changes, clocks, key, count))


def _looks(
    device: model.Device, changes: tuple[Change, ...], clocks: dict[str, ir.ClockName], key: str, count: ir.Expr | None
) -> Iterator[LookAgain]:
    for clock in _CLOCKS:
        here = tuple(change for change in changes if _clock_of(change, clocks) == clock)
        if here:
            yield LookAgain(_timer(f"{key}.{clock}", clock, count, device.retain), here)


def _clock_of(change: Change, clocks: dict[str, ir.ClockName]) -> ir.ClockName:
    match change.source:
        case ir.Now(clock):
            return clock
        case ir.CounterPlace(name):
            return clocks[name]


def _timer(name: str, clock: ir.ClockName, count: ir.Expr | None, retain: bool) -> model.Timer:
    return model.Timer(
        name=name,
        clock=clock,
        counter=None,
        match=None,
        align="edge",
        due="now",
        on_expire=(),
        count=count,
        retain=retain,
        description="",
    )
