"""Lowers expressions of the behaviour language to Python, with only the parentheses that readability needs."""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.plan.registers import RegisterKey, mask_of_bits
from devgen.plan.steps import WindowRead
from devgen.targets.python.python_literals import hexadecimal, string
from devgen.targets.python.python_names import local
from devgen.targets.python.source_tree import (
    AND,
    ATOM,
    BIT_AND,
    BIT_OR,
    COMPARE,
    CONDITIONAL,
    LEVELS,
    OR,
    SHIFT,
    UNARY,
    Node,
    as_number,
    attribute,
    binary,
    call,
    chain,
    grouped,
    masked,
    negation,
    prefixed,
    subscript,
    suffixed,
)
from devgen.targets.python.source_tree import local as local_node
from devgen.targets.python.symbols import RegisterSymbol, Symbols

_ZERO: Final = Node("0")


@dataclass(slots=True, frozen=True)
class Lowering:
    """Lowers the expressions of one device. ``inside`` is the register whose own ``read`` is being lowered, if any.

    A plan uses an expression several times, such as the bits that a write sets. Each one is lowered once.
    """

    symbols: Symbols
    inside: RegisterKey | None = None
    _lowered: dict[int, tuple[ir.Expr, Node]] = field(default_factory=dict, repr=False, compare=False)
    """Operations by identity. The expression is kept, so that no other one gets its identity."""

    def within(self, key: RegisterKey) -> Lowering:
        """The same, where the name of register ``key`` means what is stored, and not what its ``read`` computes."""
        return self if self.symbols.registers[key].model.read is None else Lowering(self.symbols, key)

    # --- the three ways to use an expression -------------------------------------------------

    def value(self, expr: ir.Expr) -> Node:
        """Return the expression as a number; it may be a bool if Python accepts that as a number."""
        match expr:
            case ir.Int():
                return self._constant(expr)
            case ir.Text(value):
                return Node(string(value))
            case ir.Load(place):
                return self._load(place)
            case ir.Unary() | ir.Binary():
                known = self._lowered.get(id(expr))
                if known is None:
                    node = self._unary(expr) if isinstance(expr, ir.Unary) else self._binary(expr)
                    known = self._lowered[id(expr)] = (expr, node)
                return known[1]
            case ir.Compare():
                return self._compare(expr)
            case ir.Logic(op, operands):
                return self._logic(op, operands)
            case ir.FirstNonzero(operands):
                return _join("or", [self.number(operand) for operand in operands])
            case ir.Conditional():
                return self._conditional(expr)
            case ir.Slice():
                return self._slice(expr)
            case ir.Wrap():
                return self._wrap(expr)
            case ir.Builtin():
                return self._builtin(expr)
            case ir.Apply(function, arguments):
                return self.call(self.symbols.attribute("function", function), *arguments)
            case ir.Now(clock):
                return attribute(f"clocks.{clock}.now()")
            case ir.TimerQuery():
                return self._timer_query(expr)
            case ir.FifoQuery(fifo, query):
                return self._fifo_query(fifo, query)
            case ir.StreamQuery(stream):
                return suffixed(attribute(self.symbols.attribute("stream", stream)), ".writable")
            case ir.LoadMemory(address, size):
                return call("self.load_memory", (self.number(address), Node(str(size))))
            case ir.TextByte(text, index):
                return call("self.text_byte", (self.value(text), self.number(index)))

    def number(self, expr: ir.Expr) -> Node:
        """Return the expression as an int, never a bool, for values that are stored, passed or returned."""
        return as_number(self.value(expr))

    def truth(self, expr: ir.Expr) -> Node:
        """Something whose truth is that of the expression: for tests, where a number need not become a bool."""
        match expr:
            case ir.Load(ir.FieldPlace() | ir.BitsPlace() as place):
                return self._bits_truth(place)
            case ir.Unary("not", operand):
                return negation(self.truth(operand))
            case ir.Logic(op, operands):
                return _join(op, [self.truth(operand) for operand in operands])
            case ir.Builtin("bool", (operand,)):
                return self.truth(operand)
            case ir.Compare(first, (("!=", ir.Int(0)),)):
                return self.truth(first) if not isinstance(first, ir.Binary) else self.value(expr)
            case ir.Slice(operand, ir.Int(lsb), width):
                return _kept(self.value(operand), operand.range, mask_of_bits(width) << lsb)
            case _:
                return self.value(expr)

    def level(self, expr: ir.Expr) -> Node:
        """Return the level of a line: a comparison with 0 if the number may be more than 1."""
        node = self.value(expr)
        if node.truth or expr.range.within(ir.BOOL):
            return node
        return _not_zero(node)

    # --- places ------------------------------------------------------------------------------

    def _load(self, place: ir.Place) -> Node:
        match place:
            case ir.RegisterPlace():
                return self.register(place)
            case ir.FieldPlace(register, _, lsb, width):
                return _bits(self.register(register), lsb, width, register.width)
            case ir.BitsPlace(of, lsb, width):
                return _bits(self._load(of), lsb, width, width_of(of))
            case ir.LocalPlace(name):
                return local_node(local(name))
            case ir.PropertyPlace(name, None):
                return self._property(name)
            case ir.PropertyPlace(name, index):
                return self.element(self.symbols.attribute("property", name), index)
            case ir.LinePlace():
                return suffixed(self.line(place), ".level")
            case ir.CounterPlace(name, index):
                return suffixed(self.element(self.symbols.attribute("counter", name), index), ".read()")
            case ir.WrittenPlace(register):
                symbol = self.symbols.registers[register.file, register.register]
                return self.element(symbol.written, register.index)
            case ir.StatePlace(name, _, index):
                return self.element(self.symbols.attribute("state", name), index)
            case ir.FifoPlace(name, _, index):
                return self.element(self.symbols.attribute("fifo", name), index)

    def register(self, place: ir.RegisterPlace) -> Node:
        """A register's value: stored, constant, or what its ``read`` computes."""
        symbol = self.symbols.registers[place.file, place.register]
        register = symbol.model
        if register.read is not None and self.inside != symbol.register.key:
            return self.call(value_method(symbol), *(() if place.index is None else (place.index,)))
        if symbol.attribute is not None:
            return self.element(symbol.attribute, place.index)
        return integer(register.constant[0], bits=True) if register.constant is not None else _ZERO

    def element(self, name: str, index: ir.Expr | None) -> Node:
        """``self.name`` or ``self.name[index]``."""
        return attribute(name) if index is None else subscript(f"self.{name}", self.number(index))

    def line(self, place: ir.LinePlace) -> Node:
        """The object of an interrupt or GPIO line."""
        return self.element(self.symbols.attribute(place.kind, place.name), place.index)

    def call(self, method: str, *arguments: ir.Expr) -> Node:
        """``self.method(...)``."""
        return call(f"self.{method}", [self.number(argument) for argument in arguments])

    def through(self, window: model.Window, verb: str, size: int, *arguments: Node) -> Node:
        """The call that does something with the registers behind a window."""
        name = self.symbols.attribute("window", window.region)
        return call(f"self.{name}.{verb}", (self.number(window.at), Node(str(size)), *arguments))

    def window_read(self, read: WindowRead) -> Node:
        """Return the value that is read through a window."""
        return self.through(read.window, "read", read.size, *((local_node("mask"),) if read.lanes else ()))

    def _property(self, name: str) -> Node:
        kind = next(found.type for found in self.symbols.device.properties if found.name == name)
        return Node(f"self.{self.symbols.attribute('property', name)}", ATOM, kind == "bool")

    def _bits_truth(self, place: ir.FieldPlace | ir.BitsPlace) -> Node:
        base, lsb, width = flatten(place)
        if lsb == 0 and width == width_of(base):
            return self._load(base)
        return _and(self._load(base), mask_of_bits(width) << lsb)

    def _constant(self, expr: ir.Int, bits: bool = False) -> Node:
        if expr.name:
            return attribute(self.symbols.attribute("constant", expr.name))
        return integer(expr.value, bits)

    # --- operators ---------------------------------------------------------------------------

    def _unary(self, expr: ir.Unary) -> Node:
        if expr.op == "not":
            return negation(self.truth(expr.operand))
        operand = as_number(self._operand(expr.operand, expr.op == "~"))
        return prefixed(expr.op, operand.at(UNARY), UNARY)

    def _binary(self, expr: ir.Binary) -> Node:
        common = self._common_bits(expr) if expr.op == "&" else None
        if common is not None:
            return common
        bits = BIT_OR <= LEVELS[expr.op] <= BIT_AND
        left, right = self._operand(expr.left, bits), self._operand(expr.right, bits)
        return binary(expr.op, left, right, bits and left.truth and right.truth)

    def _common_bits(self, expr: ir.Binary) -> Node | None:
        """Return the AND of the same bits of two values: one shift and one mask. None for other operands."""
        left, right = self._part(expr.left), self._part(expr.right)
        if left is None or right is None or left[1:3] != right[1:3]:
            return None
        known = min(left[3], right[3]) or max(left[3], right[3])
        return _bits(binary("&", left[0], right[0], False), left[1], left[2], known)

    def _part(self, expr: ir.Expr) -> tuple[Node, int, int, int] | None:
        """Return the value that constant bits are taken of, their position and number, and its bits (0: not known)."""
        match expr:
            case ir.Load(ir.FieldPlace() | ir.BitsPlace() as place):
                base, lsb, width = flatten(place)
                return self._load(base), lsb, width, width_of(base)
            case ir.Slice(operand, ir.Int(lsb), width) if _not_negative(operand.range):
                return self.value(operand), lsb, width, (operand.range.hi or 0).bit_length()
        return None

    def _operand(self, expr: ir.Expr, bits: bool) -> Node:
        return self._constant(expr, bits) if isinstance(expr, ir.Int) else self.value(expr)

    def _compare(self, expr: ir.Compare) -> Node:
        rest = [(op, self.value(operand).at(COMPARE + 1)) for op, operand in expr.rest]
        return chain(COMPARE, (("", self.value(expr.first).at(COMPARE + 1)), *rest), True)

    def _logic(self, op: str, operands: tuple[ir.Expr, ...]) -> Node:
        joined = _join(op, [self.truth(operand) for operand in operands])
        # Python's `and` gives an operand: make it a truth value unless it is one already.
        return joined if joined.truth else replace(call("bool", (joined,)), truth=True)

    def _conditional(self, expr: ir.Conditional) -> Node:
        then, orelse = self.value(expr.then), self.value(expr.orelse)
        truth = then.truth and orelse.truth
        if then.truth != orelse.truth:
            then, orelse = as_number(then), as_number(orelse)
        return conditional(then, self.truth(expr.test), orelse, truth)

    def _slice(self, expr: ir.Slice) -> Node:
        operand = self.value(expr.operand)
        if isinstance(expr.lsb, ir.Int):
            high = expr.operand.range.hi
            known = high.bit_length() if high is not None and _not_negative(expr.operand.range) else 0
            return _bits(operand, expr.lsb.value, expr.width, known)
        amount = self.value(expr.lsb).at(SHIFT + 1)
        return _and(chain(SHIFT, (("", operand.beside(SHIFT)), (">>", amount))), mask_of_bits(expr.width))

    def _wrap(self, expr: ir.Wrap) -> Node:
        operand = self.value(expr.operand)
        unsigned = _kept(operand, expr.operand.range, mask_of_bits(expr.width))
        if not expr.signed:
            return unsigned
        if expr.operand.range.within(ir.Range.signed(expr.width)):
            return operand
        sign = Node(hexadecimal(1 << (expr.width - 1)))
        return binary("-", grouped(binary("^", unsigned, sign)), sign)

    def _builtin(self, expr: ir.Builtin) -> Node:
        match expr.name:
            case "bool":
                node = self.value(expr.arguments[0])
                return node if node.truth else _not_zero(node)
            case "popcount" | "bit_length":
                method = "bit_count" if expr.name == "popcount" else "bit_length"
                return suffixed(grouped(self.number(expr.arguments[0])), f".{method}()")
            case _:
                return call(expr.name, [self.number(argument) for argument in expr.arguments])

    def _timer_query(self, expr: ir.TimerQuery) -> Node:
        timer = self.element(self.symbols.attribute("timer", expr.timer), expr.index)
        if expr.query == "armed":
            return suffixed(timer, ".armed", truth=True)
        return grouped(chain(OR, (("", suffixed(timer, ".deadline")), ("or", _ZERO))))

    def _fifo_query(self, fifo: str, query: str) -> Node:
        return suffixed(attribute(self.symbols.attribute("fifo", fifo)), f".{query}", truth=query in ("empty", "full"))


