"""Checks an expression: names, ranges, and that nothing in it can go wrong when the device runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from devgen.language.behaviour import ranges
from devgen.language.behaviour.compilation import Local, Unit, is_text, open_unit, show
from devgen.language.behaviour.known_values import assume
from devgen.language.behaviour.name_meanings import Names, title
from devgen.language.behaviour.program import Instance
from devgen.language.behaviour.property_bounds import Fact, below
from devgen.language.behaviour.python_grammar import parse_expression
from devgen.language.diagnostics.codes_behaviour import (
    BAD_NUMBER,
    CALLS_TOO_DEEP,
    NOT_A_NUMBER,
    NOT_AN_EXPRESSION,
    NOT_IN_LANGUAGE,
    SHIFT_RANGE,
    TOO_MANY_CASES,
    TOO_WIDE,
    UNKNOWN_NAME,
    WRONG_ARGUMENTS,
    ZERO_DIVISOR,
)
from devgen.language.ir import (
    BOOL,
    Apply,
    Binary,
    BinaryOp,
    Builtin,
    Compare,
    CompareOp,
    Conditional,
    Expr,
    Int,
    LoadMemory,
    Logic,
    Range,
    Text,
    Unary,
    Wrap,
)
from devgen.language.scope import ActionEntry, EventEntry, FifoEntry, FunctionEntry, Parameter, TimerEntry

ADDRESS = Range.unsigned(64)
"""What a guest address may be."""

DEEPEST_CALLS = 32
"""How deep functions may call functions."""

_BINARY: dict[type[ast.operator], BinaryOp] = {
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
_SHIFTS = Range(0, 128)
_TYPE = re.compile(r"([us])([1-9]|[1-5][0-9]|6[0-4])")
_MEMORY = re.compile(r"(load|store)(8|16|32|64)")
_ACTS = frozenset(
    ("pulse", "range", "store8", "store16", "store32", "store64", "load_bytes", "store_bytes", "fill_bytes")
)


class Expressions(Names):
    """Turns syntax trees of expressions into IR."""

    __slots__ = ()

    def check(self, node: ast.expr) -> Expr | None:
        """Check an expression; None when it has an error, which has been reported."""
        unit = self.unit
        result: Expr | None = None
        if unit.enter(node):
            handler = _HANDLERS.get(type(node))
            if handler is None:
                unit.report(NOT_IN_LANGUAGE, node, what=_describe(node))
            else:
                result = handler(self, node)
        unit.leave()
        return result

    def number(self, node: ast.expr) -> Expr | None:
        """Check an expression that must be a number."""
        value = self.check(node)
        if value is not None and is_text(value):
            self.unit.report(NOT_A_NUMBER, node, what="this")
            return None
        return value

    # --- values ------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> Expr | None:
        value = node.value
        if isinstance(value, str):
            return Text(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.unit.report(NOT_IN_LANGUAGE, node, what="`...`" if value is ... else f"`{value!r}`")
            return None
        if value.bit_length() > ranges.LIMIT_BITS:
            self.unit.report(BAD_NUMBER, node, text=hex(value), why=f"it has more than {ranges.LIMIT_BITS} bits")
            return None
        return Int(value)

    def _place(self, node: ast.expr) -> Expr | None:
        thing = self.resolve(node)
        return None if thing is None else self.load(thing, node)

    # --- operators ---------------------------------------------------------------------

    def _binary(self, node: ast.BinOp) -> Expr | None:
        op = _BINARY.get(type(node.op))
        if op is None:
            self.unit.report(NOT_IN_LANGUAGE, node, what=f"the operator {type(node.op).__name__}")
            return None
        left, right = self.number(node.left), self.number(node.right)
        if left is None or right is None:
            return None
        return self.combine(op, left, right, node, node.right)

    def combine(self, op: BinaryOp, left: Expr, right: Expr, node: ast.AST, where: ast.AST) -> Expr | None:
        """Return ``left op right``; ``where`` is the right operand, for findings about it."""
        if op in ("//", "%") and Range(0, 0).within(right.range):
            self.unit.report(ZERO_DIVISOR, where, bounds=show(right.range))
            return None
        if op in ("<<", ">>") and not right.range.within(_SHIFTS):
            self.unit.report(SHIFT_RANGE, where, bounds=show(right.range))
            return None
        bounds = _RANGES[op](left.range, right.range)
        if isinstance(left, Int) and isinstance(right, Int):
            return self._bounded(Int(bounds.lo or 0), node)
        return self._bounded(Binary(op, left, right, bounds), node)

    def _bounded(self, value: Expr, node: ast.AST) -> Expr | None:
        """Refuse a result that may be too wide."""
        if ranges.bounded(value.range):
            return value
        hint = "reduce it with `u64(...)`; a local that a long loop changes needs a width, as `x: u32`"
        self.unit.report(TOO_WIDE, node, hint=hint, bits=ranges.bits_needed(value.range), limit=ranges.LIMIT_BITS)
        return None

    def _unary(self, node: ast.UnaryOp) -> Expr | None:
        operand = self.number(node.operand)
        if operand is None:
            return None
        match node.op:
            case ast.USub():
                return self._folded(Unary("-", operand, ranges.negate(operand.range)), operand, node)
            case ast.Invert():
                return self._folded(Unary("~", operand, ranges.invert(operand.range)), operand, node)
            case ast.Not():
                return Int(int(not operand.value)) if isinstance(operand, Int) else Unary("not", operand, BOOL)
        self.unit.report(NOT_IN_LANGUAGE, node, what="a sign `+`")
        return None

    def _folded(self, value: Expr, operand: Expr, node: ast.AST) -> Expr | None:
        return self._bounded(Int(value.range.lo or 0) if isinstance(operand, Int) else value, node)

    def _compare(self, node: ast.Compare) -> Expr | None:
        operands = [self.check(one) for one in (node.left, *node.comparators)]
        ops = [_COMPARE.get(type(op)) for op in node.ops]
        if None in ops:
            self.unit.report(NOT_IN_LANGUAGE, node, what="`in`")
            return None
        known = [one for one in operands if one is not None]
        if len(known) < len(operands) or not self._comparable(known, ops, node):
            return None
        first, *others = known
        rest = tuple((op, one) for op, one in zip(ops, others, strict=True) if op is not None)
        if len(rest) == 1 and isinstance(first, Int) and isinstance(rest[0][1], Int):
            return Int(int(_COMPARED[rest[0][0]](first.value, rest[0][1].value)))
        return Compare(first, rest)

    def _comparable(self, operands: Sequence[Expr], ops: Sequence[CompareOp | None], node: ast.Compare) -> bool:
        texts = sum(map(is_text, operands))
        if not texts or (texts == len(operands) == 2 and ops[0] in ("==", "!=")):
            return True
        self.unit.report(NOT_A_NUMBER, node, what="one side")
        return False

    def _logic(self, node: ast.BoolOp) -> Expr | None:
        op: str = "and" if isinstance(node.op, ast.And) else "or"
        before, operands = self.unit.flow, []
        self.unit.flow = before.copy()
        for one in node.values:
            value = self.number(one)
            operands.append(value)
            if value is not None:
                assume(value, op == "and", self.unit.flow)
        self.unit.flow = before
        known = tuple(one for one in operands if one is not None)
        if len(known) < len(operands):
            return None
        return Logic("and" if op == "and" else "or", known)

    def _conditional(self, node: ast.IfExp) -> Expr | None:
        return self.choose(node, self.number)

    def choose(self, node: ast.IfExp, check: Callable[[ast.expr], Expr | None]) -> Expr | None:
        """Check ``a if test else b``, each branch by ``check`` and knowing how the test went."""
        test = self.number(node.test)
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

    # --- calls -------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Expr | None:
        if not isinstance(node.func, ast.Name):
            self._not_a_call(node)
            return None
        name = node.func.id
        builtin = _BUILTINS.get(name)
        if builtin is not None:
            return builtin(self, node, name)
        if _TYPE.fullmatch(name):
            return self._wrap(node, name)
        if _MEMORY.fullmatch(name) and name not in _ACTS:
            return self._load_memory(node, name)
        entry = self.unit.scope.lookup(name)
        if isinstance(entry, FunctionEntry):
            return self._apply(entry, node)
        self._not_callable(node, name)
        return None

    def _not_a_call(self, node: ast.Call) -> None:
        """Report a call of something dotted where a value is wanted."""
        if isinstance(node.func, ast.Attribute):
            thing = self.resolve(node.func.value)
            if thing is not None:
                what = f"`{node.func.attr}(...)` of {thing.what}"
                acts = isinstance(thing.entry, TimerEntry | FifoEntry)
                hint = _pop_hint(thing.entry, node.func.attr)
                self.unit.report(NOT_AN_EXPRESSION if acts else NOT_IN_LANGUAGE, node, hint=hint, what=what)
            return
        self.unit.report(NOT_IN_LANGUAGE, node, what="a call of something that has no name")

    def _not_callable(self, node: ast.Call, name: str) -> None:
        entry = self.unit.scope.lookup(name)
        if name in _ACTS or isinstance(entry, ActionEntry | EventEntry):
            what = f"`{name}(...)`" if name in _ACTS or entry is None else title(entry)
            self.unit.report(NOT_AN_EXPRESSION, node, what=what)
        elif entry is not None or name in self.unit.locals or self.unit.scope.member(name):
            self.unit.report(NOT_IN_LANGUAGE, node, what=f"a call of '{name}', which is not a function,")
        else:
            self.unit.report(UNKNOWN_NAME, node.func, name=name, hint=self.suggest(name))

    def arguments(self, node: ast.Call, least: int, most: int, what: str) -> list[Expr] | None:
        """Check a call's arguments, numbers by position."""
        found = len(node.args) + len(node.keywords)
        if node.keywords or not least <= found <= most or any(isinstance(one, ast.Starred) for one in node.args):
            wanted = _count(least) if least == most else f"{least} to {most} arguments"
            given = "arguments by name" if node.keywords else str(found)
            self.unit.report(WRONG_ARGUMENTS, node, what=what, wanted=wanted, found=given)
            return None
        values = [self.number(one) for one in node.args]
        known = [one for one in values if one is not None]
        return known if len(known) == len(values) else None

    def _extreme(self, node: ast.Call, name: str) -> Expr | None:
        values = self.arguments(node, 2, 16, f"{name}()")
        if values is None:
            return None
        pick, combine = (min, ranges.minimum) if name == "min" else (max, ranges.maximum)
        if all(isinstance(one, Int) for one in values):
            return Int(pick(one.range.lo or 0 for one in values))
        bounds = values[0].range
        for one in values[1:]:
            bounds = combine(bounds, one.range)
        return Builtin("min" if name == "min" else "max", tuple(values), bounds)

    def _abs(self, node: ast.Call, name: str) -> Expr | None:
        values = self.arguments(node, 1, 1, f"{name}()")
        if values is None:
            return None
        value = Builtin("abs", tuple(values), ranges.absolute(values[0].range))
        return self._folded(value, values[0], node)

    def _bool(self, node: ast.Call, name: str) -> Expr | None:
        values = self.arguments(node, 1, 1, f"{name}()")
        if values is None:
            return None
        return as_bit(values[0])

    def _popcount(self, node: ast.Call, name: str) -> Expr | None:
        values = self.arguments(node, 1, 1, f"{name}()")
        if values is None or not self.unit.fits(values[0], Range.unsigned(256), "popcount()", node.args[0]):
            return None
        if isinstance(values[0], Int):
            return Int(values[0].value.bit_count())
        return Builtin("popcount", tuple(values), ranges.ones(values[0].range))

    def _bit_length(self, node: ast.Call, name: str) -> Expr | None:
        values = self.arguments(node, 1, 1, f"{name}()")
        if values is None or not self.unit.fits(values[0], Range.unsigned(256), "bit_length()", node.args[0]):
            return None
        if isinstance(values[0], Int):
            return Int(values[0].value.bit_length())
        return Builtin("bit_length", tuple(values), ranges.length(values[0].range))

    def _wrap(self, node: ast.Call, name: str) -> Expr | None:
        values = self.arguments(node, 1, 1, f"{name}()")
        if values is None:
            return None
        value, width, signed = values[0], int(name[1:]), name[0] == "s"
        whole = Range.signed(width) if signed else Range.unsigned(width)
        bounds = ranges.wrap(value.range, width, signed)
        if isinstance(value, Int):
            return Int(bounds.lo or 0)
        return value if value.range.within(whole) else Wrap(value, width, signed, bounds)

    def _load_memory(self, node: ast.Call, name: str) -> Expr | None:
        values = self.arguments(node, 1, 1, f"{name}()")
        if values is None or not self.unit.fits(values[0], ADDRESS, "an address", node.args[0]):
            return None
        self.unit.outward = True
        bits = int(name.removeprefix("load"))
        return LoadMemory(values[0], bits // 8, Range.unsigned(bits))

    # --- functions of the description --------------------------------------------------

    def _apply(self, entry: FunctionEntry, node: ast.Call) -> Expr | None:
        unit = self.unit
        unit.program.used.add(entry.name)
        facts_and_values = self.passed(entry.name, entry.parameters, node)
        if facts_and_values is None:
            return None
        facts, values = facts_and_values
        unit.program.called(("function", entry.name), facts)
        unit.program.edge(unit.owner, ("function", entry.name))
        unit.costly = True
        instance = self._instance(entry, facts, node)
        if instance is None or instance.range is None:
            unit.failed = True
            return None
        unit.outward |= instance.outward
        return Apply(entry.name, values, instance.range)

    def passed(
        self, name: str, parameters: Sequence[Parameter], node: ast.Call
    ) -> tuple[tuple[Fact, ...], tuple[Expr, ...]] | None:
        """Check a call's arguments against declared parameters; return what the callee may know, and the values."""
        values = self.arguments(node, len(parameters), len(parameters), f"{name}()")
        if values is None:
            return None
        facts = [self._parameter(one, value, at) for one, value, at in zip(parameters, values, node.args, strict=True)]
        known = tuple(one for one in facts if one is not None)
        return (known, tuple(values)) if len(known) == len(facts) else None

    def _parameter(self, parameter: Parameter, value: Expr, node: ast.expr) -> Fact | None:
        what = f"parameter {parameter.name}"
        if parameter.below is not None:
            ok = self.check_index(value, parameter.below, f"what {what} is an index of", node)
            return below(parameter.below) if ok else None
        if parameter.range is None:
            return self.unit.flow.fact(value)
        return Fact(parameter.range) if self.unit.fits(value, parameter.range, what, node) else None

    def _instance(self, entry: FunctionEntry, facts: tuple[Fact, ...], node: ast.Call) -> Instance | None:
        """Return a function's result for these arguments, worked out once."""
        program = self.unit.program
        key = (entry.name, facts)
        found = program.instances.get(key)
        if found is not None and (found.range is not None or self.unit.silent):
            return found
        if entry.name in program.active:
            return None  # reported as recursion, when all is known
        if len(program.active) >= DEEPEST_CALLS:
            self.unit.report(CALLS_TOO_DEEP, node, depth=DEEPEST_CALLS + 1, limit=DEEPEST_CALLS)
            return None
        if program.patience <= 0:
            self.unit.report(TOO_MANY_CASES, node, name=entry.name)
            return None
        program.active.append(entry.name)
        unit, value = evaluate(entry, facts, self.unit, trial=True)
        program.active.pop()
        found = program.instances[key] = Instance(None if value is None else value.range, unit.outward)
        return found


def evaluate(entry: FunctionEntry, facts: tuple[Fact, ...], caller: Unit, *, trial: bool) -> tuple[Unit, Expr | None]:
    """Check a function's body for arguments of which ``facts`` are known."""
    unit = open_unit(entry.body, caller.scope.root, caller.reporter.sink, ("function", entry.name))
    unit.silent, unit.trial = caller.silent, trial
    for parameter, fact in zip(entry.parameters, facts, strict=True):
        unit.give(parameter.name, Local(parameter.name, fact.range, "is a parameter"), fact)
    tree = _tree(entry, unit)
    return unit, None if tree is None else Expressions(unit).number(tree)


def _tree(entry: FunctionEntry, unit: Unit) -> ast.expr | None:
    """Return the tree of a function's body, parsed once."""
    trees = unit.program.trees
    if entry.name not in trees:
        trees[entry.name] = parse_expression(unit.reporter)
    unit.reporter.shift = 1
    return trees[entry.name]


def as_bit(value: Expr) -> Expr:
    """Return a value as 0 or 1."""
    bounds = ranges.truth(value.range)
    if isinstance(value, Int):
        return Int(bounds.lo or 0)
    return value if value.range.within(BOOL) else Builtin("bool", (value,), bounds)


def type_range(name: str) -> Range | None:
    """Return the range of a type's name, None if it is none."""
    if name in ("int", "bool"):
        return ranges.LIMITS if name == "int" else BOOL
    if not _TYPE.fullmatch(name):
        return None
    width = int(name[1:])
    return Range.unsigned(width) if name[0] == "u" else Range.signed(width)


def _pop_hint(entry: object, method: str) -> str:
    if not isinstance(entry, FifoEntry) or method != "pop":
        return ""
    return f"read `{entry.name}[0]`, its oldest entry, then pop in statements (`on_read:`, say)"


def _count(number: int) -> str:
    return "no arguments" if number == 0 else "1 argument" if number == 1 else f"{number} arguments"


_NODE_NAMES = {
    "ListComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "List": "a list",
    "Tuple": "a list of values",
    "NamedExpr": "`:=`",
    "Starred": "`*`",
    "Slice": "a slice",
}


def _describe(node: ast.AST) -> str:
    name = type(node).__name__
    return _NODE_NAMES.get(name, f"Python's {name}")


_BUILTINS: dict[str, Callable[[Expressions, ast.Call, str], Expr | None]] = {
    "min": Expressions._extreme,
    "max": Expressions._extreme,
    "abs": Expressions._abs,
    "bool": Expressions._bool,
    "popcount": Expressions._popcount,
    "bit_length": Expressions._bit_length,
}
_HANDLERS: dict[type[ast.expr], Callable[[Expressions, Any], Expr | None]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._place,
    ast.Attribute: Expressions._place,
    ast.Subscript: Expressions._place,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.Compare: Expressions._compare,
    ast.BoolOp: Expressions._logic,
    ast.IfExp: Expressions._conditional,
    ast.Call: Expressions._call,
}
