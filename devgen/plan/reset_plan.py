"""The steps of a reset, and the stored values that a reset sets and a snapshot saves.

Order of a reset, after the bus's own part: timers are cancelled and counters begin again, registers and state take
their reset values, FIFOs are emptied, lines that statements drive take their reset level; then ``on_reset``; then all
followers are updated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.plan.followers import Followers
from devgen.plan.register_plan import RegisterPlan, RegisterPlanner
from devgen.plan.registers import RegisterKey
from devgen.plan.steps import Steps


@dataclass(slots=True, frozen=True)
class Stored:
    """A value, or an array of ``count`` values, of ``width`` bits that a reset sets to ``reset``.

    ``kind`` "written" is the set of write-once bits that have been written. ``key`` names a register for "register" and
    "written", a state variable as (None, name) for "state". ``resets`` has a value for each element if they differ.
    ``retain``: only power-on sets it. ``is_medium``: a file may hold it.
    """

    kind: Literal["register", "written", "state"]
    key: RegisterKey
    width: int
    reset: ir.Expr
    count: ir.Expr | None
    retain: bool
    resets: tuple[int, ...] = ()
    is_bytes: bool = False
    is_medium: bool = False


@dataclass(slots=True, frozen=True)
class CounterReset:
    """The reset of a counter: restart as at power-on (``restart``), or load ``start`` and run if ``runs``."""

    counter: model.Counter
    restart: bool
    runs: bool
    start: ir.Expr


@dataclass(slots=True, frozen=True)
class ResetPlan:
    """The parts of a reset, in order (see the module)."""

    timers: tuple[model.Timer, ...]
    counters: tuple[CounterReset, ...]
    stored: tuple[Stored, ...]
    fifos: tuple[model.Fifo, ...]
    lines: tuple[tuple[str, model.Line], ...]


@dataclass(slots=True, frozen=True)
class PowerPlan:
    """The stored values, the steps of a reset, and the steps after a reset and power-on.

    ``reset`` is None if a reset changes nothing. ``settle`` are the updates after a reset without ``on_reset``.
    ``on_reset`` ends with the same updates.
    """

    stored: tuple[Stored, ...]
    reset: ResetPlan | None
    on_reset: Steps
    settle: Steps

    @property
    def cleared(self) -> tuple[Stored, ...]:
        """The stored values that a reset sets."""
        return tuple(stored for stored in self.stored if not stored.retain)

    @property
    def retained(self) -> tuple[Stored, ...]:
        """The stored values that only power-on sets."""
        return tuple(stored for stored in self.stored if stored.retain)


def plan_power(
    device: model.Device, registers: Iterable[RegisterPlan], planner: RegisterPlanner, followers: Followers
) -> PowerPlan:
    """Plan power-on and reset of ``device``."""
    stored = (*_stored_registers(device, registers), *_stored_state(device))
    reset = ResetPlan(
        timers=tuple(timer for timer in device.timers if not timer.retain),
        counters=tuple(_counter_reset(counter) for counter in device.counters if not counter.retain),
        stored=tuple(value for value in stored if not value.retain),
        fifos=tuple(fifo for fifo in device.fifos if not fifo.retain),
        lines=tuple(_driven(device)),
    )
    empty = device.retain or not (reset.timers or reset.counters or reset.stored or reset.fifos or reset.lines)
    settle = followers.everything()
    on_reset: Steps = (*planner.effective(device.on_reset), *settle) if device.on_reset else ()
    return PowerPlan(stored, None if empty else reset, on_reset, () if device.on_reset else settle)


def _stored_registers(device: model.Device, registers: Iterable[RegisterPlan]) -> Iterator[Stored]:
    for plan in registers:
        register = plan.register
        described = register.described
        retain = described.retain or device.retain
        if register.owns_storage:
            yield Stored(
                "register", register.key, described.width, described.reset, register.count, retain, described.resets
            )
        if plan.once:
            yield Stored("written", register.key, described.width, ir.Int(0), register.count, retain)


def _stored_state(device: model.Device) -> Iterator[Stored]:
    for state in device.state:
        retain = state.retain or device.retain
        yield Stored(
            "state",
            (None, state.name),
            state.width,
            state.reset,
            state.count,
            retain,
            is_bytes=state.is_bytes,
            is_medium=state.is_medium,
        )


def _counter_reset(counter: model.Counter) -> CounterReset:
    """Plan a counter's reset. A count of wall-clock time is kept, any other restarts. Enables are updated last."""
    wall_clock = counter.clock != "virtual" and counter.phase == "clock" and counter.enable is None
    return CounterReset(counter, wall_clock, counter.enable is None, counter.reset)


def _driven(device: model.Device) -> Iterator[tuple[str, model.Line]]:
    """Yield the lines that statements drive, with their kind."""
    for kind, lines in (("interrupt", device.interrupts), ("gpio_out", device.gpio_out)):
        yield from ((kind, line) for line in lines if line.level is None)
