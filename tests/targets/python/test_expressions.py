"""Expressions: what they look like, and that they mean what the language says they mean."""

from __future__ import annotations

from typing import Any

import pytest
from codegen_models import device, field, line, load, local, region, register
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.language import ir
from devgen.language.ir import (
    Binary,
    Compare,
    Conditional,
    FieldPlace,
    FirstNonzero,
    Int,
    Load,
    Logic,
    Range,
    RegisterPlace,
    Slice,
    Unary,
    Wrap,
)
from devgen.plan import plan_device
from devgen.targets.python.lower_expr import Lowering
from devgen.targets.python.symbols import collect

ANY = Range(None, None)
U32 = Range.unsigned(32)
A, B, C = (local(name) for name in "abc")

FIELDS = (field("LOW", 0, 4), field("ONE", 4), field("HIGH", 28, 4))
DEVICE = device(region(register("R", fields=FIELDS), register("Q", 4)), interrupts=(line("irq", count=Int(4)),))
LOWERING = Lowering(collect(plan_device(DEVICE)))


def of_field(name: str, lsb: int, width: int) -> Load:
    return Load(FieldPlace(RegisterPlace("R", 32), name, lsb, width), Range.unsigned(width))


VALUES: list[tuple[ir.Expr, str]] = [
    (load("Q"), "self.Q"),
    (of_field("LOW", 0, 4), "self.R & 0xF"),
    (of_field("ONE", 4, 1), "(self.R >> 4) & 1"),
    (of_field("HIGH", 28, 4), "self.R >> 28"),
    (Binary("*", Binary("+", A, B, ANY), C, ANY), "(a + b) * c"),
    (Binary("+", Binary("*", A, B, ANY), C, ANY), "a * b + c"),
    (Binary("-", A, Binary("-", B, C, ANY), ANY), "a - (b - c)"),
    (Binary("-", Binary("-", A, B, ANY), C, ANY), "a - b - c"),
    (Binary("|", Binary("&", A, B, U32), C, U32), "(a & b) | c"),
    (Binary("&", A, Unary("~", B, ANY), U32), "a & ~b"),
    (Binary("&", A, Int(255), U32), "a & 0xFF"),
    (Binary("<<", Int(1), A, ANY), "1 << a"),
    (Unary("-", Binary("+", A, B, ANY), ANY), "-(a + b)"),
    (Wrap(Binary("+", A, Int(1), Range(1, 1 << 32)), 32, False, U32), "(a + 1) & 0xFFFFFFFF"),
    (Wrap(A, 32, False, U32), "a"),
    (Wrap(A, 32, True, Range.signed(32)), "(a ^ 0x80000000) - 0x80000000"),
    (Slice(A, Int(8), 8, Range(0, 255)), "(a >> 8) & 0xFF"),
    (Slice(A, Int(24), 8, Range(0, 255)), "a >> 24"),
    (Slice(A, B, 1, Range(0, 1)), "(a >> b) & 1"),
    (Compare(Binary("&", A, B, U32), (("!=", Int(0)),)), "a & b != 0"),
    (Conditional(A, Int(1), Int(2), Range(1, 2)), "1 if a else 2"),
    (Logic("or", (Compare(A, (("<", B),)), Compare(B, (("<", C),)))), "a < b or b < c"),
    (Logic("and", (A, B)), "bool(a and b)"),
    (FirstNonzero((A, B), U32), "a or b"),
    (FirstNonzero((Compare(A, (("<", B),)), C), U32), "int(a < b) or c"),
    (Binary("+", FirstNonzero((A, B), U32), C, ANY), "(a or b) + c"),
    (Int(1_000_000_000), "1_000_000_000"),
    (Int(-1), "-1"),
    (Binary("&", of_field("ONE", 4, 4), Slice(A, Int(4), 4, ANY), ANY), "((self.R & a) >> 4) & 0xF"),
    (Binary("&", of_field("ONE", 4, 4), of_field("TWO", 8, 4), ANY), "(self.R >> 4) & 0xF & ((self.R >> 8) & 0xF)"),
]


@pytest.mark.parametrize(("expr", "text"), VALUES, ids=[text for _, text in VALUES])
def test_text(expr: ir.Expr, text: str) -> None:
    assert LOWERING.value(expr).text == text


TRUTHS: list[tuple[ir.Expr, str]] = [
    (of_field("ONE", 4, 1), "self.R & 0x10"),
    (Unary("not", of_field("ONE", 4, 1), ir.BOOL), "not self.R & 0x10"),
    (Logic("and", (of_field("ONE", 4, 1), A)), "self.R & 0x10 and a"),
    (Logic("or", (Logic("and", (A, B)), C)), "(a and b) or c"),
    (Slice(A, Int(3), 1, ir.BOOL), "a & 8"),
]