def value_method(symbol: RegisterSymbol) -> str:
    """The method that computes the value of a register with ``read``, free of side effects."""
    register = symbol.model
    quiet = not register.before_read and not register.on_read and register.read_effect is None
    return f"read_{symbol.stem}" if quiet else f"value_{symbol.stem}"


@lru_cache(maxsize=1024)
def integer(value: int, bits: bool = False) -> Node:
    """A literal: hexadecimal for bit patterns, decimal for amounts."""
    if value < 0:
        return Node(str(value), UNARY)
    if bits or _is_pattern(value):
        return Node(hexadecimal(value))
    return Node(f"{value:_}" if value >= 100_000 else str(value))


def conditional(then: Node, test: Node, orelse: Node, truth: bool = False) -> Node:
    """``then if test else orelse``."""
    return chain(CONDITIONAL, (("", then.at(OR)), ("if", test.at(OR)), ("else", orelse)), truth)


def _is_pattern(value: int) -> bool:
    """Whether a number looks like bits rather than an amount: ones only, a single one, or wide and not round."""
    if value < 1 << 12:
        return False
    return value & (value + 1) == 0 or value & (value - 1) == 0 or (value >= 1 << 32 and value % 10 != 0)


def flatten(place: ir.Place) -> tuple[ir.Place, int, int]:
    """What a place is bits of: (register, state or local; least significant bit; width, 0 for the whole)."""
    match place:
        case ir.FieldPlace(register, _, lsb, width):
            return register, lsb, width
        case ir.BitsPlace(of, lsb, width):
            base, inner, _ = flatten(of)
            return base, inner + lsb, width
        case _:
            return place, 0, 0


