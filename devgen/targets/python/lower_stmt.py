"""Statements of the behaviour language to lines of Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from devgen.language import ir
from devgen.language.typed_walk import names_local
from devgen.targets.python.line_breaking import indented
from devgen.targets.python.lower_expr import BIT_AND, BIT_OR, SHIFT, Code, Lowering, flatten
from devgen.targets.python.python_literals import hexadecimal, mask_of, string
from devgen.targets.python.python_names import keyword_argument, local

_AUGMENTED: Final = frozenset({"+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"})


@dataclass(slots=True, frozen=True)
class Statements:
    """Lowers the statements of one device."""

    lowering: Lowering

    def block(self, body: Sequence[ir.Stmt]) -> list[str]:
        """The lines of a block; ``pass`` for an empty one."""
        return self.lines(body) or ["pass"]

    def lines(self, body: Iterable[ir.Stmt]) -> list[str]:
        """The lines of statements in sequence."""
        return [line for one in body for line in self._statement(one)]

    def _statement(self, one: ir.Stmt) -> list[str]:
        number, symbols = self.lowering.number, self.lowering.symbols
        match one:
            case ir.Assign(place, value):
                return self.assign(place, value)
            case ir.Declare(name, value):
                return [f"{local(name)} = {number(value)}"]
            case ir.If():
                return self._branch(one, "if")
            case ir.For():
                return self._loop(one)
            case ir.Do(action, arguments):
                inner = ", ".join(number(argument) for argument in arguments)
                return [f"self.{symbols.attribute('action', action)}({inner})"]
            case ir.TimerOp():
                return [self._timer(one)]
            case ir.FifoOp(fifo, op, argument):
                return [f"self.{symbols.attribute('fifo', fifo)}.{op}({'' if argument is None else number(argument)})"]
            case ir.CounterOp(counter, op, index, argument):
                target = self.lowering.element(symbols.attribute("counter", counter), index)
                return [f"{target}.{op}({'' if argument is None else number(argument)})"]
            case ir.Pulse(line):
                return [f"{self._line(line)}.pulse()"]
            case ir.Emit(event, arguments):
                words = [string(event), *(keyword_argument(name, number(value)) for name, value in arguments)]
                return [f"self.emit({', '.join(words)})"]
            case ir.Send(stream, value):
                return [f"self.{symbols.attribute('stream', stream)}.send({number(value)})"]
            case ir.StoreMemory(address, value, size):
                return [f"self.store_memory({number(address)}, {number(value)}, {size})"]
            case ir.CopyMemory(op, address, buffer, length):
                return [f"self.{op}_bytes({number(address)}, {self._elements(buffer)}, {number(length)})"]
            case ir.FillMemory(buffer, length, value):
                return [f"self.fill_bytes({self._elements(buffer)}, {number(length)}, {number(value)})"]

    def _elements(self, first: ir.StatePlace) -> str:
        """An array of bytes and the element named, as two arguments."""
        start = self.lowering.number(first.index) if first.index is not None else "0"
        return f"self.{self.lowering.symbols.attribute('state', first.name)}, {start}"

    # --- control -----------------------------------------------------------------------------

    def _branch(self, one: ir.If, word: str) -> list[str]:
        lines = [f"{word} {self.lowering.truth(one.test).text}:", *indented(self.block(one.then))]
        match one.orelse:
            case ():
                return lines
            case (ir.If() as other,):
                return lines + self._branch(other, "elif")
            case _:
                return [*lines, "else:", *indented(self.block(one.orelse))]

    def _loop(self, one: ir.For) -> list[str]:
        name = local(one.name) if names_local(one.body, one.name) else "_"
        start, stop = self.lowering.number(one.start), self.lowering.number(one.stop)
        bounds = stop if start == "0" else f"{start}, {stop}"
        return [f"for {name} in range({bounds}):", *indented(self.block(one.body))]

    # --- things that are told ----------------------------------------------------------------

    def _timer(self, one: ir.TimerOp) -> str:
        symbols = self.lowering.symbols
        name = symbols.attribute("timer", one.timer)
        if one.op == "arm":
            index = "" if one.index is None else self.lowering.number(one.index)
            return f"self.{symbols.attribute('arm', one.timer)}({index})"
        argument = "" if one.argument is None else self.lowering.number(one.argument)
        return f"{self.lowering.element(name, one.index)}.{one.op}({argument})"

    def _line(self, line: ir.LinePlace) -> str:
        return self.lowering.element(self.lowering.symbols.attribute(line.kind, line.name), line.index)

    # --- assignment --------------------------------------------------------------------------

    def assign(self, place: ir.Place, value: ir.Expr) -> list[str]:
        """Store ``value``: whole places directly, fields and slices into the place they are bits of."""
        if isinstance(place, ir.LinePlace):
            return [f"{self._line(place)}.set({self.lowering.value(value).text})"]
        base, lsb, width = flatten(place)
        target = self._target(base)
        if target is None:
            return []
        if width and not (lsb == 0 and width == _width(base)):
            return [_insert(target, lsb, width, self.lowering, value)]
        return [self._whole(base, target, value)]

    def _whole(self, place: ir.Place, target: str, value: ir.Expr) -> str:
        allowed = self._allowed(place)
        match value:
            case ir.Binary(op, ir.Load(source), right) if source == place and op in _AUGMENTED:
                operand = self._kept(right, allowed) if op in ("|", "^") else None
                if op in ("|", "^", "&") or allowed is None:
                    bits = op in ("|", "^", "&")
                    return f"{target} {op}= {operand or self._bits_text(right, bits)}"
        kept = self._kept(value, allowed)
        return f"{target} = {kept or self.lowering.number(value)}"

    def _bits_text(self, value: ir.Expr, bits: bool) -> str:
        if bits and isinstance(value, ir.Int) and value.value >= 0:
            return hexadecimal(value.value)
        return self.lowering.number(value)

    def _kept(self, value: ir.Expr, allowed: int | None) -> str | None:
        """``value & allowed`` where the value may have other bits; None where it has not."""
        if allowed is None or not possible_bits(self.lowering, value) & ~allowed:
            return None
        return f"{self.lowering.value(value).beside(BIT_AND)} & {hexadecimal(allowed)}"

    def _allowed(self, place: ir.Place) -> int | None:
        """The bits a register has, if not all of its width: the others must stay 0."""
        if not isinstance(place, ir.RegisterPlace):
            return None
        bits = self.lowering.symbols.registers[place.file, place.register].bits
        return None if bits == mask_of(place.width) else bits

    def _target(self, place: ir.Place) -> str | None:
        match place:
            case ir.RegisterPlace(register, _, file, index):
                attribute = self.lowering.symbols.registers[file, register].attribute
                return None if attribute is None else self.lowering.element(attribute, index)
            case ir.StatePlace(name, _, index):
                return self.lowering.element(self.lowering.symbols.attribute("state", name), index)
            case ir.LocalPlace(name):
                return local(name)
            case _:
                return None


def possible_bits(lowering: Lowering, expr: ir.Expr) -> int:
    """A mask of the bits that ``expr`` may have set; -1 when it may be negative."""
    match expr:
        case ir.Int(value):
            return value
        case ir.Load(ir.RegisterPlace() as place):
            return lowering.symbols.registers[place.file, place.register].bits
        case ir.Binary("&", left, right):
            return possible_bits(lowering, left) & possible_bits(lowering, right)
        case ir.Binary("|" | "^", left, right):
            return possible_bits(lowering, left) | possible_bits(lowering, right)
        case ir.Binary("<<", left, ir.Int(amount)):
            return possible_bits(lowering, left) << amount
        case ir.Conditional(_, then, orelse):
            return possible_bits(lowering, then) | possible_bits(lowering, orelse)
        case _:
            known = expr.range
            return -1 if known.hi is None or known.lo is None or known.lo < 0 else mask_of(known.hi.bit_length())


def _insert(target: str, lsb: int, width: int, lowering: Lowering, value: ir.Expr) -> str:
    """Put ``value`` into bits ``lsb ..`` of ``target`` and leave the others."""
    mask = mask_of(width) << lsb
    if isinstance(value, ir.Int):
        bits = value.value << lsb
        if bits == 0:
            return f"{target} &= ~{hexadecimal(mask)}"
        if bits == mask:
            return f"{target} |= {hexadecimal(mask)}"
        return f"{target} = ({target} & ~{hexadecimal(mask)}) | {hexadecimal(bits)}"
    code = lowering.value(value)
    placed = Code(f"{code.beside(SHIFT)} << {lsb}", SHIFT) if lsb else code
    return f"{target} = ({target} & ~{hexadecimal(mask)}) | {placed.beside(BIT_OR)}"


def _width(place: ir.Place) -> int:
    return place.width if isinstance(place, ir.RegisterPlace | ir.StatePlace) else 0
