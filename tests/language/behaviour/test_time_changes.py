"""The moments at which a level that follows time may change, against a walk through every count."""

from __future__ import annotations

import pytest
from behaviour_bench import Bench
from behaviour_machine import Machine
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.language.behaviour.ramps import Change, NotFollowedError
from devgen.language.behaviour.time_changes import ChangeFinder
from devgen.language.ir import CounterPlace, Expr, Int, Now
from devgen.language.model import Counter
from devgen.language.scope import CounterEntry, StateEntry

WIDTH = 6
COUNTS = range(1 << WIDTH)


def bench() -> Bench:
    made = Bench()
    for entry in (
        CounterEntry("c", WIDTH, None),
        CounterEntry("d", WIDTH, None),
        StateEntry("s", 8, None),
        StateEntry("t", 4, None),
    ):
        made.scope.declare(entry)
    made.function("late(limit: u8)", "c > limit")
    made.function("left()", "u6(s - c)")
    return made


def counter(name: str) -> Counter:
    return Counter(name, "virtual", (Int(1), Int(1)), WIDTH, None, Int(0), "clock", None, False, "")


def compiled(source: str) -> tuple[Expr, ChangeFinder, Machine]:
    """The expression, the finder of its device's changes, and a machine that computes it."""
    made = bench()
    expr = made.expression(source, expect="bool")
    functions = {one.name: one for one in made.finish().functions}
    assert expr is not None, made.told()
    finder = ChangeFinder(functions, {}, {name: counter(name) for name in "cd"})
    return expr, finder, Machine(lambda _key, _width: 0, {}, functions=functions)


def predicted(changes: tuple[Change, ...], machine: Machine, count: int) -> bool:
    """Whether one of the changes that matter just before ``count`` comes at ``count``."""
    machine.values["counter", "c"] = (count - 1) % len(COUNTS)
    live = [one for one in changes if one.guard is None or machine.value(one.guard)]
    return any((machine.value(one.at) - count) % machine.value(one.modulus or Int(0)) == 0 for one in live)


def moments(changes: tuple[Change, ...], machine: Machine) -> set[int]:
    """The counts at which something may change."""
    return {count for count in COUNTS if predicted(changes, machine, count)}


def truths(expr: Expr, machine: Machine) -> list[bool]:
    result = []
    for count in COUNTS:
        machine.values["counter", "c"] = count
        result.append(bool(machine.compute(expr)))
    return result


COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def filled(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts of ``template`` with each {} filled."""
    return st.tuples(*parts).map(lambda texts: template.format(*texts))


def larger_ramp(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operations = "+ s|- s|+ 5|- 7|* 3|% 5|% (t + 1)|// 3|// (t + 1)|>> 2|>> t|& 0x1c|& 7|<< 1"
    return st.one_of(
        filled("({} {})", inner, st.sampled_from(operations.split("|"))),
        filled("{}({})", st.sampled_from(["u4", "u6", "u7", "s4", "s6", "s7"]), inner),
        filled("{}({}, s)", st.sampled_from(["min", "max"]), inner),
        filled("({} - {})", st.sampled_from(["s", "40"]), inner),
        filled("(~{})", inner),
        filled("u8({})[5:2]", inner),
    )


def larger_test(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        filled("not ({})", inner),
        filled("(({}) {} s) + t > 20", inner, st.sampled_from(["and", "or"])),
        filled("({}) {} ({})", inner, st.sampled_from(["and", "or", "=="]), inner),
        filled("({}) if ({}) else ({})", inner, inner, inner),
    )


RAMPS = st.recursive(st.just("c"), larger_ramp, max_leaves=3)
TESTS = st.recursive(
    st.one_of(
        filled("{} {} {}", RAMPS, st.sampled_from(COMPARISONS), st.sampled_from(["s", "20", "t * 3", "s - 9"])),
        filled("{} {} {}", st.sampled_from(["s", "20"]), st.sampled_from(COMPARISONS), RAMPS),
        filled("10 <= {} < {}", RAMPS, st.sampled_from(["s", "40"])),
        filled("{} != 0", RAMPS),
        st.sampled_from(["late(s)", "left() > 3", "c[3]", "c[t[1:0]]", "s > 100", "s and c // s > 2"]),
    ),
    larger_test,
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(source=TESTS, s=st.integers(0, 255), t=st.integers(0, 15))
def test_nothing_changes_at_any_other_moment(source: str, s: int, t: int) -> None:
    try:
        expr, finder, machine = compiled(source)
        changes = finder.changes(expr)
    except NotFollowedError:
        return  # refusals have a table of their own
    machine.values["state", "s"], machine.values["state", "t"] = s, t
    seen = truths(expr, machine)
    changed = {count for count in COUNTS if seen[count] != seen[count - 1]}
    assert changed <= moments(changes, machine)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("c >= s", {0, 20}),
        ("c > s", {0, 21}),
        ("s <= c", {0, 20}),
        ("c == s", {0, 20, 21}),
        ("c >> 2 >= 3", {0, 12}),
        ("c // 10 >= 3", {0, 30}),
        ("s6(c - s) >= 0", {0, 20, 52}),
        ("u6(c + 10) >= s", {0, 10, 54}),
        ("s - c >= 0", {0, 21}),
        ("c[4]", {0, 16, 32, 48}),
        ("late(s)", {0, 21}),
        ("s > 3", set()),
        ("s > 3 and c < 40", {0, 40}),
        ("s > 99 and c < 40", set()),
        ("c < 9 or c > 30", {0, 9, 31}),
        ("(c >= 8) == (s > 3)", {0, 8}),
    ],
)
def test_moments_are_few(source: str, expected: set[int]) -> None:
    expr, finder, machine = compiled(source)
    machine.values["state", "s"] = 20
    assert moments(finder.changes(expr), machine) == expected


def test_a_clock_reaches_a_time_once() -> None:
    expr, finder, _ = compiled("now >= 500")
    assert finder.changes(expr) == (Change(Now("virtual"), Int(500), None),)


def test_a_counter_is_compared_modulo_its_width() -> None:
    expr, finder, _ = compiled("c >= 9")
    assert finder.changes(expr)[0] == Change(CounterPlace("c"), Int(9), Int(64))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("c ^ s", "'^' of a value that changes with every tick"),
        ("c >= d", "compares two values"),
        ("c - d > 3", "computes with two values"),
        ("s // (c + 1) > 3", "the right operand of '//'"),
        ("load32(s) > 3", "guest memory"),
        ("popcount(c) > 3", "the argument of popcount()"),
        ("c & 5", "ones side by side"),
        ("(c if s > 3 else 0) > 4", "a branch"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_the_reason(source: str, why: str) -> None:
    expr, finder, _ = compiled(source)
    with pytest.raises(NotFollowedError, match=why.replace("(", r"\(").replace(")", r"\)").replace("^", r"\^")):
        finder.changes(expr)


def test_calls_that_double_are_bounded() -> None:
    made = bench()
    made.function("f0(n: u8)", "c > n")
    for depth in range(1, 20):
        made.function(f"f{depth}(n: u8)", f"f{depth - 1}(n) and f{depth - 1}(n ^ 1)")
    expr = made.expression("f19(3)", expect="bool")
    functions = {one.name: one for one in made.finish().functions}
    assert expr is not None, made.told()
    with pytest.raises(NotFollowedError, match="parts"):
        ChangeFinder(functions, {}, {"c": counter("c")}).changes(expr)
