"""Lowers steps of a plan and statements of the behaviour language to Python statements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir
from devgen.language.typed_walk import names_local, operands
from devgen.plan.registers import mask_of_bits
from devgen.plan.steps import Drop, Protect, Step, Store, Update, WindowWrite
from devgen.targets.python.field_comments import comment, fields_assigned, fields_read, fields_stored
from devgen.targets.python.lower_expr import Lowering, conditional, flatten, width_of
from devgen.targets.python.python_literals import hexadecimal, string
from devgen.targets.python.python_names import keyword_argument, local
from devgen.targets.python.source_tree import (
    ATOM,
    COMPARE,
    Block,
    Line,
    Node,
    Statement,
    Statements,
    attribute,
    binary,
    block,
    call,
    chain,
    grouped,
    masked,
    suffixed,
    using,
    with_origin,
)
from devgen.targets.python.source_tree import local as local_node

_AUGMENTED: Final = frozenset({"+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>"})
_BITS: Final = frozenset({"|", "^", "&"})


@dataclass(slots=True, frozen=True)
class StatementLowering:
    """Lowers the statements of one device."""

    lowering: Lowering

    def statements(self, body: Iterable[Step]) -> Statements:
        """Statements in sequence."""
        if self.lowering.symbols.origin is None:
            return tuple([made for step in body for made in self._statement(step)])
        return tuple([made for step in body for made in self._marked(step, self._statement(step))])

    def _marked(self, step: Step, made: Iterable[Statement]) -> list[Statement]:
        """The statements of a step, the first one with the step's origin."""
        origin, found = self.lowering.symbols.origin, list(made)
        if origin is not None and found:
            found[0] = with_origin(found[0], origin(step))
        return found

    def _statement(self, step: Step) -> Iterable[Statement]:
        match step:
            case Store():
                return (self._store(step),)
            case Drop():
                return (self._drop(step),)
            case Protect():
                return (self._protect(step),)
            case ir.Assign(place, value):
                text = comment(fields_assigned(self.lowering.symbols, place, value))
                lines = self.assign(place, value)
                return [replace(line, comment=text) for line in lines] if text else lines
            case ir.Declare(name, value):
                return (Line(f"{local(name)} = ", self.lowering.number(value), comment=comment(fields_read(value))),)
            case ir.If():
                return self._branch(step, "if ")
            case ir.For():
                return (self._loop(step),)
            case Update((_, stream), awaited=True):
                waits = f"self.{self.lowering.symbols.attribute('stream', stream)}.on_room is not None"
                return (Block(Line(f"if {waits}:"), (Line("", self._call(step)),)),)
            case _:
                named = () if isinstance(step, Update | WindowWrite) else fields_read(operands(step))
                return (Line("", self._call(step), comment=comment(named)),)

    def _call(self, step: Step) -> Node:
        """A step that is one call."""
        number, symbols = self.lowering.number, self.lowering.symbols
        match step:
            case Update(thing):
                return call(f"self.{symbols.attributes['update', ' '.join(thing)]}")
            case WindowWrite(window, size, lanes):
                written = (local_node("value"), *((local_node("mask"),) if lanes else ()))
                return self.lowering.through(window, "write", size, *written)
            case ir.Do(action, arguments):
                return self.lowering.call(symbols.attribute("action", action), *arguments)
            case ir.TimerOp():
                return self._timer(step)
            case ir.FifoOp(fifo, op, argument):
                return self._told(attribute(symbols.attribute("fifo", fifo)), op, argument)
            case ir.CounterOp(counter, op, index, argument):
                return self._told(self.lowering.element(symbols.attribute("counter", counter), index), op, argument)
            case ir.Pulse(line):
                return suffixed(self.lowering.line(line), ".pulse()")
            case ir.Emit(event, arguments):
                named = [keyword_argument(name, number(value)) for name, value in arguments]
                return call("self.emit", (Node(string(event)), *named))
            case ir.Send(stream, value):
                return call(f"self.{symbols.attribute('stream', stream)}.send", (number(value),))
            case ir.SendBytes(stream, buffer, length):
                stream = symbols.attribute("stream", stream)
                return call(f"self.{stream}.send_bytes", (*self._elements(buffer), number(length)))
            case ir.StoreMemory(address, value, size):
                return call("self.store_memory", (number(address), number(value), Node(str(size))))
            case ir.CopyMemory(op, address, buffer, length):
                return call(f"self.{op}_bytes", (number(address), *self._elements(buffer), number(length)))
            case ir.FillMemory(buffer, length, value):
                return call("self.fill_bytes", (*self._elements(buffer), number(length), number(value)))
        raise TypeError(f"{step} is no call")

    def _elements(self, first: ir.StatePlace) -> tuple[Node, Node]:
        """An array of bytes and the element named, as two arguments."""
        start = self.lowering.number(first.index) if first.index is not None else Node("0")
        return attribute(self.lowering.symbols.attribute("state", first.name)), start

    # --- refused writes ----------------------------------------------------------------------

    def _drop(self, drop: Drop) -> Block:
        """``if LOCK: refuse; return``."""
        refusal = self._refusal(drop.register, drop.reason, drop.index)
        named = comment(fields_read(drop.test))
        return block("if ", self.lowering.truth(drop.test), (Line("", refusal), Line("return")), named)

    def _protect(self, protect: Protect) -> Block:
        """``if LOCK:`` report a change of locked bits, take these out of the write, and end it if none remain."""
        refusal = self._refusal(protect.register, "locked", protect.index)
        kept = Node(hexadecimal(protect.every & ~protect.bits))
        body: tuple[Statement, ...] = (
            block("if ", self.lowering.truth(protect.change), (Line("", refusal),)),
            Line("mask &= ", kept),
            block("if not ", local_node("mask"), (Line("return"),)),
            Line("value &= ", local_node("mask")),
        )
        return block("if ", self.lowering.truth(protect.test), body, comment(fields_read(protect.test)))

    def _refusal(self, register: str, reason: str, index: ir.Expr | None) -> Node:
        words = (Node(string(register)), Node(string(reason)))
        return call("self.refuse_write", words if index is None else (*words, self.lowering.number(index)))

    # --- control -----------------------------------------------------------------------------

    def _branch(self, branch: ir.If, word: str) -> list[Statement]:
        named = comment(fields_read(branch.test))
        made: list[Statement] = [block(word, self.lowering.truth(branch.test), self.statements(branch.then), named)]
        match branch.orelse:
            case ():
                return made
            case (ir.If() as other,):
                return made + self._marked(other, self._branch(other, "elif "))
            case _:
                return [*made, block("else", None, self.statements(branch.orelse))]

    def _loop(self, loop: ir.For) -> Block:
        name = local(loop.name) if names_local(loop.body, loop.name) else "_"
        start, stop = self.lowering.number(loop.start), self.lowering.number(loop.stop)
        bounds = (stop,) if start.text == "0" else (start, stop)
        named = comment(fields_read((loop.start, loop.stop)))
        return block(f"for {name} in ", call("range", bounds), self.statements(loop.body), named)

    # --- notifications ----------------------------------------------------------------

    def _timer(self, op: ir.TimerOp) -> Node:
        symbols = self.lowering.symbols
        if op.op == "arm":
            index = () if op.index is None else (op.index,)
            return self.lowering.call(symbols.attribute("arm", op.timer), *index)
        return self._told(self.lowering.element(symbols.attribute("timer", op.timer), op.index), op.op, op.argument)

    def _told(self, target: Node, verb: str, argument: ir.Expr | None) -> Node:
        made = call(f"{target.text}.{verb}", () if argument is None else (self.lowering.number(argument),))
        return using(made, target)

    # --- assignment --------------------------------------------------------------------------

    def assign(self, place: ir.Place, value: ir.Expr) -> tuple[Line, ...]:
        """Store ``value``: whole places directly, fields and slices into the place they are bits of."""
        if isinstance(place, ir.LinePlace):
            target = self.lowering.line(place)
            made = call(f"{target.text}.set", (self.lowering.value(value),))
            return (Line("", using(made, target)),)
        base, lsb, width = flatten(place)
        found = self._target(base)
        if found is None:
            return ()
        if width and not (lsb == 0 and width == width_of(base)):
            return (_used(_insert(found, lsb, width, self.lowering, value), found),)
        return (self._whole(base, found, value, self._allowed(base)),)

    def _store(self, store: Store) -> Line:
        """A register's store. Most writes are of all lanes: they need no merging, which costs more than a test."""
        place = store.place
        key = place.file, place.register
        lowering = self.lowering.within(key)
        target = self._target(place)
        assert target is not None
        named = comment(fields_stored(self.lowering.symbols.registers[key].register))
        if store.full is None:
            steps = self if lowering is self.lowering else StatementLowering(lowering)
            return steps._whole(place, target, store.value, None, named)
        full, value = lowering.value(store.full), lowering.value(store.value)
        then = full if full.level == ATOM else grouped(full)
        every = chain(COMPARE, (("", local_node("mask")), ("==", Node(hexadecimal(store.all_lanes)))), True)
        return _used(Line(f"{target.text} = ", conditional(then, every, value), comment=named), target)

    def _whole(self, place: ir.Place, target: Node, value: ir.Expr, allowed: int | None, named: str = "") -> Line:
        """The assignment of a value, of which the bits in ``allowed`` are kept, to a whole place."""
        match value:
            case ir.Binary(op, ir.Load(source), right) if source == place and op in _AUGMENTED:
                operand = self._kept(right, allowed) if op in ("|", "^") else None
                if op in _BITS or allowed is None:
                    made = operand or self._bits(right, op in _BITS)
                    return _used(Line(f"{target.text} {op}= ", made, comment=named), target)
        kept = self._kept(value, allowed)
        return _used(Line(f"{target.text} = ", kept or self.lowering.number(value), comment=named), target)

    def _bits(self, value: ir.Expr, bits: bool) -> Node:
        if bits and isinstance(value, ir.Int) and value.value >= 0:
            return Node(hexadecimal(value.value))
        return self.lowering.number(value)

    def _kept(self, value: ir.Expr, allowed: int | None) -> Node | None:
        """``value & allowed`` where the value may have other bits; None where it has not."""
        if allowed is None or not possible_bits(self.lowering, value) & ~allowed:
            return None
        return masked(self.lowering.value(value), Node(hexadecimal(allowed)))

    def _allowed(self, place: ir.Place) -> int | None:
        """Return the mask of a register's bits if they do not fill its width: the others must stay 0."""
        if not isinstance(place, ir.RegisterPlace):
            return None
        bits = self.lowering.symbols.registers[place.file, place.register].register.bits
        return None if bits == mask_of_bits(place.width) else bits

    def _target(self, place: ir.Place) -> Node | None:
        symbols = self.lowering.symbols
        match place:
            case ir.RegisterPlace(register, _, file, index):
                name = symbols.registers[file, register].attribute
                return None if name is None else self.lowering.element(name, index)
            case ir.WrittenPlace(register):
                return self.lowering.element(
                    symbols.registers[register.file, register.register].written, register.index
                )
            case ir.StatePlace(name, _, index):
                return self.lowering.element(symbols.attribute("state", name), index)
            case ir.LocalPlace(name):
                return local_node(local(name))
            case _:
                return None