@pytest.mark.parametrize(("expr", "text"), TRUTHS, ids=[text for _, text in TRUTHS])
def test_text_of_a_test(expr: ir.Expr, text: str) -> None:
    assert LOWERING.truth(expr).text == text


def test_a_truth_value_is_stored_as_a_number() -> None:
    assert LOWERING.number(Compare(A, (("==", B),))).text == "int(a == b)"


# --- meaning, against an evaluator that walks the tree ----------------------------------------


def evaluate(expr: ir.Expr, names: dict[str, int]) -> int:
    """The number that an expression stands for."""
    match expr:
        case Int(value):
            return value
        case Load(ir.LocalPlace(name)):
            return names[name]
        case Unary(op, operand):
            value = evaluate(operand, names)
            return {"-": -value, "~": ~value, "not": int(not value)}[op]
        case Binary(op, left, right):
            return operate(op, evaluate(left, names), evaluate(right, names))
        case Compare(first, rest):
            values = [evaluate(first, names), *(evaluate(one, names) for _, one in rest)]
            return int(all(compare(op, values[at], values[at + 1]) for at, (op, _) in enumerate(rest)))
        case Logic(op, operands):
            truths = [bool(evaluate(one, names)) for one in operands]
            return int(all(truths) if op == "and" else any(truths))
        case FirstNonzero(operands):
            return next((value for one in operands if (value := evaluate(one, names))), 0)
        case Conditional(test, then, orelse):
            return evaluate(then if evaluate(test, names) else orelse, names)
        case Slice(operand, lsb, width):
            return evaluate(operand, names) >> evaluate(lsb, names) & (1 << width) - 1
        case Wrap(operand, width, signed):
            value = evaluate(operand, names) & (1 << width) - 1
            return value - (1 << width) if signed and value >> width - 1 else value
        case ir.Builtin("bool", (one,)):
            return int(bool(evaluate(one, names)))
        case _:
            raise AssertionError(expr)


def operate(op: str, left: int, right: int) -> int:
    table: dict[str, Any] = {
        "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "&": int.__and__, "|": int.__or__, "^": int.__xor__,
        "<<": int.__lshift__, ">>": int.__rshift__, "//": int.__floordiv__, "%": int.__mod__,
    }  # fmt: skip
    return int(table[op](left, right))


def compare(op: str, left: int, right: int) -> bool:
    table: dict[str, Any] = {
        "==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__,
    }  # fmt: skip
    return bool(table[op](left, right))


LEAVES = st.one_of(st.integers(0, 300).map(Int), st.sampled_from([A, B, C]))
SHIFTS = st.integers(0, 8).map(Int)
COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def grown(inner: st.SearchStrategy[ir.Expr]) -> st.SearchStrategy[ir.Expr]:
    binary = st.sampled_from(["+", "-", "*", "&", "|", "^"])
    return st.one_of(
        st.builds(Binary, binary, inner, inner, st.just(ANY)),
        st.builds(Binary, st.sampled_from(["<<", ">>"]), inner, SHIFTS, st.just(ANY)),
        st.builds(Binary, st.sampled_from(["//", "%"]), inner, st.integers(1, 9).map(Int), st.just(ANY)),
        st.builds(Unary, st.sampled_from(["-", "~", "not"]), inner, st.just(ANY)),
        st.builds(lambda a, op, b: Compare(a, ((op, b),)), inner, COMPARISONS, inner),
        st.builds(lambda op, a, b: Logic(op, (a, b)), st.sampled_from(["and", "or"]), inner, inner),
        st.builds(lambda a, b, c: FirstNonzero((a, b, c), ANY), inner, inner, inner),
        st.builds(Conditional, inner, inner, inner, st.just(ANY)),
        st.builds(Slice, inner, SHIFTS, st.integers(1, 16), st.just(ANY)),
        st.builds(Wrap, inner, st.integers(1, 32), st.booleans(), st.just(ANY)),
        st.builds(lambda a: ir.Builtin("bool", (a,), ir.BOOL), inner),
    )


@settings(max_examples=400, deadline=None)
@given(st.recursive(LEAVES, grown, max_leaves=12), st.tuples(*[st.integers(0, 2**32 - 1)] * 3))
def test_meaning(expr: ir.Expr, numbers: tuple[int, ...]) -> None:
    names = dict(zip("abc", numbers, strict=True))
    expected = evaluate(expr, names)
    stored = eval(LOWERING.number(expr).text, {}, dict(names))
    assert (stored, type(stored)) == (expected, int)
    assert bool(eval(LOWERING.truth(expr).text, {}, dict(names))) == bool(expected)
