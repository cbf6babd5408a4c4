"""Counters and timers: their construction, the arming of an alarm on a counter, and what an expiry does."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.language import ir, model
from devgen.language.typed_walk import names_local, walk
from devgen.targets.python.dependencies import Analysis
from devgen.targets.python.followers import Followers
from devgen.targets.python.lower_expr import ADD, Lowering
from devgen.targets.python.lower_stmt import Statements
from devgen.targets.python.plan import Method
from devgen.targets.python.python_literals import docstring, hexadecimal, mask_of, sentence
from devgen.targets.python.symbols import behaviour


@dataclass(slots=True, frozen=True)
class TimeLowering:
    """Lowers the counters and timers of one device."""

    lowering: Lowering
    analysis: Analysis
    followers: Followers

    def setup(self) -> list[str]:
        """The constructor's statements."""
        device = self.lowering.symbols.device
        counters = [self._counter(one) for one in device.counters]
        timers = [self._timer(one) for one in device.timers]
        return counters + timers + [line for one in device.timers for line in self._attach(one)]

    def methods(self) -> list[Method]:
        """``arm`` where there is a counter to arm on, and ``expired``, of every timer."""
        return [
            method
            for one in self.lowering.symbols.device.timers
            for method in (self._arm(one), self._expired(one))
            if method is not None
        ]

    def reset(self) -> list[str]:
        """What a machine reset does to those that are not retained."""
        device, symbols = self.lowering.symbols.device, self.lowering.symbols
        lines: list[str] = []
        for timer in device.timers:
            if not timer.retain:
                lines += _each(symbols.attribute("timer", timer.name), "timer", timer.count, ["{}.cancel()"])
        for counter in device.counters:
            if not counter.retain:
                calls = self._counter_reset(counter)
                lines += _each(symbols.attribute("counter", counter.name), "counter", counter.count, calls)
        return lines

    def _counter_reset(self, one: model.Counter) -> list[str]:
        """A count of wall-clock time stays that; any other begins again. An enable is followed once all is reset."""
        if one.clock != "virtual" and one.phase == "clock" and one.enable is None:
            return ["{}.reset()"]
        return ["{}.start()" if one.enable is None else "{}.stop()", f"{{}}.load({self.lowering.number(one.reset)})"]

    def _counter(self, one: model.Counter) -> str:
        number = self.lowering.number
        period = f"({number(one.period[0])}, {number(one.period[1])})"
        words = [f"env.clocks.{one.clock}", f"period={period}", f"width={one.width}"]
        if one.phase != "clock":
            words.append(f'phase="{one.phase}"')
        if one.enable is not None:
            words.append("enabled=False")
        if one.reset != ir.Int(0):
            words.append(f"start={number(one.reset)}")
        made = f"Counter({', '.join(words)})"
        attribute = self.lowering.symbols.attribute("counter", one.name)
        if one.count is None:
            return f"self.{attribute} = {made}"
        name = "index" if names_local((one.period, one.reset), "index") else "_"
        return f"self.{attribute} = [{made} for {name} in range({number(one.count)})]"

    def _timer(self, one: model.Timer) -> str:
        symbols = self.lowering.symbols
        attribute, expired = symbols.attribute("timer", one.name), symbols.attribute("expired", one.name)
        if one.count is None:
            return f"self.{attribute} = Timer(env.clocks.{one.clock}, self.{expired})"
        made = f"Timer(env.clocks.{one.clock}, partial(self.{expired}, index))"
        return f"self.{attribute} = [{made} for index in range({self.lowering.number(one.count)})]"

    def _attach(self, one: model.Timer) -> list[str]:
        """Tell a counter that can stand still which alarms wait meanwhile."""
        symbols = self.lowering.symbols
        if one.counter is None or one.match is None or not _can_stand(symbols.device, one.counter):
            return []
        timer, arm = symbols.attribute("timer", one.name), symbols.attribute("arm", one.name)
        counter = symbols.attribute("counter", one.counter)
        if one.count is None:
            return [f"self.{counter}.add_alarm(self.{timer}, self.{arm})"]
        element = "[index]" if symbols.counters[one.counter].count is not None else ""
        call = f"self.{counter}{element}.add_alarm(timer, partial(self.{arm}, index))"
        return [f"for index, timer in enumerate(self.{timer}):", f"    {call}"]

    def _expired(self, one: model.Timer) -> Method:
        name = self.lowering.symbols.attribute("expired", one.name)
        changed = self.analysis.writes(one.on_expire) | {("timer", one.name)}
        body = Statements(self.lowering).lines(one.on_expire) + self.followers.at_end(changed)
        doc = docstring((f"{one.name} has expired.", sentence(one.description)), 8)
        return Method(name, "" if one.count is None else "index: int", "None", doc, tuple(body or ["pass"]))

    def _arm(self, one: model.Timer) -> Method | None:
        """Arm on the counter: so many ticks from now, as ``due`` and ``align`` say."""
        if one.counter is None or one.match is None:
            return None
        symbols = self.lowering.symbols
        owner = symbols.counters[one.counter]
        index = "" if one.count is None else "[index]"
        counter = f"self.{symbols.attribute('counter', one.counter)}{index if owner.count is not None else ''}"
        timer = f"self.{symbols.attribute('timer', one.name)}{index}"
        match = self.lowering.value(one.match).at(ADD)
        when = "time_of" if one.align == "edge" else "time_after"
        ticks = f"({match} - {counter}.read()) & {hexadecimal(mask_of(owner.width))}"
        waits = [f"if not {counter}.enabled:", f"    {timer}.wait()", "    return"]
        stands = waits if _can_stand(symbols.device, one.counter) else []
        body = [*stands, f"ticks = {_distance(one, owner, ticks)}", f"{timer}.arm_at({counter}.{when}(ticks))"]
        doc = docstring((f"Arm {one.name} for the moment at which {one.counter} reaches its match.",), 8)
        parameters = "" if one.count is None else "index: int"
        return Method(symbols.attribute("arm", one.name), parameters, "None", doc, tuple(body))


def _distance(one: model.Timer, owner: model.Counter, ticks: str) -> str:
    """How many ticks it takes, given the distance modulo the counter's range: ``due`` says what a distance of 0 is."""
    match one.due:
        case "tick":
            return f"{ticks} or 1"
        case "wrap":
            return f"{ticks} or {hexadecimal(1 << owner.width)}"
        case "now":
            return ticks


def _can_stand(device: model.Device, counter: str) -> bool:
    """Whether a counter may ever be stopped."""
    if any(one.enable is not None for one in device.counters if one.name == counter):
        return True
    return any(
        isinstance(op, ir.CounterOp) and (op.counter, op.op) == (counter, "stop") for op in walk(behaviour(device))
    )


def _each(attribute: str, item: str, count: ir.Expr | None, calls: list[str]) -> list[str]:
    """``calls`` on one thing, or on every element of a list."""
    if count is None:
        return [call.replace("{}", f"self.{attribute}", 1) for call in calls]
    return [f"for {item} in self.{attribute}:", *(f"    {call.replace('{}', item, 1)}" for call in calls)]
