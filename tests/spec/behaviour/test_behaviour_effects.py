"""What behaviour reads and writes, through everything that it calls."""

from __future__ import annotations

from behaviour_bench import Bench, hook, small

from devgen.spec.behaviour.effects import Effects
from devgen.spec.ir import Expr, Int
from devgen.spec.model import Timer


def effects(bench: Bench, **computed: Expr) -> Effects:
    compiled = bench.finish()
    assert bench.codes() == []
    expiry = bench.statements("RIS.ALARM = 1")
    alarm = Timer("alarm", "virtual", "seconds", Int(0), "edge", "now", expiry, None, False, "")
    late = Timer("late", "virtual", "seconds", Int(0), "edge", "tick", expiry, None, False, "")
    functions = {one.name: one for one in compiled.functions}
    actions = {one.name: one for one in compiled.actions}
    return Effects(functions, actions, {"alarm": alarm, "late": late}, computed)


def reads(source: str) -> set[tuple[str, str]]:
    bench = small()
    bench.function("f(x)", "x + history[0] + now // 2")
    value, computed = bench.expression(source, hook(bench)), bench.expression("seconds & MR")
    bench.expression("f(1)")
    assert value is not None
    assert computed is not None
    return set(effects(bench, DR=computed).reads(value))


def writes(source: str) -> set[tuple[str, str]]:
    bench = small()
    bench.action("inner(n)", "irq[n] = 1\nx: u8 = 3\nMR = x")
    bench.action("outer(n)", "for i in range(2):\n    if MR:\n        inner(n)")
    stmts = bench.statements("outer(1)\n" + source if "outer" not in source else source, hook(bench))
    found = set(effects(bench).writes(stmts))
    return found if "outer" in source else found - {("line", "irq"), ("register", "MR")}


def test_reads_of_an_expression() -> None:
    assert reads("RIS & CR.MODE | T[timers].CMP") == {
        ("register", "RIS"),
        ("register", "CR"),
        ("register", "T.CMP"),
        ("property", "timers"),
    }
    assert reads("pit + intr + t[1].armed + load8(value)") == {
        ("gpio_in", "pit"),
        ("line", "intr"),
        ("timer", "t"),
        ("memory", ""),
        ("local", "value"),
    }


def test_reads_go_through_functions_and_computed_registers() -> None:
    assert reads("f(RIS)") == {("register", "RIS"), ("state", "history"), ("clock", "virtual")}
    assert reads("DR") == {("register", "DR"), ("counter", "seconds"), ("register", "MR")}


def test_writes_of_statements() -> None:
    assert writes("CR.MODE = 1\noffset = 0\nled = 1") == {("register", "CR"), ("state", "offset"), ("line", "led")}
    assert writes("seconds.stop()\nt[0].cancel()\nDONE()\nserial.send(1)\nstore8(0, 0)") == {
        ("counter", "seconds"),
        ("timer", "t"),
        ("event", "DONE"),
        ("stream", "serial"),
        ("memory", ""),
    }


def test_writes_go_through_actions() -> None:
    assert writes("outer(3)") == {("line", "irq"), ("register", "MR")}


def test_a_timer_that_may_expire_at_once_writes_what_its_expiry_writes() -> None:
    assert writes("alarm.arm()") == {("timer", "alarm"), ("register", "RIS")}
    assert writes("late.arm()") == {("timer", "late")}


def test_what_statements_read() -> None:
    bench = small()
    bench.action("go()", "if CR.ENABLE:\n    MR = RIS")
    stmts = bench.statements("go()\nhistory[0] = offset[31:0]")
    found = effects(bench).statement_reads(stmts)
    assert found == {("register", "CR"), ("register", "RIS"), ("state", "offset")}


def test_blocks_of_memory() -> None:
    assert writes("load_bytes(0, slots[0], 3)") == {("state", "slots")}
    assert writes("store_bytes(0, slots[0], 3)") == {("memory", "")}
    bench = small()
    stmts = bench.statements("store_bytes(MR, slots[0], 3)\nload_bytes(0, slots[1], RIS)")
    found = effects(bench).statement_reads(stmts)
    assert found == {("register", "MR"), ("state", "slots"), ("memory", ""), ("register", "RIS")}
