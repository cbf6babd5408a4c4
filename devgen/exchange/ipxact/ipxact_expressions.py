"""Constant expressions of IP-XACT: SystemVerilog's of integers (2014), and the scaled numbers of 1685-2009."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

LONGEST: Final = 4096
"""Most characters of an expression, and most bits of a value."""

DEEPEST: Final = 30
"""Most brackets and parameters inside each other."""

_TOKEN = re.compile(
    r"\s*(?:(?P<based>\d*\s*'[sS]?[hHdDbBoO]\s*[0-9a-fA-F_]+|'0)|(?P<hex>(?:0[xX]|#)[0-9a-fA-F_]+[kKmMgGtT]?)"
    r"|(?P<decimal>\d[\d_]*[kKmMgGtT]?)(?![\w.])|(?P<name>[$A-Za-z_][\w.$]*)"
    r"|(?P<operator>\*\*|<<<|>>>|<<|>>|<=|>=|===?|!==?|&&|\|\||[-+*/%<>!~&|^?:(),]))"
)
_SCALE: Final = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_BASES: Final = {"h": 16, "d": 10, "b": 2, "o": 8}
_LEVELS: Final = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!=", "===", "!=="),
    ("<", "<=", ">", ">="),
    ("<<", ">>", "<<<", ">>>"),
    ("+", "-"),
    ("*", "/", "%"),
    ("**",),
)
_LEVEL: Final = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}


class ExpressionError(Exception):
    """A text that is no expression, or one without a value."""


def _quotient(left: int, right: int) -> int:
    """Divide and round towards 0, as SystemVerilog does."""
    if not right:
        raise ExpressionError("it divides by 0")
    size = abs(left) // abs(right)
    return size if (left < 0) == (right < 0) else -size


def _power(left: int, right: int) -> int:
    if right < 0 or left.bit_length() * right > LONGEST:
        raise ExpressionError(f"a power that is no integer of at most {LONGEST} bits")
    return int(left**right)


def _shifted(left: int, right: int) -> int:
    if not 0 <= right <= LONGEST:
        raise ExpressionError(f"a shift that is not from 0 to {LONGEST} bits")
    return left << right


def _logarithm(value: int) -> int:
    if value < 0:
        raise ExpressionError("the logarithm of a negative number")
    return max(value - 1, 0).bit_length()


_BINARY: Final[dict[str, Callable[[int, int], int]]] = {
    "||": lambda left, right: int(bool(left or right)),
    "&&": lambda left, right: int(bool(left and right)),
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
    "==": operator.eq,
    "!=": operator.ne,
    "===": operator.eq,
    "!==": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "<<": _shifted,
    "<<<": _shifted,
    ">>": lambda left, right: left >> max(right, 0),
    ">>>": lambda left, right: left >> max(right, 0),
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "%": lambda left, right: left - right * _quotient(left, right),
    "**": _power,
}
_UNARY: Final[dict[str, Callable[[int], int]]] = {
    "-": operator.neg,
    "+": operator.pos,
    "!": lambda value: int(not value),
    "~": operator.invert,
}
_FUNCTIONS: Final[dict[str, tuple[int, Callable[..., int]]]] = {
    "$pow": (2, _power),
    "$clog2": (1, _logarithm),
    "$min": (2, min),
    "$max": (2, max),
    "$abs": (1, abs),
}


@dataclass(slots=True)
class Expressions:
    """Evaluates expressions; ``parameters`` maps identifiers and names of parameters to the text of their value."""

    parameters: Mapping[str, str]
    _values: dict[str, int] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    depth: int = 0
    """Brackets and parameters around the part that is evaluated."""

    def value(self, text: str) -> int:
        """Return the value of an expression. Raises ExpressionError."""
        if len(text) > LONGEST:
            raise ExpressionError(f"an expression of more than {LONGEST} characters")
        if text.isascii() and text.isdecimal():
            return int(text)
        return _Parser(self, _tokens(text)).whole()

    def parameter(self, name: str) -> int:
        """Return the value of a parameter. Raises ExpressionError."""
        if name in ("true", "false"):
            return int(name == "true")
        if name not in self._values:
            if name not in self.parameters:
                raise ExpressionError(f"no parameter is '{name}'")
            if name in self._open:
                raise ExpressionError(f"the parameter '{name}' depends on itself")
            self._open.append(name)
            try:
                self._values[name] = self.value(self.parameters[name])
            finally:
                self._open.pop()
        return self._values[name]


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, text = [], 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"'{text[position : position + 20]}' is no part of an expression")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


@dataclass(slots=True)
class _Parser:
    """Evaluates the tokens of one expression from left to right, by the levels of the operators."""

    expressions: Expressions
    tokens: list[tuple[str, str]]
    place: int = 0

    def whole(self) -> int:
        value = self._choice()
        if self.place < len(self.tokens):
            raise ExpressionError(f"'{self.tokens[self.place][1]}' is left over")
        return value

    def _sign(self) -> str:
        """Return the operator at the place, empty if there is none."""
        kind, text = self.tokens[self.place] if self.place < len(self.tokens) else ("", "")
        return text if kind == "operator" else ""

    def _take(self, sign: str) -> None:
        if self._sign() != sign:
            raise ExpressionError(f"'{sign}' is missing")
        self.place += 1

    def _choice(self) -> int:
        self.expressions.depth += 1
        try:
            if self.expressions.depth > DEEPEST:
                raise ExpressionError(f"more than {DEEPEST} brackets and parameters inside each other")
            value = self._operation(0)
            if self._sign() != "?":
                return value
            self.place += 1
            first = self._choice()
            self._take(":")
            second = self._choice()
            return first if value else second
        finally:
            self.expressions.depth -= 1

    def _operation(self, lowest: int) -> int:
        value = self._operand()
        while (sign := self._sign()) and _LEVEL.get(sign, -1) >= lowest:
            self.place += 1
            value = int(_BINARY[sign](value, self._operation(_LEVEL[sign] + 1)))
            if value.bit_length() > LONGEST:
                raise ExpressionError(f"a value of more than {LONGEST} bits")
        return value

    def _operand(self) -> int:
        signs: list[str] = []
        while self._sign() in _UNARY:
            signs.append(self._sign())
            self.place += 1
        value = self._primary()
        for sign in reversed(signs):
            value = _UNARY[sign](value)
        return value

    def _primary(self) -> int:
        if self._sign() == "(":
            (value,) = self._arguments(1)
            return value
        if self.place >= len(self.tokens):
            raise ExpressionError("it ends too early" if self.tokens else "it is empty")
        kind, text = self.tokens[self.place]
        self.place += 1
        if kind == "operator":
            raise ExpressionError(f"'{text}' is not expected here")
        if kind != "name":
            return _number(kind, text)
        if not text.startswith("$"):
            return self.expressions.parameter(text)
        if text not in _FUNCTIONS:
            raise ExpressionError(f"the function '{text}' is unknown")
        count, function = _FUNCTIONS[text]
        return function(*self._arguments(count))

    def _arguments(self, count: int) -> list[int]:
        self._take("(")
        found = [self._choice()]
        while len(found) < count:
            self._take(",")
            found.append(self._choice())
        self._take(")")
        return found


def _number(kind: str, text: str) -> int:
    text = text.replace("_", "").replace(" ", "")
    if kind == "based":
        if text == "'0":
            return 0
        digits = text.partition("'")[2].lstrip("sS")
        try:
            return int(digits[1:], _BASES[digits[0].lower()])
        except ValueError as error:
            raise ExpressionError(f"'{text}' is no number") from error
    scale = _SCALE.get(text[-1].lower(), 1)
    digits = text.removesuffix(text[-1]) if scale > 1 else text
    if kind == "decimal":
        return int(digits) * scale
    return int(digits.removeprefix("#").lower().removeprefix("0x"), 16) * scale
