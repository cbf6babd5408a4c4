"""Whatever a description computes, the result lies in the range that the compiler worked out."""

from __future__ import annotations

import random

import pytest
from behaviour_bench import Bench, hook, small
from behaviour_machine import OPERATIONS, Machine
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from devgen.language.behaviour import ranges
from devgen.language.ir import Range, Stmt
from devgen.language.model import Action, Function

LEAVES = [
    "MR",
    "CR",
    "CR.MODE",
    "CR.ENABLE",
    "DATA[1]",
    "offset",
    "value",
    "timers",
    "fast",
    "history[0]",
    "CR.MODE.RUN",
]
NUMBERS = ["0", "1", "2", "7", "0xff", "0x80000000", "0xffffffffffffffff", "12345"]
BINARY = ["+", "-", "*", "&", "|", "^", "//", "%", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "and", "or"]


def expressions(leaves: list[str]) -> st.SearchStrategy[str]:
    """Texts of expressions; most of them compile."""

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from(BINARY), inner),
            st.builds("({} // max({}, 1))".format, inner, inner),
            st.builds("({} % ({} | 1))".format, inner, st.sampled_from(leaves)),
            st.builds("({} % -7)".format, inner),
            st.builds("({} << {}[2:0])".format, inner, inner),
            st.builds("({} >> ({} & 31))".format, inner, inner),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("{}({})".format, st.sampled_from(["-", "~", "not "]), inner),
            st.builds("{}({})".format, st.sampled_from(["u8", "u32", "s5", "s32", "u64", "abs", "bool", "u1"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
            st.builds("popcount(u64({}))".format, inner),
            st.builds("bit_length(u64({}))".format, inner),
            st.builds("{}[{}]".format, inner, st.sampled_from(["7:0", "3", "31:4", "0"])),
            st.builds("DATA[{} % 4]".format, inner),
            st.builds("T[min({}[4:0], timers)].CMP".format, inner),
        )

    return st.recursive(st.sampled_from(leaves + NUMBERS), grow, max_leaves=12)


def machine(bench: Bench, seed: int) -> Machine:
    """A machine whose storage starts with values that are often at the ends of their ranges."""
    rng = random.Random(seed)

    def draw(_: tuple[object, ...], width: int) -> int:
        top = (1 << width) - 1
        return rng.choice((0, 1, top, top - 1, top >> 1, rng.randint(0, top), rng.randint(0, min(top, 40))))

    timers = rng.choice((3, 4, 31, 32))
    counts = {("register", "DATA"): 4, ("state", "history"): 4, ("register", "T.CMP"): timers + 1}
    counts |= {("register", "T.CONFIG"): timers + 1, ("state", "period"): timers + 1, ("state", "slots"): timers}
    compiled = bench.finish()
    functions: dict[str, Function] = {one.name: one for one in compiled.functions}
    actions: dict[str, Action] = {one.name: one for one in compiled.actions}
    properties = {"timers": timers, "fast": rng.randint(0, 1)}
    return Machine(draw, properties, counts, functions, actions, locals={"value": draw((), 32)})


@settings(max_examples=200, deadline=None)
@given(expressions(LEAVES), st.integers(0, 2**32))
def test_result_lies_in_its_range(source: str, seed: int) -> None:
    bench = small()
    value = bench.expression(source, hook(bench))
    assume(value is not None)
    assert value is not None
    for turn in range(4):
        machine(bench, seed + turn).value(value)


SIDES = st.integers(-(2**70), 2**70) | st.integers(-9, 9)
BOUNDS = st.tuples(SIDES, SIDES).map(lambda two: (min(two), max(two)))
BINARY_RANGES = {
    "+": ranges.add,
    "-": ranges.subtract,
    "*": ranges.multiply,
    "//": ranges.divide,
    "%": ranges.modulo,
    "&": ranges.bit_and,
    "|": ranges.bit_or,
    "^": ranges.bit_xor,
    "<<": ranges.shift_left,
    ">>": ranges.shift_right,
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(BINARY_RANGES)), BOUNDS, BOUNDS, st.data())
def test_operator_range_holds_every_result(
    op: str, a: tuple[int, int], b: tuple[int, int], data: st.DataObject
) -> None:
    if op in ("<<", ">>"):
        b = (abs(b[0]) % 100, abs(b[0]) % 100 + abs(b[1]) % 28)
    if op in ("//", "%"):
        assume(b[0] > 0 or b[1] < 0)
    x, y = data.draw(st.integers(*a)), data.draw(st.integers(*b))
    result = OPERATIONS[op](x, y)
    assert Range(result, result).within(BINARY_RANGES[op](Range(*a), Range(*b)))
    open_a = Range(None if data.draw(st.booleans()) else a[0], None if data.draw(st.booleans()) else a[1])
    assert Range(result, result).within(BINARY_RANGES[op](open_a, Range(*b)))


def small_ranges() -> list[tuple[int, int]]:
    return [(low, high) for low in range(-5, 6) for high in range(low, 6)]


def test_operator_ranges_are_sound_on_all_small_numbers() -> None:
    for op, combine in BINARY_RANGES.items():
        for a in small_ranges():
            for b in small_ranges():
                if (op in ("//", "%") and b[0] <= 0 <= b[1]) or (op in ("<<", ">>") and b[0] < 0):
                    continue
                found = combine(Range(*a), Range(*b))
                results = [OPERATIONS[op](x, y) for x in range(a[0], a[1] + 1) for y in range(b[0], b[1] + 1)]
                assert Range(min(results), max(results)).within(found), (op, a, b)
                if op in ("+", "-", "*", "//", "<<", ">>"):
                    assert (found.lo, found.hi) == (min(results), max(results)), (op, a, b)


# --- statements: narrowing, joins and loops --------------------------------------------

NAMES = [*LEAVES, "a", "b", "c", "T[n].CONFIG.ROUTE", "slots[m]"]
TARGETS = {
    "MR": "u32",
    "CR.MODE": "u3",
    "MR[7:4]": "u4",
    "MR[a % 32]": "u1",
    "DATA[b % 4]": "u8",
    "offset": "u64",
    "a": "u8",
    "b": "s8",
    "c": "",
    "b[0]": "u1",
    "T[n].CONFIG.ROUTE": "u5",
    "period[n]": "u64",
}


VALUES = expressions(NAMES)


def draw_test(draw: st.DrawFn) -> str:
    kind, name, value = draw(st.integers(0, 4)), draw(st.sampled_from(NAMES)), draw(VALUES)
    op = draw(st.sampled_from(BINARY[10:16]))
    other = draw(st.sampled_from(NAMES + NUMBERS))
    return (
        value,
        f"{name} {op} {other}",
        f"{other} < {name} <= {value}",
        f"{name} {op} {value} and not {other}",
        f"{name} {op} {other} or {other} < {value}",
    )[kind]


def draw_line(draw: st.DrawFn) -> str:
    value = draw(VALUES)
    target = draw(st.sampled_from(sorted(TARGETS)))
    kind = draw(st.integers(0, 6))
    if kind < 3:
        return f"{target} = {TARGETS[target]}({value})"
    return (
        f"{target} = {draw(st.sampled_from(NAMES + NUMBERS))}",
        f"{draw(st.sampled_from(['a', 'c', 'MR']))} {draw(st.sampled_from(['+=', '-=', '&=']))} {value}",
        f"a += 1 if a < {draw(st.integers(0, 255))} else 0",
        f"work({value})",
    )[kind - 3]


def draw_block(draw: st.DrawFn, depth: int) -> list[str]:
    """Draw a statement with all that belongs to it."""
    kind = draw(st.integers(0, 5)) if depth else 0

    def inner() -> list[str]:
        blocks = [draw_block(draw, depth - 1) for _ in range(draw(st.integers(1, 2)))]
        return [f"  {line}" for block in blocks for line in block]

    if kind < 2:
        return [draw_line(draw)]
    if kind == 2:
        return [f"for i{depth} in range({draw(st.sampled_from(['2', '5', '100', 'timers', 'value[1:0]']))}):", *inner()]
    if kind == 3:
        return ["if m < timers:", *inner(), f"  {draw(st.sampled_from(['MR', 'offset']))} = slots[m]"]
    return [f"if {draw_test(draw)}:", *inner(), "else:", *inner()]


@st.composite
def programs(draw: st.DrawFn) -> list[str]:
    """Draw statements, each with all its lines."""
    return ["\n".join(draw_block(draw, 3)) for _ in range(draw(st.integers(1, 6)))]


PRELUDE = "a: u8 = 3\nb: s8 = -1\nc: int = 0\nn: int = timers\nm: int = fast * 9\n"
WORK = "q: u32 = u32(x)\nif x < 10:\n    MR = q\nelse:\n    history[q % 4] = min(q + 1, 9)"


def compiled(source: str) -> tuple[Bench, tuple[Stmt, ...]]:
    bench = small()
    bench.action("work(x)", WORK)
    stmts = bench.statements(source, hook(bench))
    bench.finish()
    return bench, stmts


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(programs(), st.integers(0, 2**32))
def test_every_value_of_a_run_lies_in_its_range(blocks: list[str], seed: int) -> None:
    source = PRELUDE
    for block in blocks:
        if not compiled(source + block)[0].sink.failed:
            source += block + "\n"
    bench, stmts = compiled(source)
    assert not bench.sink.failed, bench.told()
    for turn in range(3):
        machine(bench, seed + turn).run(stmts)
