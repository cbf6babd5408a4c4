"""Timers and counters: the arming of a timer on a counter, and the counters that may stop."""

from __future__ import annotations

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.described_parts import behaviour
from devgen.language.typed_walk import walk
from devgen.plan.registers import mask_of_bits
from devgen.plan.steps import INDEX


@dataclass(slots=True, frozen=True)
class Alarm:
    """How ``timer.arm()`` computes its deadline.

    If ``waits`` and the counter is stopped, the timer waits until the counter runs. Otherwise ``ticks`` is the number
    of counts from now to the match, modulo 2^width, and ``at_match`` replaces 0. The deadline is the time of that
    count, or with ``align`` "now" that number of periods after now.
    """

    timer: model.Timer
    counter: model.Counter
    waits: bool
    ticks: ir.Expr
    at_match: int
    align: model.Align


def plan_alarm(device: model.Device, timer: model.Timer) -> Alarm | None:
    """Return the alarm of a timer with a counter, or None for a timer without a counter."""
    if timer.counter is None or timer.match is None:
        return None
    counter = next(counter for counter in device.counters if counter.name == timer.counter)
    most = mask_of_bits(counter.width)
    place = ir.CounterPlace(counter.name, None if timer.count is None or counter.count is None else INDEX)
    # The match is proven to be a number of the counter's width or wider.
    distance = ir.Binary("-", timer.match, ir.Load(place, ir.Range(0, most)), _difference(timer.match.range, most))
    ticks = ir.Binary("&", distance, ir.Int(most), ir.Range(0, most))
    at_match = {"now": 0, "tick": 1, "wrap": most + 1}[timer.due]
    return Alarm(timer, counter, can_stand(device, counter.name), ticks, at_match, timer.align)


def _difference(known: ir.Range, most: int) -> ir.Range:
    return ir.Range(None if known.lo is None else known.lo - most, known.hi)


def can_stand(device: model.Device, counter: str) -> bool:
    """Whether a counter can be stopped."""
    if any(found.enable is not None for found in device.counters if found.name == counter):
        return True
    return any(
        isinstance(op, ir.CounterOp) and (op.counter, op.op) == (counter, "stop") for op in walk(behaviour(device))
    )
