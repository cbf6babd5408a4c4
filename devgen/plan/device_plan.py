"""The plan of a whole device: every entry point with its steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.described_parts import behaviour
from devgen.language.typed_walk import walk
from devgen.plan.access_plan import CoalescedRange, coalesced_ranges
from devgen.plan.alarms import Alarm, plan_alarm
from devgen.plan.dependencies import Analysis
from devgen.plan.followers import FieldFollower, Follower, Followers, plan_followers
from devgen.plan.register_plan import RegisterPlan, RegisterPlanner
from devgen.plan.registers import PlannedRegister, RegisterKey, plan_registers
from devgen.plan.reset_plan import PowerPlan, plan_power
from devgen.plan.steps import NOTHING, Steps, Things


@dataclass(slots=True, frozen=True)
class RegionPlan:
    """A region with its registers. ``has_window``: registers of other regions access it through a window."""

    region: model.Region
    registers: tuple[RegisterPlan, ...]
    coalesced: tuple[CoalescedRange, ...]
    has_window: bool


@dataclass(slots=True, frozen=True)
class TimerPlan:
    """A timer, how it is armed on a counter, and its expiry."""

    timer: model.Timer
    alarm: Alarm | None
    expiry: Steps


@dataclass(slots=True, frozen=True)
class InputPlan:
    """A GPIO input and the steps of its change."""

    pin: model.GpioIn
    changed: Steps


@dataclass(slots=True, frozen=True)
class StreamPlan:
    """A byte stream: the steps of a received byte, of a break condition, and of the host accepting bytes again."""

    stream: model.Stream
    received: Steps
    broken: Steps
    writable: Steps


@dataclass(slots=True, frozen=True)
class DoorbellPlan:
    """A doorbell and the steps of ringing it."""

    doorbell: model.Doorbell
    region: model.Region
    rung: Steps


@dataclass(slots=True, frozen=True)
class DevicePlan:
    """All decisions about ``device`` that do not depend on a target. Everything is in the description's order.

    ``device`` has hidden timers after the described ones if something depends on time, and hidden state after the
    described one if fields react to edges. ``counting`` are the steps of counting fields that something takes.
    """

    device: model.Device
    registers: dict[RegisterKey, RegisterPlan]
    regions: tuple[RegionPlan, ...]
    followers: tuple[Follower, ...]
    timers: tuple[TimerPlan, ...]
    inputs: tuple[InputPlan, ...]
    streams: tuple[StreamPlan, ...]
    doorbells: tuple[DoorbellPlan, ...]
    actions: tuple[tuple[model.Action, Steps], ...]
    counting: tuple[tuple[model.Action, Steps], ...]
    power: PowerPlan
    after_access: Steps


def plan_device(device: model.Device) -> DevicePlan:
    """Make all decisions about a checked device."""
    registers = plan_registers(device)
    analysis = Analysis(
        registers,
        {function.name: function for function in (*device.functions, *device.outputs)},
        {action.name: action for action in (*device.actions, *device.counting)},
    )
    followers = plan_followers(device, analysis)
    hidden = {look.timer: follower for follower in followers for look in follower.looks}
    watches = (
        watch for follower in followers if isinstance(follower, FieldFollower) for watch in follower.moved.watches
    )
    state = (*device.state, *(watch.seen for watch in watches))
    device = replace(device, timers=(*device.timers, *hidden), state=state)
    planner = RegisterPlanner(registers, analysis, followers)
    planned = {key: planner.plan(register) for key, register in registers.items()}
    entry = _EntryPoints(planner, analysis, followers)
    return DevicePlan(
        device=device,
        registers=planned,
        regions=tuple(_regions(device, registers, planned)),
        followers=tuple(followers),
        timers=tuple(
            TimerPlan(timer, None, followers.look_again(hidden[timer]))
            if timer in hidden
            else TimerPlan(timer, plan_alarm(device, timer), entry.steps(timer.on_expire, {("timer", timer.name)}))
            for timer in device.timers
        ),
        inputs=tuple(InputPlan(pin, entry.steps(pin.on_input, {("gpio_in", pin.name)})) for pin in device.gpio_in),
        streams=tuple(
            StreamPlan(stream, *map(entry.steps, (stream.on_receive, stream.on_break, stream.on_writable)))
            for stream in device.streams
        ),
        doorbells=tuple(
            DoorbellPlan(bell, region, entry.steps(bell.on_ring))
            for region in device.regions
            for bell in region.doorbells
        ),
        actions=tuple((action, planner.effective(action.body)) for action in device.actions),
        counting=tuple((action, planner.effective(action.body)) for action in _counted(device, followers)),
        power=plan_power(device, planned.values(), planner, followers),
        after_access=entry.steps(device.after_access),
    )


def _counted(device: model.Device, followers: Followers) -> Iterable[model.Action]:
    """Yield the steps of counting fields that something takes."""
    if not device.counting:
        return ()
    steps = {action.name: action for action in device.counting}
    moved = (follower.moved for follower in followers if isinstance(follower, FieldFollower))
    bodies = (*behaviour(replace(device, counting=())), *(field.update for field in moved))
    pending = [node.action for node in walk(bodies) if isinstance(node, ir.Do)]
    used: set[str] = set()
    while pending:
        name = pending.pop()
        if name in steps and name not in used:
            used.add(name)
            pending += [node.action for node in walk(steps[name].body) if isinstance(node, ir.Do)]
    return (action for action in device.counting if action.name in used)


@dataclass(slots=True, frozen=True)
class _EntryPoints:
    planner: RegisterPlanner
    analysis: Analysis
    followers: Followers

    def steps(self, body: tuple[ir.Stmt, ...], changed: Iterable[tuple[str, str]] = NOTHING) -> Steps:
        """Return a hook's statements and the updates of followers. ``changed`` was changed before the hook."""
        things: Things = frozenset(changed) | self.analysis.writes(body)
        return (*self.planner.effective(body), *self.followers.at_end(things))


def _regions(
    device: model.Device, registers: dict[RegisterKey, PlannedRegister], planned: dict[RegisterKey, RegisterPlan]
) -> Iterable[RegionPlan]:
    reached = {register.described.window.region for register in registers.values() if register.described.window}
    by_region: dict[str, list[RegisterPlan]] = {region.name: [] for region in device.regions}
    for plan in planned.values():
        by_region[plan.register.region.name].append(plan)
    for region in device.regions:
        plans = by_region[region.name]
        ranges = coalesced_ranges(plan.register for plan in plans)
        yield RegionPlan(region, tuple(plans), ranges, region.space == "indirect" or region.name in reached)
