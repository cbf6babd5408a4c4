"""The order of what happens at an entry point, as the language promises it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from generated_code import described_in

from devgen.language import ir
from devgen.plan import DevicePlan, plan_device
from devgen.plan.steps import Step, Store, Update, WindowWrite

HEAD = "device: dut\nbus: sysbus\nregions: {r: {space: mmio, size: 4 KiB, registers: {%s}}}\n%s"


def planned(folder: Path, registers: str, rest: str = "") -> DevicePlan:
    """The plan of a device with those registers."""
    return plan_device(described_in(HEAD % (registers, rest), folder))


def told(steps: Iterable[Step] | None) -> list[str]:
    """A word or two for each step."""
    return [_told(step) for step in steps or ()]


def _told(step: Step) -> str:
    match step:
        case Store():
            return f"store {step.place.register}"
        case Update((_, name)):
            return f"update {name}"
        case WindowWrite(window):
            return f"write through {window.region}"
        case ir.Declare(name):
            return f"keep {name}"
        case ir.Assign(ir.RegisterPlace(register)):
            return f"set {register}"
        case ir.Assign(ir.WrittenPlace()):
            return "remember"
        case ir.CounterOp(counter, op) | ir.TimerOp(counter, op):
            return f"{counter}.{op}"
        case _:
            return type(step).__name__.lower()


COUNTER = "counters: {c: {clock: virtual, period: 1 us, width: 32, enable: R.EN}}\n"
IRQ = "interrupts: {irq: {level: S}}\n"
WRITES = [
    ("plain", "R: {at: 0}", "", ["store R"]),
    ("old is kept first", "R: {at: 0, on_write: S = old}, S: {at: 4}", "", ["keep old", "store R", "set S"]),
    ("a write hook replaces the store", "R: {at: 0, write: S = value}, S: {at: 4}", "", ["set S"]),
    (
        "an enable runs before the hook, lines after it",
        "R: {at: 0, fields: {EN: 0, REST: '31:1'}, on_write: S = c}, S: {at: 4}",
        COUNTER + IRQ,
        ["store R", "update c", "set S", "update irq"],
    ),
    (
        "a pulse falls after the hook and before the updates",
        "R: {at: 0, fields: {GO: {bits: 0, singlepulse: true}}, on_write: 'if R.GO: S = 1'}, S: {at: 4}",
        IRQ,
        ["store R", "if", "store R", "update irq"],
    ),
    (
        "a hook runs only if one of its bits took the write",
        "R: {at: 0, fields: {A: 0}, on_write: S = value}, S: {at: 4}",
        "",
        ["store R", "if"],
    ),
    ("write-once bits are remembered", "R: {at: 0, access: rw1}", "", ["keep fresh", "remember", "store R"]),
    ("what nothing can read is not stored", "R: {at: 0, access: wo}", "", []),
    ("nor is it by a hook", "R: {at: 0, on_write: S = 1}, S: {at: 4, access: wo}", "", ["store R", "set S"]),
]


@pytest.mark.parametrize(("registers", "rest", "steps"), [one[1:] for one in WRITES], ids=[one[0] for one in WRITES])
def test_a_write(tmp_path: Path, registers: str, rest: str, steps: list[str]) -> None:
    assert told(planned(tmp_path, registers, rest).registers[None, "R"].write) == steps


def test_lines_follow_in_topological_order(tmp_path: Path) -> None:
    plan = planned(tmp_path, "S: {at: 0}", "interrupts: {both: {level: one}, one: {level: S}}\n")
    assert told(plan.registers[None, "S"].write) == ["store S", "update one", "update both"]


def test_a_read_takes_the_value_between_the_hooks(tmp_path: Path) -> None:
    plan = planned(tmp_path, "S: {at: 0, before_read: T = 1, on_read: T = 2}, T: {at: 4}")
    read = plan.registers[None, "S"].read
    assert read is not None
    assert (told(read.before), told(read.after)) == (["set T"], ["set T"])


def test_a_constant_is_read_from_the_bank(tmp_path: Path) -> None:
    plan = planned(tmp_path, "ID: {at: 0, constant: 0x1234}").registers[None, "ID"]
    assert (plan.read, plan.write, plan.access.fixed) == (None, None, 0x1234)


def test_a_reset_puts_back_all_that_is_not_retained(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, "A: {at: 0}, B: {at: 4, retain: true}", "timers: {t: {clock: virtual, on_expire: A = 1}}\n"
    )
    assert plan.power.reset is not None
    assert [stored.key for stored in plan.power.reset.stored] == [(None, "A")]
    assert [timer.name for timer in plan.power.reset.timers] == ["t"]


@pytest.mark.parametrize(("due", "ticks"), [("tick", 1), ("wrap", 256)])
def test_an_alarm_on_the_present_count_comes_later(tmp_path: Path, due: str, ticks: int) -> None:
    rest = f"""counters: {{c: {{clock: virtual, period: 1 us, width: 8}}}}
timers: {{t: {{counter: c, match: M, due: {due}, on_expire: S = 1}}}}
"""
    plan = planned(tmp_path, "M: {at: 0, width: 8, on_write: t.arm()}, S: {at: 4}", rest)
    alarm = plan.timers[0].alarm
    assert alarm is not None
    assert (alarm.at_match, alarm.waits, alarm.ticks.range) == (ticks, False, ir.Range(0, 255))
