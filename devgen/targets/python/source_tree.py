"""A small tree of Python source: expressions and statements, each with what it uses.

An expression (``Node``) holds its text on one line, how strongly its outermost operator binds, and what it uses: the
names that it needs imported and the locals that it names. Its ``shape`` says where the printer (``printer.py``) may
break it. The functions below put nodes together and add parentheses where Python, or a careful reader, needs them.

A statement is a ``Line``, or a ``Block`` whose header is a line. ``uses`` collects what statements use, so that a
method takes only parameters that its body names, and a module imports only what stands in it.

    >>> node = call("self.intr.set", [binary("&", attribute("RIS"), attribute("IMSC"))])
    >>> node.text
    'self.intr.set(self.RIS & self.IMSC)'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from devgen.common.quick_dataclass import dataclass

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

LEVELS: Final = {
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


class Import(NamedTuple):
    """A name that a module must import."""

    module: str
    name: str


Uses = frozenset["str | Import"]
"""What source uses: names of locals and parameters as text, and imports."""

NOTHING: Final[Uses] = frozenset()


@dataclass(slots=True, frozen=True)
class Chain:
    """Operands with an operator, or a keyword, in front of each but the first: may be broken in front of those.

    ``level``: how strongly these operators bind. An operand that is a chain of the same level is a part of this one.
    """

    level: int
    operands: tuple[tuple[str, Node], ...]

    def pieces(self) -> Iterator[tuple[str, Node]]:
        """The operands, and those of operands that are parts of the chain."""
        for operator, operand in self.operands:
            if operand.level == self.level and isinstance(operand.shape, Chain):
                (_, first), *rest = operand.shape.pieces()
                yield operator, first
                yield from rest
            else:
                yield operator, operand


@dataclass(slots=True, frozen=True)
class Brackets:
    """``before``, then items between brackets: may be broken behind the opening and in front of the closing one.

    ``commas``: the items are a list, with a comma behind each; else there is one item, grouped or a subscript.
    ``clauses``: the items are the parts of a comprehension. ``single``: a tuple of one item, which needs its comma.
    """

    before: str
    opening: str
    items: tuple[Node, ...]
    closing: str
    commas: bool = True
    clauses: bool = False
    single: bool = False


@dataclass(slots=True, frozen=True)
class Node:
    """An expression. ``truth``: it gives a bool."""

    text: str
    level: int = ATOM
    truth: bool = False
    uses: Uses = NOTHING
    shape: Chain | Brackets | None = None

    def at(self, level: int) -> Node:
        """The node, in parentheses if it binds weaker than ``level``."""
        return self if self.level >= level else grouped(self)

    def beside(self, level: int) -> Node:
        """The node as an operand at ``level``; unlike bitwise operators get parentheses for the reader."""
        mixed = level != self.level and level in _BITWISE and BIT_OR <= self.level <= MULTIPLY
        return grouped(self) if mixed else self.at(level)


# --- putting nodes together ----------------------------------------------------------------------


@lru_cache(maxsize=256)
def attribute(name: str) -> Node:
    """``self.name``."""
    return Node(f"self.{name}")


@lru_cache(maxsize=256)
def local(name: str) -> Node:
    """A local or a parameter."""
    return Node(name, uses=frozenset((name,)))


@lru_cache(maxsize=256)
def literal(text: str) -> Node:
    """A literal that many lines repeat."""
    return Node(text)


def grouped(node: Node) -> Node:
    """The node in parentheses."""
    return Node(f"({node.text})", ATOM, node.truth, node.uses, Brackets("", "(", (node,), ")", commas=False))


def using(node: Node, used: Node) -> Node:
    """The node, which uses what another one uses, too."""
    return replace(node, uses=node.uses | used.uses) if used.uses else node


def suffixed(node: Node, suffix: str, truth: bool = False) -> Node:
    """``node.suffix``, for a node that binds as strongly as a name."""
    return Node(node.text + suffix, ATOM, truth, node.uses)


def prefixed(prefix: str, node: Node, level: int | None = None) -> Node:
    """``prefix`` directly in front of the node: a sign, or a keyword argument's ``name=``."""
    match node.shape:
        case Brackets(before):
            shape: Chain | Brackets | None = replace(node.shape, before=prefix + before)
        case Chain(inner):
            (_, first), *rest = node.shape.pieces()
            shape = Chain(inner, (("", Node(prefix + first.text, uses=first.uses)), *rest))
        case _:
            shape = None
    return Node(prefix + node.text, node.level if level is None else level, False, node.uses, shape)


def negation(operand: Node) -> Node:
    """``not operand``."""
    return Node(f"not {operand.at(NOT).text}", NOT, True, operand.uses)


