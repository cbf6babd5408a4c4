"""What expressions and statements mean, what is refused, and what the refusal says."""

from __future__ import annotations

import pytest
from behaviour_bench import hook, small, text

from devgen.language.behaviour import compile_statements
from devgen.language.diagnostics.reporting import SourceText
from devgen.language.ir import (
    Assign,
    Binary,
    BitsPlace,
    Builtin,
    Declare,
    Expr,
    FieldPlace,
    If,
    Int,
    LinePlace,
    Load,
    LocalPlace,
    Pulse,
    Range,
    RegisterPlace,
    TimerOp,
    Unary,
    Wrap,
)
from devgen.language.model import Mark
from devgen.language.scope import RegisterEntry, Scope

RANGES = [
    ("0x1c + 0b101 + 0o17 + 1_000", 1048, 1048),
    ("MR", 0, 2**32 - 1),
    ("-MR", -(2**32) + 1, 0),
    ("MR & -256", 0, 2**32 - 1),
    ("~value & 0xff", 0, 255),
    ("MR % 10", 0, 9),
    ("MR % -10", -9, 0),
    ("(MR & 7) << (CR.MODE & 3)", 0, 56),
    ("MR >> 28", 0, 15),
    ("s8(MR)", -128, 127),
    ("u8(timers)", 3, 32),
    ("min(MR, timers)", 0, 32),
    ("abs(MR - 10)", 0, 2**32 - 11),
    ("popcount(MR)", 0, 32),
    ("bit_length(MR | 0x10)", 5, 32),
    ("bool(MR) + (MR == 3) + (not MR)", 0, 3),
    ("value[15:8]", 0, 255),
    ("(timers * 2)[0]", 0, 1),
    ("CR.MODE.RUN | 0x10", 0x11, 0x11),
    ("MR if MR < 10 else 10", 0, 10),
    ("MR // (MR if MR else 1)", 0, 2**32 - 1),
    ("MR - RIS if RIS <= MR and RIS == 7 else 0", -7, 2**32 - 8),
    ("history[0] if not (history[0] > 5 or MR) else 6", 0, 6),
    ("now // 10", 0, (2**63 - 1) // 10),
    ("t[timers].armed + t[0].deadline", 0, 2**128),
    ("load16(MR)", 0, 65535),
    ("rx.count + rx.free + rx.empty + rx.full", 0, 34),
    ("rx[15] + rx[MR[3:0]][7:4]", 0, 270),
    ("seconds + ticks[3]", 0, 2**64 + 2**32 - 2),
    ("intr | led | pit", 0, 1),
    ("label == 'x' or label != \"y\"", 0, 1),
    ("3 if 1 < MR <= 7 and MR != 7 and MR[0] else MR & 1", 0, 3),
]


@pytest.mark.parametrize(("source", "low", "high"), RANGES, ids=[one[0] for one in RANGES])
def test_range(source: str, low: int, high: int) -> None:
    bench = small()
    value = bench.expression(source, hook(bench))
    assert value is not None, bench.told()
    assert (value.range.lo, value.range.hi) == (low, high)


def value_of(source: str) -> Expr | None:
    bench = small()
    return bench.expression(source, hook(bench))


def test_constants_fold() -> None:
    assert value_of("(1 << 40) // 3 - popcount(0xff) + (2 > 1)") == Int((1 << 40) // 3 - 8 + 1)


def test_a_needless_wrap_vanishes() -> None:
    assert value_of("u32(MR)") == value_of("MR")
    assert isinstance(value_of("u32(MR + 1)"), Wrap)


def test_an_alias_means_its_target() -> None:
    assert value_of("MR2") == value_of("MR")


def test_siblings_of_a_register_file_are_visible() -> None:
    bench = small()
    scope = bench.scope.hook(file="T", value=Range.unsigned(64))
    value = bench.expression("CMP", scope)
    assert isinstance(value, Load)
    assert isinstance(value.place, RegisterPlace)
    assert (value.place.file, value.place.register) == ("T", "CMP")
    assert isinstance(value.place.index, Load)
    assert value.place.index.place == LocalPlace("index")
    assert bench.expression("period[index] + CONFIG.ROUTE", scope) is not None
    assert bench.codes() == []


def test_deferred_names_are_made_when_used() -> None:
    made = []

    def make() -> RegisterEntry:
        made.append(1)
        return RegisterEntry("LATE", 8)

    bench = small()
    bench.scope.defer("LATE", make)
    assert bench.expression("MR") is not None
    assert made == []
    assert bench.expression("LATE + LATE") is not None
    assert made == [1]


# --- statements ------------------------------------------------------------------------

FINE = {
    "bits": "MR[7:0] = value[15:8]\nCR.MODE[1] = 1\nMR[value[4:0]] = value[0]",
    "saturate": "MR = min(MR + 1, 0xffffffff)",
    "count down": "if MR:\n    MR -= 1",
    "count up conditionally": "MR += 1 if MR < 100 else 0",
    "guarded index": "n: int = MR\nif n < timers:\n    slots[n] = 1",
    "guarded the other way": "n: int = MR\nif timers <= n:\n    pass\nelse:\n    slots[n] = 1",
    "guard by inequality": "for n in range(timers + 1):\n    if n != timers:\n        slots[n] = 1",
    "mirrored index": "for n in range(timers):\n    slots[timers - 1 - n] = 1",
    "shifted index": "for n in range(timers):\n    period[n + 1] = period[n]",
    "sum in a loop": "total: int = 0\nfor n in range(8):\n    total += n\nDATA[0] = total",
    "wrap in a loop": "sum: u8 = 0\nfor n in range(1000):\n    sum = u8(sum + n)\nDATA[0] = sum",
    "declared in both branches": "if MR:\n    x: u8 = 1\n    MR = x\nelse:\n    x: u8 = 2\n    MR = x",
    "bool": "b: bool = MR > 3\nif b:\n    MR = b",
    "line takes any number": "led = MR & RIS\nirq[value[4:0]] = value",
    "actions of things": "late.arm()\nt[3].arm_in(10)\nt[timers].arm_at(now + 5)\nt[0].cancel()",
    "counters": "ticks[1].stop()\nticks[1].start()\nseconds.load(MR)",
    "events": "CHANGE(kind=3, offset=value)\nDONE()",
    "streams and memory": "serial.send(value[7:0])\nstore16(offset, 0xffff)",
    "fifos": "if not rx.full:\n    rx.push(value[7:0])\nMR = rx[0] + rx[rx.count % 16][3:0]\nrx.pop()\nrx.clear()",
    "pulse": "pulse(irq[3])\npulse(led)",
    "elif": "if MR == 1:\n    MR = 2\nelif MR == 2:\n    MR = 3\nelse:\n    pass",
    "comment": "# only this\nMR = 1  # and this",
    "several lines": "MR = min(\n    MR + 1,\n    7,\n)",
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE)
def test_fine(source: str) -> None:
    bench = small()
    stmts = bench.statements(source, hook(bench))
    assert bench.told() == ""
    assert stmts


FORGETS = {
    "after an assignment": ("if MR < 4:\n    MR = value\n    DATA[MR] = 1", "DG0530"),
    "after an action": ("if MR < 4:\n    touch()\n    DATA[MR] = 1", "DG0530"),
    "after driving a line": ("if MR < 4:\n    led = 1\n    DATA[MR] = 1", "DG0530"),
    "after the branch": ("if MR < 4:\n    pass\nDATA[MR] = 1", "DG0530"),
    "of a computed register": ("if DR < 4:\n    DATA[DR] = 1", "DG0530"),
    "of a counter": ("if seconds < 4:\n    DATA[seconds] = 1", "DG0530"),
    "when the index changes": ("n: u8 = 0\nif history[n % 4] < 4:\n    n = 1\n    DATA[history[n % 4]] = 1", "DG0530"),
    "of a local in a loop": ("n: u8 = 0\nfor i in range(9):\n    DATA[n] = 1\n    n = u8(n + 1)", "DG0530"),
    "of a sum in a long loop": ("n: int = 0\nfor i in range(1000):\n    n = n + 1", "DG0534"),
    "of an unnamed element": ("if history[0] < 4:\n    history[MR % 4] = value\n    DATA[history[0]] = 1", "DG0530"),
    "of a field with its register": ("if CR.MODE < 4:\n    CR = value\n    DATA[CR.MODE] = 1", "DG0530"),
    "of an element that a function picks": (
        "if history[pick()] < 4:\n    RIS = value\n    DATA[history[pick()]] = 1",
        "DG0530",
    ),
    "of an element that time picks": ("if history[now % 4] < 4:\n    DATA[history[now % 4]] = 1", "DG0530"),
    "of an element that a counter picks": (
        "if history[seconds % 4] < 4:\n    DATA[history[seconds % 4]] = 1",
        "DG0530",
    ),
    "of an element that a FIFO picks": (
        "if history[rx.count % 4] < 4:\n    rx.pop()\n    DATA[history[rx.count % 4]] = 1",
        "DG0530",
    ),
    "of an element that a computed register picks": (
        "if history[DR % 4] < 4:\n    DATA[history[DR % 4]] = 1",
        "DG0530",
    ),
    "after guest memory was read": ("if MR < 4:\n    RIS = load32(0)\n    DATA[MR] = 1", "DG0530"),
}


@pytest.mark.parametrize(("source", "code"), FORGETS.values(), ids=FORGETS)
def test_what_was_known_is_forgotten(source: str, code: str) -> None:
    bench = small()
    bench.action("touch()", "MR = 7")
    bench.function("pick()", "RIS % 4")
    bench.statements(source, hook(bench))
    bench.finish()
    assert code in bench.codes(), bench.told()


def test_parameters_are_what_the_calls_give() -> None:
    bench = small()
    bench.action("put(n, x)", "slots[n] = x")
    bench.statements("for n in range(timers):\n    put(n, 200)\nput(2, 1)")
    bench.finish()
    assert bench.codes() == []
    bench.statements("put(timers, 0)")
    bench.finish()
    assert bench.codes() == ["DG0530"]
    assert "state slots has timers elements" in bench.told()


def test_function_ranges_depend_on_the_call() -> None:
    bench = small()
    bench.function("next(x)", "x + 1")
    assert bench.expression("next(3)", expect=Range.unsigned(3)) is not None
    assert bench.expression("next(value)", hook(bench), expect=Range.unsigned(32)) is None
    compiled = bench.finish()
    assert bench.codes() == ["DG0535"]
    assert (compiled.functions[0].body.range.lo, compiled.functions[0].body.range.hi) == (1, 2**32)


def test_computed_bit_is_spelled_out() -> None:
    bench = small()
    (stmt,) = bench.statements("MR[value[4:0]] = 1", hook(bench))
    assert isinstance(stmt, Assign)
    assert isinstance(stmt.value, Binary)
    assert stmt.value.range.within(Range.unsigned(32))


def test_shapes_of_statements() -> None:
    bench = small()
    source = (
        "x: u8 = value[7:0]\nCR.MODE = x[2:0]\nMR[3:0] = 1\nled = x\npulse(irq[1])\nlate.arm()\nif not x:\n    pass"
    )
    declare, field, bits, line, pulse, arm, test = bench.statements(source, hook(bench))
    assert isinstance(declare, Declare)
    assert isinstance(field, Assign)
    assert isinstance(field.place, FieldPlace)
    assert (field.place.lsb, field.place.width) == (4, 3)
    assert isinstance(bits, Assign)
    assert isinstance(bits.place, BitsPlace)
    assert isinstance(line, Assign)
    assert isinstance(line.value, Builtin)
    assert line.value.range == Range(0, 1)
    assert pulse == Pulse(LinePlace("interrupt", "irq", Int(1)))
    assert arm == TimerOp("late", "arm")
    assert isinstance(test, If)
    assert isinstance(test.test, Unary)


def test_a_list_of_texts_is_one_sequence() -> None:
    bench = small()
    texts = [text("x: u8 = 3", 10), text("MR = x", 11), text("MR = y", 12)]
    compile_statements(texts, bench.scope, bench.sink)
    (one,) = bench.found()
    assert (one.code, one.mark.line, one.mark.column) == ("DG0510", 12, 6)


def test_marks_follow_the_locator() -> None:
    bench = small()

    def locate(line: int, column: int) -> Mark:
        return Mark("d.yaml", 100 + line, 10 + column)

    source = SourceText("MR = 1\nif MR:\n    MR = nothing", Mark("d.yaml", 100, 5), locate)
    compile_statements(source, bench.scope, bench.sink)
    assert [(one.mark.line, one.mark.column) for one in bench.found()] == [(103, 20)]
    bench.expression("(MR +\n  nought)")
    first = bench.found()[0]
    assert (first.mark.line, first.mark.column) == (2, 3)


def test_all_errors_of_a_text_are_told() -> None:
    bench = small()
    bench.statements("MR = foo + bar\nRIS = MR + 1\nif baz:\n    intr = 1")
    assert sorted(bench.codes()) == ["DG0510", "DG0510", "DG0510", "DG0535", "DG0601"]


HINTS = [
    ("MR = RISS", "did you mean 'RIS'?"),
    ("valeu: u8 = 1\nMR = value", "did you mean 'valeu'?"),
    ("alarm.cancle()", "did you mean 'cancel'?"),
    ("CHANGE(offst=1, kind=1)", "did you mean 'offset'?"),
    ("CR.MOD = 1", "did you mean 'MODE'?"),
    ("MR = CR.MODE.RUNS", "did you mean 'RUN'?"),
    ("MR = MR + 1", "`u32(...)` keeps the low 32 bits"),
    ("MR = MR - 1", "`max(..., 0)` stops at zero"),
    ("count = 1", "a new local is declared with its type: `count: u32 = ...`"),
    ("MR = alarm", "`alarm.armed` and `alarm.deadline` are values"),
    ("while MR:\n    pass", "`for n in range(...)` has a bound"),
]


@pytest.mark.parametrize(("source", "hint"), HINTS, ids=[one[0] for one in HINTS])
def test_hint(source: str, hint: str) -> None:
    bench = small()
    bench.statements(source)
    assert hint in bench.told()


def test_what_is_used_and_driven() -> None:
    bench = small()
    bench.action("raise_it()", "irq[3] = MR\npulse(led)")
    bench.action("never()", "MR = 1")
    bench.statements("raise_it()")
    compiled = bench.finish()
    assert compiled.driven == {"irq", "led"}
    assert {"irq", "led", "MR", "raise_it"} <= compiled.used
    assert "RIS" not in compiled.used
    assert bench.codes() == ["DG0609"]


def test_an_empty_scope_knows_the_language_only() -> None:
    bench = small()
    bench.scope = Scope()
    assert bench.expression("now + 1") is not None
    assert bench.expression("MR") is None
