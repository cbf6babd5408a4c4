"""Followers: fields that hardware changes, enables of counters, level lines, and streams that wait for room.

Where a follower depends on time, hidden timers update it as well (``time_followers.py``).

An entry point updates each follower once, after the last change of something on which it depends. An enable is also
updated directly after a store, since hooks may read the counter. A field and an enable may depend on each other: the
field's source on the counter, the counter's enable on the field. The field is then updated once more, for its timer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.bits_read import BitReader, Bits, bit_reader
from devgen.plan.dependencies import Analysis
from devgen.plan.moved_fields import MovedField, moved_fields
from devgen.plan.registers import RegisterKey
from devgen.plan.steps import NOTHING, Steps, Thing, Things, Update
from devgen.plan.time_followers import LookAgain, plan_looks
from devgen.plan.update_order import update_order


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


@dataclass(slots=True, frozen=True)
class FieldFollower:
    """A field that hardware changes."""

    moved: MovedField
    looks: tuple[LookAgain, ...]

    @property
    def thing(self) -> Thing:
        """What is updated."""
        return "field", self.moved.name


Follower = EnableFollower | LevelFollower | RoomFollower | FieldFollower


@dataclass(slots=True, frozen=True)
class _Dependent:
    """A follower. ``inputs``: what it depends on, ``bits``: those of registers; ``held``: storage whose write by others
    it may undo; ``changes``: what an update may change; ``disturbs``: the storage of other fields that it may change.
    """

    follower: Follower
    inputs: Things
    bits: Bits
    held: Things
    changes: Things
    disturbs: Things = NOTHING

    @property
    def thing(self) -> Thing:
        return self.follower.thing


@dataclass(slots=True, frozen=True)
class Followers:
    """The followers of a device in the order of their updates: each after what it depends on; streams last."""

    _all: tuple[_Dependent, ...]

    def __iter__(self) -> Iterator[Follower]:
        return (dependent.follower for dependent in self._all)

    def after_store(self, changed: Things) -> tuple[Update, ...]:
        """Return updates of the enables that may have changed."""
        if not changed:
            return ()
        enables = (dependent for dependent in self._all if isinstance(dependent.follower, EnableFollower))
        return tuple(_update(dependent.follower) for dependent in enables if dependent.inputs & changed)

    def on_pulse(self, key: RegisterKey, bits: int) -> tuple[Update, ...]:
        """Return updates of the fields that may see a pulse in ``bits`` of a register, before the pulse ends."""
        moved: Bits = {key: bits}
        found: list[_Dependent] = []
        for dependent in self._all:
            if isinstance(dependent.follower, FieldFollower) and _reads_bits(dependent, moved):
                found.append(dependent)
                for register, mask in dependent.follower.moved.moves.items():
                    moved[register] = moved.get(register, 0) | mask
        return tuple(Update(each.thing) for each in found)

    def at_end(self, changed: Things, since: Things | None = None) -> tuple[Update, ...]:
        """Return the updates at the end of an entry point that may have changed ``changed``.

        ``since``: the part of it that may have changed after the updates of ``after_store``, if there were any.
        """
        if not changed:
            return ()
        reached = list(self._reached(changed))
        if since is not None:
            moved = [each.follower for each in reached]
            reached = [
                each
                for each in reached
                if not isinstance(each.follower, EnableFollower) or each.inputs & since or _reads_moved(each, moved)
            ]
        return tuple(_update(each.follower) for each in reached)

    def look_again(self, follower: Follower) -> tuple[Update, ...]:
        """Return updates of ``follower``, which may have changed with time, and of everything that depends on it."""
        own = _update(follower)
        return (own, *(_update(each.follower) for each in self._reached(NOTHING, follower)))

    def everything(self) -> Steps:
        """Return the steps of all followers after a reset."""
        again = (_update(each.follower) for each in _again(self._all))
        return (*(step for follower in self for step in _settled(follower)), *again)

    def _reached(self, written: Things, updated: Follower | None = None) -> Iterator[_Dependent]:
        """Yield those that may change after ``written`` was changed by others, or by the update of a follower."""
        followers = [] if updated is None else [updated]
        changed = written | {follower.thing for follower in followers}
        written |= NOTHING.union(*(each.disturbs for each in self._all if each.follower is updated))
        done: list[_Dependent] = []
        for dependent in self._all:
            if dependent.follower is updated:
                done.append(dependent)
            elif dependent.inputs & changed or dependent.held & written or _reads_moved(dependent, followers):
                changed |= {dependent.thing}
                followers.append(dependent.follower)
                written |= dependent.disturbs
                done.append(dependent)
                yield dependent
        yield from _again(done)


def _again(done: Sequence[_Dependent]) -> Iterator[_Dependent]:
    """Yield the fields that were updated before an enable of a counter that they depend on: their timers are armed
    again.
    """
    for number, dependent in enumerate(done):
        follower = dependent.follower
        early = any(later.thing in dependent.inputs for later in done[number + 1 :])
        if isinstance(follower, FieldFollower) and follower.looks and early:
            yield dependent


def plan_followers(device: model.Device, analysis: Analysis) -> Followers:
    """Find the followers of a device."""
    moved_by_hardware = moved_fields(device, analysis.registers)
    expressions = (
        *(counter.enable for counter in device.counters),
        *(line.level for line in (*device.interrupts, *device.gpio_out)),
        *(stream.room for stream in device.streams),
    )
    if not moved_by_hardware and not any(expressions):
        return Followers(())
    # The package of behaviour is large, and a device without behaviour needs none of it.
    from devgen.language.behaviour.substitution import with_bodies
    from devgen.language.behaviour.time_changes import change_finder

    looks = partial(plan_looks, device, change_finder(device))
    outputs = {function.name: function for function in device.outputs}
    enables: list[Follower] = [
        EnableFollower(counter, counter.enable, looks(f"{counter.name}.enable", counter.enable, counter.count))
        for counter in device.counters
        if counter.enable is not None
    ]
    kinds = (("interrupt", device.interrupts), ("gpio_out", device.gpio_out))
    lines: list[Follower] = [
        LevelFollower(kind, line, with_bodies(line.level, outputs), looks(f"{line.name}.level", line.level, line.count))
        for kind, lines in kinds
        for line in lines
        if line.level is not None
    ]
    rooms: list[Follower] = [
        RoomFollower(stream, stream.room, looks(f"{stream.name}.room", stream.room, None))
        for stream in device.streams
        if stream.room is not None
    ]

    fields: list[Follower] = [_field(moved, looks) for moved in moved_by_hardware]
    reader = bit_reader(device) if fields else None
    dependents = [_dependent(follower, analysis, reader) for follower in (*fields, *enables, *lines)]
    ordered = update_order(dependents, lambda each: each.inputs | each.held, lambda each: each.changes, _related)
    return Followers((*ordered, *(_dependent(follower, analysis, reader) for follower in rooms)))


def _field(moved: MovedField, looks: Callable[[str, ir.Expr, ir.Expr | None], tuple[LookAgain, ...]]) -> FieldFollower:
    found: dict[str, LookAgain] = {}
    for expr in moved.hardware.sources:
        for look in looks(moved.name, expr, moved.register.count):
            earlier = found.get(look.timer.name)
            changes = look.changes if earlier is None else (*earlier.changes, *look.changes)
            found[look.timer.name] = LookAgain(look.timer, changes)
    return FieldFollower(moved, tuple(found.values()))


def _update(follower: Follower) -> Update:
    """Return the step that updates a follower. A room that may change with time arms a timer at each update."""
    return Update(follower.thing, isinstance(follower, RoomFollower) and not follower.looks)


def _settled(follower: Follower) -> Steps:
    if not isinstance(follower, FieldFollower):
        return (_update(follower),)
    prime = follower.moved.prime
    return prime if follower.moved.only_edges and not follower.looks else (*prime, _update(follower))


def _related(maker: _Dependent, user: _Dependent) -> bool:
    """Whether ``maker`` may change what ``user`` depends on: a field of a register only if its bits are read."""
    return not isinstance(maker.follower, FieldFollower) or _reads_moved(user, [maker.follower])


def _reads_moved(user: _Dependent, followers: Iterable[Follower]) -> bool:
    """Whether ``user`` depends on bits of a field that an update of the followers may change."""
    own = user.follower.moved if isinstance(user.follower, FieldFollower) else None
    for follower in followers:
        if isinstance(follower, FieldFollower):
            if _reads_bits(user, follower.moved.moves):
                return True
            if own is not None and follower.moved.sets.get(own.register.key, 0) & own.field.mask:
                return True
    return False


def _reads_bits(user: _Dependent, bits: Bits) -> bool:
    return any(user.bits.get(key, 0) & mask for key, mask in bits.items())


def _dependent(follower: Follower, analysis: Analysis, reader: BitReader | None) -> _Dependent:
    """``reader`` is None if there are no fields that hardware changes: bits are then of no use."""
    bits = reader.bits if reader is not None else _no_bits
    if isinstance(follower, FieldFollower):
        own, sources = analysis.stored(follower.moved.register.key), follower.moved.hardware.sources
        held = own if follower.moved.holds else NOTHING
        others = NOTHING.union(*(analysis.stored(key) for key in follower.moved.sets))
        changes = own | others | {follower.thing}
        return _Dependent(follower, analysis.reads(sources), bits(*sources), held, changes, others)
    expr = _input(follower)
    return _Dependent(follower, analysis.reads(expr), bits(expr), NOTHING, frozenset({follower.thing}))


def _no_bits(*_: ir.Expr) -> Bits:
    return {}


def _input(follower: EnableFollower | LevelFollower | RoomFollower) -> ir.Expr:
    match follower:
        case EnableFollower(test=test):
            return test
        case LevelFollower(level=level):
            return level
        case RoomFollower(room=room):
            return room