def width_of(place: ir.Place) -> int:
    """The bits that a place has; 0 where that is not known."""
    match place:
        case ir.RegisterPlace() | ir.FieldPlace() | ir.BitsPlace() | ir.StatePlace() | ir.FifoPlace():
            return place.width
        case _:
            return 0


def _not_negative(known: ir.Range) -> bool:
    return known.lo is not None and known.lo >= 0


def _not_zero(node: Node) -> Node:
    return chain(COMPARE, (("", node.at(COMPARE + 1)), ("!=", _ZERO)), True)


def _bits(node: Node, lsb: int, width: int, full: int) -> Node:
    """Bits ``lsb .. lsb+width-1`` of a value that has no bits from ``full`` on (0: not known)."""
    shifted = binary(">>", node, Node(str(lsb))) if lsb else node
    if full and lsb + width >= full:
        return shifted
    return _and(shifted, mask_of_bits(width))


def _and(node: Node, mask: int) -> Node:
    return masked(node, integer(mask, bits=True))


def _kept(node: Node, known: ir.Range, mask: int) -> Node:
    """``node & mask`` unless ``known`` says that nothing would change."""
    if mask & (mask + 1) == 0 and known.within(ir.Range(0, mask)):
        return node
    return _and(node, mask)


def _join(op: str, nodes: list[Node]) -> Node:
    level = AND if op == "and" else OR
    # Inside `or` an `and` gets parentheses for readability.
    parts = [node.at(level + 1) if node.level != AND or level == AND else grouped(node) for node in nodes]
    first, *rest = parts
    return chain(level, (("", first), *((op, part) for part in rest)), all(node.truth for node in nodes))
