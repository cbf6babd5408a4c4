"""Checks operators: the range of each result is computed from the ranges of the operands."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

from devgen.language.behaviour import ranges
from devgen.language.behaviour.compilation import is_text, show
from devgen.language.behaviour.known_values import assume
from devgen.language.behaviour.name_meanings import Names
from devgen.language.diagnostics.codes_behaviour import (
    NOT_A_NUMBER,
    NOT_IN_LANGUAGE,
    SHIFT_RANGE,
    TOO_WIDE,
    ZERO_DIVISOR,
)
from devgen.language.ir import (
    BOOL,
    Binary,
    BinaryOp,
    Compare,
    CompareOp,
    Conditional,
    Expr,
    FirstNonzero,
    Int,
    Logic,
    Range,
    Unary,
)
from devgen.language.label_tests import label_test

BINARY_OPERATORS: dict[type[ast.operator], BinaryOp] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_RANGES: dict[BinaryOp, Callable[[Range, Range], Range]] = {
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
_COMPARE: dict[type[ast.cmpop], CompareOp] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_COMPARED: dict[CompareOp, Callable[[int, int], bool]] = {
    "==": int.__eq__,
    "!=": int.__ne__,
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
}
_LOGIC: dict[type[ast.boolop], Literal["and", "or"]] = {ast.And: "and", ast.Or: "or"}
_SHIFTS = Range(0, 128)


class Operators(Names):
    """Turns operators, comparisons and conditional expressions into IR."""

    __slots__ = ()

    @abstractmethod
    def check(self, node: ast.expr) -> Expr | None:
        """Check an expression; None when it has an error, which has been reported."""

    def _binary(self, node: ast.BinOp) -> Expr | None:
        op = BINARY_OPERATORS.get(type(node.op))
        if op is None:
            self.unit.report(NOT_IN_LANGUAGE, node, what=f"the operator {type(node.op).__name__}")
            return None
        left, right = self.number(node.left), self.number(node.right)
        if left is None or right is None:
            return None
        return self.combine(op, left, right, node, node.right)

    def combine(self, op: BinaryOp, left: Expr, right: Expr, node: ast.AST, where: ast.AST) -> Expr | None:
        """Return ``left op right``. ``where`` is the syntax node of the right operand, for diagnostics."""
        if op in ("//", "%") and Range(0, 0).within(right.range):
            self.unit.report(ZERO_DIVISOR, where, bounds=show(right.range), hint="`max(..., 1)` keeps it above 0")
            return None
        if op in ("<<", ">>") and not right.range.within(_SHIFTS):
            self.unit.report(SHIFT_RANGE, where, bounds=show(right.range), hint="`min(..., 31)` bounds it")
            return None
        bounds = _RANGES[op](left.range, right.range)
        if isinstance(left, Int) and isinstance(right, Int):
            return self._bounded(Int(bounds.lo or 0), node)
        return self._bounded(Binary(op, left, right, bounds), node)

    def _bounded(self, value: Expr, node: ast.AST) -> Expr | None:
        """Report a result that may be too wide."""
        if ranges.bounded(value.range):
            return value
        hint = "reduce it with `u64(...)`; a local that a long loop changes needs a width, as `x: u32`"
        self.unit.report(TOO_WIDE, node, hint=hint, bits=ranges.bits_needed(value.range), limit=ranges.LIMIT_BITS)
        return None

    def _unary(self, node: ast.UnaryOp) -> Expr | None:
        operand = (self.truth if isinstance(node.op, ast.Not) else self.number)(node.operand)
        if operand is None:
            return None
        match node.op:
            case ast.USub():
                return self.folded(Unary("-", operand, ranges.negate(operand.range)), operand, node)
            case ast.Invert():
                return self.folded(Unary("~", operand, ranges.invert(operand.range)), operand, node)
            case ast.Not():
                return Int(int(not operand.value)) if isinstance(operand, Int) else Unary("not", operand, BOOL)
        self.unit.report(NOT_IN_LANGUAGE, node, what="a sign `+`", hint="leave it out; `X += 1` adds")
        return None

    def folded(self, value: Expr, operand: Expr, node: ast.AST) -> Expr | None:
        """Return ``value``, folded to a number if ``operand`` is a literal. Report a result that is too wide."""
        return self._bounded(Int(value.range.lo or 0) if isinstance(operand, Int) else value, node)

    def _compare(self, node: ast.Compare) -> Expr | None:
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            for operand, other in ((node.comparators[0], node.left), (node.left, node.comparators[0])):
                label = self.several_values(operand)
                if label is not None:
                    number = self.number(other)
                    return None if number is None else label_test(number, *label, isinstance(node.ops[0], ast.Eq))
        ops = [_COMPARE.get(type(op)) for op in node.ops]
        if None in ops:
            hint = "compare with each: `X == 1 or X == 2`, or `1 <= X < 4`"
            self.unit.report(NOT_IN_LANGUAGE, node, what="`in`", hint=hint)
            return None
        operands = [self.check(operand) for operand in (node.left, *node.comparators)]
        known = [operand for operand in operands if operand is not None]
        if len(known) < len(operands) or not self._comparable(known, ops, node):
            return None
        first, *others = known
        rest = tuple((op, operand) for op, operand in zip(ops, others, strict=True) if op is not None)
        if len(rest) == 1 and isinstance(first, Int) and isinstance(rest[0][1], Int):
            return Int(int(_COMPARED[rest[0][0]](first.value, rest[0][1].value)))
        return Compare(first, rest)

    def _comparable(self, operands: Sequence[Expr], ops: Sequence[CompareOp | None], node: ast.Compare) -> bool:
        texts = sum(map(is_text, operands))
        if not texts or (texts == len(operands) == 2 and ops[0] in ("==", "!=")):
            return True
        self.unit.report(NOT_A_NUMBER, node, what="one side")
        return False

    def truth(self, node: ast.expr) -> Expr | None:
        """Check an expression of which only the truth counts: in it `a or b` need not give the operand."""
        unit = self.unit
        match node:
            case ast.BoolOp():
                work: Callable[[], Expr | None] = partial(self._truth_of_both, node)
            case ast.IfExp():
                work = partial(self.choose, node, self.truth)
            case _:
                return self.number(node)
        result = work() if unit.enter(node) else None
        unit.leave()
        return result

    def _truth_of_both(self, node: ast.BoolOp) -> Expr | None:
        known = self._operands(node, self.truth)
        return None if known is None else Logic(_LOGIC[type(node.op)], known)

    def _logic(self, node: ast.BoolOp) -> Expr | None:
        """`and`, `or` where a number is wanted: a truth value if all operands are 0 or 1, else Python's operand."""
        known = self._operands(node, self.number)
        if known is None:
            return None
        if all(operand.range.within(BOOL) for operand in known):
            return Logic(_LOGIC[type(node.op)], known)
        *before, last = known
        if isinstance(node.op, ast.Or):
            return FirstNonzero(known, ranges.first_nonzero([operand.range for operand in known]))
        # An operand that ends an `and` is 0.
        test = before[0] if len(before) == 1 else Logic("and", tuple(before))
        return Conditional(test, last, Int(0), ranges.join(last.range, ranges.exactly(0)))

    def _operands(self, node: ast.BoolOp, check: Callable[[ast.expr], Expr | None]) -> tuple[Expr, ...] | None:
        """Check the operands, each knowing how those before it went."""
        before, operands = self.unit.flow, []
        self.unit.flow = before.copy()
        for operand in node.values:
            value = check(operand)
            operands.append(value)
            if value is not None:
                assume(value, isinstance(node.op, ast.And), self.unit.flow)
        self.unit.flow = before
        known = tuple(operand for operand in operands if operand is not None)
        return known if len(known) == len(operands) else None

    def _conditional(self, node: ast.IfExp) -> Expr | None:
        return self.choose(node, self.number)

    def choose(self, node: ast.IfExp, check: Callable[[ast.expr], Expr | None]) -> Expr | None:
        """Check ``a if test else b``; each branch is checked by ``check`` with the facts of the test."""
        test = self.truth(node.test)
        if test is None:
            return None
        before = self.unit.flow
        self.unit.flow = before.copy()
        assume(test, True, self.unit.flow)
        then = check(node.body)
        self.unit.flow = before.copy()
        assume(test, False, self.unit.flow)
        orelse = check(node.orelse)
        self.unit.flow = before
        if then is None or orelse is None:
            return None
        return Conditional(test, then, orelse, ranges.join(then.range, orelse.range))
