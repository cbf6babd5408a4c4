"""Counters and timers: their construction, the arming of an alarm on a counter, and what an expiry does."""

from __future__ import annotations

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.typed_walk import names_local
from devgen.plan.alarms import Alarm
from devgen.plan.device_plan import TimerPlan
from devgen.plan.reset_plan import CounterReset, ResetPlan
from devgen.targets.python import module
from devgen.targets.python.imports import imported
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.lower_followers import each
from devgen.targets.python.lower_stmt import StatementLowering
from devgen.targets.python.python_literals import hexadecimal
from devgen.targets.python.source_tree import (
    NOTHING,
    OR,
    PASS,
    Block,
    Line,
    Node,
    Statement,
    Statements,
    attribute_set,
    call,
    chain,
    comprehension,
    keyword,
    listing,
    local,
)


@dataclass(slots=True, frozen=True)
class TimeLowering:
    """Lowers the counters and timers of one device."""

    lowering: Lowering

    def attributes(self) -> Statements:
        """Return the statements for attributes that the constructor sets."""
        symbols = self.lowering.symbols
        device = symbols.device
        return (
            *(
                attribute_set(symbols.attribute("counter", counter.name), self._counter(counter))
                for counter in device.counters
            ),
            *(attribute_set(symbols.attribute("timer", timer.name), self._timer(timer)) for timer in device.timers),
        )

    def alarms(self) -> Statements:
        """Return statements that register waiting alarms with the counters that can stop."""
        plans = (plan.alarm for plan in self.lowering.symbols.plan.timers)
        return tuple(self._attached(alarm) for alarm in plans if alarm is not None and alarm.waits)

    def timers(self) -> tuple[module.Timer, ...]:
        """The methods of every timer."""
        return tuple(self._methods(plan) for plan in self.lowering.symbols.plan.timers)

    def reset(self, plan: ResetPlan) -> Statements:
        """Return the statements of a machine reset for timers and counters."""
        cancelled = (self._cancelled(timer) for timer in plan.timers)
        begun = (self._counter_reset(counter) for counter in plan.counters)
        return tuple(statement for made in (*cancelled, *begun) for statement in made)

    def _cancelled(self, timer: model.Timer) -> Statements:
        return _told(self.lowering.symbols.attribute("timer", timer.name), "timer", timer.count, (("cancel", ()),))

    def _counter_reset(self, reset: CounterReset) -> Statements:
        attribute = self.lowering.symbols.attribute("counter", reset.counter.name)
        if reset.restart:
            calls: _Calls = (("reset", ()),)
        else:
            calls = (("start" if reset.runs else "stop", ()), ("load", (self.lowering.number(reset.start),)))
        return _told(attribute, "counter", reset.counter.count, calls)

    # --- construction ------------------------------------------------------------------------

    def _counter(self, counter: model.Counter) -> Node:
        number = self.lowering.number
        period = listing("(", map(number, counter.period), ")")
        words = [Node(f"env.clocks.{counter.clock}"), keyword("period", period), Node(f"width={counter.width}")]
        if counter.phase != "clock":
            words.append(Node(f'phase="{counter.phase}"'))
        if counter.enable is not None:
            words.append(Node("enabled=False"))
        if counter.reset != ir.Int(0):
            words.append(keyword("start", number(counter.reset)))
        made = call("Counter", words, imported("Counter"))
        name = "index" if names_local((counter.period, counter.reset), "index") else "_"
        return self._array(made, name, counter.count)

    def _timer(self, timer: model.Timer) -> Node:
        expired = Node(f"self.{self.lowering.symbols.attribute('expired', timer.name)}")
        if timer.count is not None:
            expired = call("partial", (expired, Node("index")), imported("partial"))
        made = call("Timer", (Node(f"env.clocks.{timer.clock}"), expired), imported("Timer"))
        return self._array(made, "index", timer.count)

    def _array(self, made: Node, name: str, count: ir.Expr | None) -> Node:
        if count is None:
            return made
        turns = Node(f"for {name} in range({self.lowering.number(count).text})")
        return comprehension("", "[", (made, turns), "]")

    def _attached(self, alarm: Alarm) -> Statement:
        symbols = self.lowering.symbols
        timer, arm = symbols.attribute("timer", alarm.timer.name), symbols.attribute("arm", alarm.timer.name)
        counter = f"self.{symbols.attribute('counter', alarm.counter.name)}"
        if alarm.timer.count is None:
            return Line("", call(f"{counter}.add_alarm", (Node(f"self.{timer}"), Node(f"self.{arm}"))))
        element = "[index]" if alarm.counter.count is not None else ""
        bound = call("partial", (Node(f"self.{arm}"), Node("index")), imported("partial"))
        added = Line("", call(f"{counter}{element}.add_alarm", (Node("timer"), bound)))
        return each("timer", timer, True, (added,))

    # --- methods -----------------------------------------------------------------------------

    def _methods(self, plan: TimerPlan) -> module.Timer:
        timer, alarm = plan.timer, plan.alarm
        index = () if timer.count is None else ("index: int",)
        body = StatementLowering(self.lowering).statements(plan.expiry) or (PASS,)
        symbols = self.lowering.symbols
        return module.Timer(
            name=timer.name,
            description=timer.description,
            counter="" if alarm is None else alarm.counter.name,
            arm=None if alarm is None else module.Method(symbols.attribute("arm", timer.name), index, self._arm(alarm)),
            expired=module.Method(symbols.attribute("expired", timer.name), index, body),
        )

    def _arm(self, alarm: Alarm) -> Statements:
        """Arm on the counter: so many ticks from now, as ``due`` and ``align`` say."""
        symbols = self.lowering.symbols
        index = "" if alarm.timer.count is None else "[index]"
        counter = f"self.{symbols.attribute('counter', alarm.counter.name)}"
        counter += index if alarm.counter.count is not None else ""
        timer = f"self.{symbols.attribute('timer', alarm.timer.name)}{index}"
        when = call(f"{counter}.{'time_of' if alarm.align == 'edge' else 'time_after'}", (Node("ticks"),))
        stands = Block(Line(f"if not {counter}.enabled:"), (Line("", call(f"{timer}.wait")), Line("return")))
        waits = (stands,) if alarm.waits else ()
        arm = Line("", call(f"{timer}.arm_at", (when,), local("index").uses if index else NOTHING))
        return (*waits, Line("ticks = ", self._ticks(alarm)), arm)

    def _ticks(self, alarm: Alarm) -> Node:
        """How many ticks it takes, also where the counter stands at the match already."""
        ticks = self.lowering.number(alarm.ticks)
        return chain(OR, (("", ticks), ("or", Node(hexadecimal(alarm.at_match))))) if alarm.at_match else ticks


_Calls = tuple[tuple[str, tuple[Node, ...]], ...]


def _told(attribute: str, item: str, count: ir.Expr | None, calls: _Calls) -> Statements:
    """Calls of one thing's methods, or of those of every element of a list."""
    target = f"self.{attribute}" if count is None else item
    body = tuple(Line("", call(f"{target}.{method}", arguments)) for method, arguments in calls)
    return body if count is None else (each(item, attribute, False, body),)
