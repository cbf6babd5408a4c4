"""Followers: enables of counters, level lines, and streams that wait for room, which depend on registers.

Where a follower depends on time, hidden timers update it as well (``time_followers.py``).

An entry point updates each follower once, after the last change of something on which it depends. An enable is also
updated directly after a store, since hooks may read the counter.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.behaviour.time_changes import change_finder
from devgen.plan.dependencies import Analysis
from devgen.plan.steps import Thing, Things, Update
from devgen.plan.time_followers import LookAgain, plan_looks


@dataclass(slots=True, frozen=True)
class EnableFollower:
    """A counter that runs while ``test`` is true; alarms on it wait while it is stopped."""

    counter: model.Counter
    test: ir.Expr
    looks: tuple[LookAgain, ...]

    @property
    def thing(self) -> Thing:
        """What is updated."""
        return "counter", self.counter.name


@dataclass(slots=True, frozen=True)
class LevelFollower:
    """An interrupt or GPIO output that is high while ``level`` is not 0."""

    kind: str
    line: model.Line
    level: ir.Expr
    looks: tuple[LookAgain, ...]

    @property
    def thing(self) -> Thing:
        """What is updated."""
        return self.kind, self.line.name


@dataclass(slots=True, frozen=True)
class RoomFollower:
    """A stream whose input waits until ``room`` bytes fit. It is notified when that may have changed."""

    stream: model.Stream
    room: ir.Expr
    looks: tuple[LookAgain, ...]

    @property
    def thing(self) -> Thing:
        """What is updated."""
        return "stream", self.stream.name


Follower = EnableFollower | LevelFollower | RoomFollower


@dataclass(slots=True, frozen=True)
class _Dependent:
    follower: Follower
    inputs: Things

    @property
    def thing(self) -> Thing:
        return self.follower.thing


@dataclass(slots=True, frozen=True)
class Followers:
    """The followers of a device: enables first, then lines in topological order, then streams."""

    _enables: tuple[_Dependent, ...]
    _lines: tuple[_Dependent, ...]

    def __iter__(self) -> Iterator[Follower]:
        return (dependent.follower for dependent in (*self._enables, *self._lines))

    def after_store(self, changed: Things) -> tuple[Update, ...]:
        """Return updates of the enables that may have changed."""
        return tuple(Update(dependent.thing) for dependent in self._enables if dependent.inputs & changed)

    def at_end(self, changed: Things, since: Things | None = None) -> tuple[Update, ...]:
        """Return the updates at the end of an entry point that may have changed ``changed``.

        ``since``: the part of it that may have changed after the updates of ``after_store``, if there were any.
        """
        current = [] if since is None else [enable.thing for enable in self._enables if not enable.inputs & since]
        return tuple(Update(thing) for thing in self._reached(changed) if thing not in current)

    def look_again(self, follower: Follower) -> tuple[Update, ...]:
        """Return updates of ``follower``, which may have changed with time, and of everything that depends on it."""
        own = Update(follower.thing)
        return (own, *(update for update in self.at_end(frozenset({follower.thing})) if update != own))

    def everything(self) -> tuple[Update, ...]:
        """Return updates of all followers, after a reset."""
        return tuple(Update(follower.thing) for follower in self)

    def _reached(self, changed: Things) -> Iterator[Thing]:
        for dependent in (*self._enables, *self._lines):
            if dependent.inputs & changed:
                changed |= {dependent.thing}
                yield dependent.thing


def plan_followers(device: model.Device, analysis: Analysis) -> Followers:
    """Find the followers of a device."""
    looks = partial(plan_looks, device, change_finder(device))
    enables: list[Follower] = [
        EnableFollower(counter, counter.enable, looks(f"{counter.name}.enable", counter.enable, counter.count))
        for counter in device.counters
        if counter.enable is not None
    ]
    kinds = (("interrupt", device.interrupts), ("gpio_out", device.gpio_out))
    lines: list[Follower] = [
        LevelFollower(kind, line, line.level, looks(f"{line.name}.level", line.level, line.count))
        for kind, lines in kinds
        for line in lines
        if line.level is not None
    ]
    rooms: list[Follower] = [
        RoomFollower(stream, stream.room, looks(f"{stream.name}.room", stream.room, None))
        for stream in device.streams
        if stream.room is not None
    ]

    def dependents(followers: list[Follower]) -> list[_Dependent]:
        return [_Dependent(follower, analysis.reads(_input(follower))) for follower in followers]

    return Followers(tuple(dependents(enables)), (*_ordered(dependents(lines)), *dependents(rooms)))


def _input(follower: Follower) -> ir.Expr:
    match follower:
        case EnableFollower(test=test):
            return test
        case LevelFollower(level=level):
            return level
        case RoomFollower(room=room):
            return room


def _ordered(lines: list[_Dependent]) -> Iterator[_Dependent]:
    """Topological order; in a cycle the line declared first comes first."""
    waiting = list(lines)
    while waiting:
        things = {line.thing for line in waiting}
        ready = next((line for line in waiting if not line.inputs & (things - {line.thing})), waiting[0])
        waiting.remove(ready)
        yield ready