def possible_bits(lowering: Lowering, expr: ir.Expr) -> int:
    """A mask of the bits that ``expr`` may have set; -1 when it may be negative."""
    match expr:
        case ir.Int(value):
            return value
        case ir.Load(ir.RegisterPlace() as place):
            return lowering.symbols.registers[place.file, place.register].register.bits
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
            return -1 if known.hi is None or known.lo is None or known.lo < 0 else mask_of_bits(known.hi.bit_length())


def _insert(target: Node, lsb: int, width: int, lowering: Lowering, value: ir.Expr) -> Line:
    """Put ``value`` into bits ``lsb ..`` of ``target`` and leave the others."""
    mask = mask_of_bits(width) << lsb
    others = Node(f"~{hexadecimal(mask)}")
    if isinstance(value, ir.Int):
        bits = value.value << lsb
        if bits == 0:
            return Line(f"{target.text} &= ", others)
        if bits == mask:
            return Line(f"{target.text} |= ", Node(hexadecimal(mask)))
        return Line(f"{target.text} = ", binary("|", masked(target, others), Node(hexadecimal(bits))))
    node = lowering.value(value)
    placed = binary("<<", node, Node(str(lsb))) if lsb else node
    return Line(f"{target.text} = ", binary("|", masked(target, others), placed))


def _used(line: Line, target: Node) -> Line:
    """The line, with what its target uses: an index."""
    if not target.uses or line.value is None:
        return line
    return Line(line.head, using(line.value, target), line.tail, line.comment)