def chain(level: int, operands: Sequence[tuple[str, Node]], truth: bool = False) -> Node:
    """Operands, each but the first behind its operator or keyword; what binds at ``level`` joins the chain."""
    text = " ".join([f"{operator} {operand.text}" if operator else operand.text for operator, operand in operands])
    return Node(text, level, truth, union([operand for _, operand in operands]), Chain(level, tuple(operands)))


def binary(operator: str, left: Node, right: Node, truth: bool = False) -> Node:
    """``left operator right``. Python's operators group to the left: an equal one on the right gets parentheses."""
    level = LEVELS[operator]
    head = left.beside(level)
    tail = right.beside(level) if right.level != level else grouped(right)
    used = head.uses | tail.uses if head.uses and tail.uses else head.uses or tail.uses
    shape = Chain(level, (("", head), (operator, tail)))
    return Node(f"{head.text} {operator} {tail.text}", level, truth, used, shape)


def masked(node: Node, mask: Node) -> Node:
    """``node & mask``."""
    head = node.beside(BIT_AND)
    used = head.uses | mask.uses if mask.uses else head.uses
    return Node(f"{head.text} & {mask.text}", BIT_AND, False, used, Chain(BIT_AND, (("", head), ("&", mask))))


def call(function: str, arguments: Iterable[Node] = (), uses: Uses = NOTHING) -> Node:
    """``function(arguments)``."""
    return _bracketed(function, "(", tuple(arguments), ")", uses)


def keyword(name: str, value: Node) -> Node:
    """``name=value`` among a call's arguments."""
    return prefixed(f"{name}=", value, CONDITIONAL)


def listing(opening: str, items: Iterable[Node], closing: str) -> Node:
    """A list or a tuple; that of one item has the comma it needs."""
    found = tuple(items)
    return _bracketed("", opening, found, closing, NOTHING, opening == "(" and len(found) == 1)


def _bracketed(
    before: str, opening: str, items: tuple[Node, ...], closing: str, uses: Uses, single: bool = False
) -> Node:
    text = f"{before}{opening}{', '.join([item.text for item in items])}{',' if single else ''}{closing}"
    shape = Brackets(before, opening, items, closing, single=single) if items else None
    return Node(text, ATOM, False, union(items, uses), shape)


def comprehension(before: str, opening: str, clauses: Sequence[Node], closing: str) -> Node:
    """``[element for name in range(...)]``: the clauses are the element and what follows it."""
    text = f"{before}{opening}{' '.join([clause.text for clause in clauses])}{closing}"
    return Node(text, ATOM, False, union(clauses), Brackets(before, opening, tuple(clauses), closing, True, True))


def subscript(base: str, index: Node) -> Node:
    """``base[index]``."""
    return Node(f"{base}[{index.text}]", ATOM, False, index.uses, Brackets(base, "[", (index,), "]", commas=False))


def as_number(node: Node) -> Node:
    """The node as an int, where it may be a bool."""
    return call("int", (node,)) if node.truth else node


def union(nodes: Iterable[Node], uses: Uses = NOTHING) -> Uses:
    """Return the uses of several nodes."""
    for node in nodes:
        if node.uses:
            uses = uses | node.uses if uses else node.uses
    return uses


# --- statements ----------------------------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class Line:
    """``head``, an expression and ``tail``: ``x = `` ... or ``if `` ... ``:``; ``comment`` stands behind the line.

    ``origin`` is printed at the end of its first and last line, for a map from lines to places of the description.
    """

    head: str
    value: Node | None = None
    tail: str = ""
    comment: str = ""
    origin: str = ""


@dataclass(slots=True, frozen=True)
class Block:
    """A compound statement: its header and the statements in it, of which there is at least one."""

    header: Line
    body: tuple[Statement, ...]


Statement = Line | Block
Statements = tuple[Statement, ...]

PASS: Final = Line("pass")


def attribute_set(name: str, value: Node) -> Line:
    """``self.name = value``."""
    return Line(f"self.{name} = ", value)


def block(head: str, value: Node | None, body: Statements, comment: str = "") -> Block:
    """``head value:`` and a body, ``pass`` if it is empty."""
    return Block(Line(head, value, ":", comment), body or (PASS,))


def with_origin(statement: Statement, origin: str) -> Statement:
    """The statement, or the header of a block, with an origin."""
    if isinstance(statement, Line):
        return replace(statement, origin=origin)
    return replace(statement, header=replace(statement.header, origin=origin))


def uses(statements: Iterable[Statement]) -> Uses:
    """Return the uses of statements."""
    found = NOTHING
    for statement in statements:
        line = statement if isinstance(statement, Line) else statement.header
        if line.value is not None and line.value.uses:
            found = found | line.value.uses if found else line.value.uses
        if isinstance(statement, Block):
            found |= uses(statement.body)
    return found
