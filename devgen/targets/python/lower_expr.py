"""Expressions of the behaviour language to Python text, with no more parentheses than a careful reader wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.language import ir
from devgen.targets.python.python_literals import hexadecimal, mask_of, string
from devgen.targets.python.python_names import local
from devgen.targets.python.symbols import RegisterKey, RegisterSymbol, Symbols

# Binding strength of Python's operators, weakest first.
CONDITIONAL: Final = 0
OR: Final = 1
AND: Final = 2
NOT: Final = 3
COMPARE: Final = 4
BIT_OR: Final = 5
BIT_XOR: Final = 6
BIT_AND: Final = 7
SHIFT: Final = 8
ADD: Final = 9
MULTIPLY: Final = 10
UNARY: Final = 11
ATOM: Final = 12

_LEVELS: Final = {
    "|": BIT_OR,
    "^": BIT_XOR,
    "&": BIT_AND,
    "<<": SHIFT,
    ">>": SHIFT,
    "+": ADD,
    "-": ADD,
    "*": MULTIPLY,
    "//": MULTIPLY,
    "%": MULTIPLY,
}
_BITWISE: Final = frozenset({BIT_OR, BIT_XOR, BIT_AND, SHIFT})


@dataclass(slots=True, frozen=True)
class Code:
    """Python text of an expression: how strongly its outermost operator binds, and whether it gives a bool."""

    text: str
    level: int = ATOM
    truth: bool = False

    def at(self, level: int) -> str:
        """The text, in parentheses if it binds weaker than ``level``."""
        return self.text if self.level >= level else f"({self.text})"

    def beside(self, level: int) -> str:
        """The text as an operand at ``level``; unlike bitwise operators get parentheses for the reader."""
        mixed = level != self.level and level in _BITWISE and BIT_OR <= self.level <= MULTIPLY
        return f"({self.text})" if mixed else self.at(level)


@dataclass(slots=True, frozen=True)
class Lowering:
    """Lowers the expressions of one device. ``inside`` is the register whose own ``read`` is being lowered, if any."""

    symbols: Symbols
    inside: RegisterKey | None = None

    def within(self, key: RegisterKey) -> Lowering:
        """The same, for the ``read`` of register ``key``: there its own name means what is stored."""
        return Lowering(self.symbols, key)

    # --- the three ways to use an expression -------------------------------------------------

    def value(self, expr: ir.Expr) -> Code:
        """The expression's number; may be a bool where Python takes one for a number."""
        match expr:
            case ir.Int():
                return self._constant(expr)
            case ir.Text(value):
                return Code(string(value))
            case ir.Load(place):
                return self._load(place)
            case ir.Unary():
                return self._unary(expr)
            case ir.Binary():
                return self._binary(expr)
            case ir.Compare():
                return self._compare(expr)
            case ir.Logic(op, operands):
                return self._logic(op, operands)
            case ir.Conditional():
                return self._conditional(expr)
            case ir.Slice():
                return self._slice(expr)
            case ir.Wrap():
                return self._wrap(expr)
            case ir.Builtin():
                return self._builtin(expr)
            case ir.Apply(function, arguments):
                inner = ", ".join(self.number(one) for one in arguments)
                return Code(f"self.{self.symbols.attribute('function', function)}({inner})")
            case ir.Now(clock):
                return Code(f"self.clocks.{clock}.now()")
            case ir.TimerQuery():
                return self._timer_query(expr)
            case ir.FifoQuery():
                return self._fifo_query(expr)
            case ir.LoadMemory(address, size):
                return Code(f"self.load_memory({self.number(address)}, {size})")
            case ir.TextByte(text, index):
                return Code(f"self.text_byte({self.value(text).text}, {self.number(index)})")

    def number(self, expr: ir.Expr) -> str:
        """Text that gives an int, never a bool: for what is stored, passed or returned."""
        code = self.value(expr)
        return _as_number(code).text

    def truth(self, expr: ir.Expr) -> Code:
        """Text whose truth is that of the expression: for tests, where a number need not become a bool."""
        match expr:
            case ir.Load(ir.FieldPlace() | ir.BitsPlace() as place):
                return self._bits_truth(place)
            case ir.Unary("not", operand):
                return Code(f"not {self.truth(operand).at(NOT)}", NOT, True)
            case ir.Logic(op, operands):
                return _join(op, [self.truth(one) for one in operands])
            case ir.Builtin("bool", (operand,)):
                return self.truth(operand)
            case ir.Compare(first, (("!=", ir.Int(0)),)):
                return self.truth(first) if not isinstance(first, ir.Binary) else self.value(expr)
            case ir.Slice(operand, ir.Int(lsb), width):
                return self._mask(self.value(operand), operand.range, mask_of(width) << lsb)
            case _:
                return self.value(expr)

    def argument(self, expr: ir.Expr, level: int) -> str:
        """The number as an operand that must bind at least as ``level``."""
        return self.value(expr).at(level)

    def level(self, expr: ir.Expr) -> str:
        """Text for a line's level: a comparison with 0 where the number could be more than 1."""
        code = self.value(expr)
        if code.truth or expr.range.within(ir.BOOL):
            return code.text
        return f"{code.at(COMPARE + 1)} != 0"

    # --- places ------------------------------------------------------------------------------

    def _load(self, place: ir.Place) -> Code:
        match place:
            case ir.RegisterPlace():
                return self.register(place)
            case ir.FieldPlace(register, _, lsb, width):
                return _bits(self.register(register), lsb, width, register.width)
            case ir.BitsPlace(of, lsb, width):
                return _bits(self._load(of), lsb, width, self._width(of))
            case ir.LocalPlace(name):
                return Code(local(name))
            case ir.PropertyPlace(name, None):
                return self._property(name)
            case ir.PropertyPlace(name, index):
                return Code(self.element(self.symbols.attribute("property", name), index))
            case ir.LinePlace(kind, name, index):
                return Code(self.element(self.symbols.attribute(kind, name), index) + ".level")
            case ir.CounterPlace(name, index):
                return Code(self.element(self.symbols.attribute("counter", name), index) + ".read()")
            case ir.StatePlace(name, _, index):
                return Code(self.element(self.symbols.attribute("state", name), index))
            case ir.FifoPlace(name, _, index):
                return Code(self.element(self.symbols.attribute("fifo", name), index))

    def register(self, place: ir.RegisterPlace) -> Code:
        """A register's value: stored, constant, or what its ``read`` computes."""
        symbol = self.symbols.registers[place.file, place.register]
        register = symbol.model
        if register.read is not None and self.inside != symbol.key:
            index = "" if place.index is None else self.number(place.index)
            return Code(f"self.{value_method(symbol)}({index})")
        if symbol.attribute is not None:
            return Code(self.element(symbol.attribute, place.index))
        return integer(register.constant[0], bits=True) if register.constant is not None else Code("0")

    def element(self, attribute: str, index: ir.Expr | None) -> str:
        """``self.name`` or ``self.name[index]``."""
        return f"self.{attribute}" if index is None else f"self.{attribute}[{self.number(index)}]"

    def _property(self, name: str) -> Code:
        kind = next(one.type for one in self.symbols.device.properties if one.name == name)
        return Code(f"self.{self.symbols.attribute('property', name)}", ATOM, kind == "bool")

    def _width(self, place: ir.Place) -> int:
        match place:
            case ir.RegisterPlace() | ir.FieldPlace() | ir.BitsPlace() | ir.StatePlace() | ir.FifoPlace():
                return place.width
            case _:
                return 0

    def _bits_truth(self, place: ir.FieldPlace | ir.BitsPlace) -> Code:
        base, lsb, width = flatten(place)
        full = self._width(base)
        if lsb == 0 and width == full:
            return self._load(base)
        return _and(self._load(base), mask_of(width) << lsb)

    def _constant(self, expr: ir.Int, bits: bool = False) -> Code:
        if expr.name:
            return Code(f"self.{self.symbols.attribute('constant', expr.name)}")
        return integer(expr.value, bits)

    # --- operators ---------------------------------------------------------------------------

    def _unary(self, expr: ir.Unary) -> Code:
        if expr.op == "not":
            return Code(f"not {self.truth(expr.operand).at(NOT)}", NOT, True)
        return Code(f"{expr.op}{_as_number(self.value(expr.operand)).at(UNARY)}", UNARY)

    def _binary(self, expr: ir.Binary) -> Code:
        level = _LEVELS[expr.op]
        bits = BIT_OR <= level <= BIT_AND
        left, right = self._operand(expr.left, bits), self._operand(expr.right, bits)
        # Python's operators group to the left: an equal one on the right needs parentheses.
        tail = right.beside(level) if right.level != level else f"({right.text})"
        truth = bits and left.truth and right.truth
        return Code(f"{left.beside(level)} {expr.op} {tail}", level, truth)

    def _operand(self, expr: ir.Expr, bits: bool) -> Code:
        return self._constant(expr, bits) if isinstance(expr, ir.Int) else self.value(expr)

    def _compare(self, expr: ir.Compare) -> Code:
        parts = [self.value(expr.first).at(COMPARE + 1)]
        parts += [f"{op} {self.value(one).at(COMPARE + 1)}" for op, one in expr.rest]
        return Code(" ".join(parts), COMPARE, True)

    def _logic(self, op: str, operands: tuple[ir.Expr, ...]) -> Code:
        codes = [self.truth(one) for one in operands]
        joined = _join(op, codes)
        # Python's `and` gives an operand: make it a truth value unless it is one already.
        return joined if joined.truth else Code(f"bool({joined.text})", ATOM, True)

    def _conditional(self, expr: ir.Conditional) -> Code:
        then, orelse = self.value(expr.then), self.value(expr.orelse)
        truth = then.truth and orelse.truth
        if then.truth != orelse.truth:
            then, orelse = _as_number(then), _as_number(orelse)
        test = self.truth(expr.test).at(OR)
        return Code(f"{then.at(OR)} if {test} else {orelse.at(CONDITIONAL)}", CONDITIONAL, truth)

    def _slice(self, expr: ir.Slice) -> Code:
        operand = self.value(expr.operand)
        if isinstance(expr.lsb, ir.Int):
            high = expr.operand.range.hi
            known = high.bit_length() if high is not None and _not_negative(expr.operand.range) else 0
            return _bits(operand, expr.lsb.value, expr.width, known)
        shifted = Code(f"{operand.beside(SHIFT)} >> {self.argument(expr.lsb, SHIFT + 1)}", SHIFT)
        return _and(shifted, mask_of(expr.width))

    def _wrap(self, expr: ir.Wrap) -> Code:
        operand = self.value(expr.operand)
        unsigned = self._mask(operand, expr.operand.range, mask_of(expr.width))
        if not expr.signed:
            return unsigned
        if expr.operand.range.within(ir.Range.signed(expr.width)):
            return operand
        sign = hexadecimal(1 << (expr.width - 1))
        return Code(f"({unsigned.beside(BIT_XOR)} ^ {sign}) - {sign}", ADD)

    def _mask(self, code: Code, known: ir.Range, mask: int) -> Code:
        """``code & mask`` unless ``known`` says that nothing would change."""
        whole = mask & (mask + 1) == 0
        if whole and known.within(ir.Range(0, mask)):
            return code
        return _and(code, mask)

    def _builtin(self, expr: ir.Builtin) -> Code:
        match expr.name:
            case "bool":
                operand = expr.arguments[0]
                code = self.value(operand)
                return code if code.truth else Code(f"{code.at(COMPARE + 1)} != 0", COMPARE, True)
            case "popcount" | "bit_length":
                method = "bit_count" if expr.name == "popcount" else "bit_length"
                return Code(f"({self.number(expr.arguments[0])}).{method}()")
            case _:
                inner = ", ".join(self.number(one) for one in expr.arguments)
                return Code(f"{expr.name}({inner})")

    def _timer_query(self, expr: ir.TimerQuery) -> Code:
        timer = self.element(self.symbols.attribute("timer", expr.timer), expr.index)
        if expr.query == "armed":
            return Code(f"{timer}.armed", ATOM, True)
        return Code(f"({timer}.deadline or 0)")

    def _fifo_query(self, expr: ir.FifoQuery) -> Code:
        return Code(
            f"self.{self.symbols.attribute('fifo', expr.fifo)}.{expr.query}", ATOM, expr.query in ("empty", "full")
        )


def value_method(symbol: RegisterSymbol) -> str:
    """The method that computes the value of a register with ``read``, free of side effects."""
    register = symbol.model
    quiet = not register.before_read and not register.on_read and register.read_effect is None
    return f"read_{symbol.stem}" if quiet else f"value_{symbol.stem}"


def integer(value: int, bits: bool = False) -> Code:
    """A literal: hexadecimal for bit patterns, decimal for amounts."""
    if value < 0:
        return Code(str(value), UNARY)
    if bits or _is_pattern(value):
        return Code(hexadecimal(value))
    return Code(f"{value:_}" if value >= 100_000 else str(value))


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


def _not_negative(known: ir.Range) -> bool:
    return known.lo is not None and known.lo >= 0


def _as_number(code: Code) -> Code:
    return Code(f"int({code.text})") if code.truth else code


def _bits(code: Code, lsb: int, width: int, full: int) -> Code:
    """Bits ``lsb .. lsb+width-1`` of a value that has no bits from ``full`` on (0: not known)."""
    shifted = Code(f"{code.beside(SHIFT)} >> {lsb}", SHIFT) if lsb else code
    if full and lsb + width >= full:
        return shifted
    return _and(shifted, mask_of(width))


def _and(code: Code, mask: int) -> Code:
    return Code(f"{code.beside(BIT_AND)} & {hexadecimal(mask)}", BIT_AND)


def _join(op: str, codes: list[Code]) -> Code:
    level = AND if op == "and" else OR
    # Inside `or` an `and` gets parentheses for the reader.
    parts = [one.at(level + 1) if one.level != AND or level == AND else f"({one.text})" for one in codes]
    return Code(f" {op} ".join(parts), level, all(one.truth for one in codes))
