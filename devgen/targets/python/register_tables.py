"""Class attributes that describe registers as data, for traces and for tests that use registers by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devgen.language.model import Dimension, Label
from devgen.plan.register_plan import RegisterPlan
from devgen.plan.side_effects import Part, parts_of
from devgen.plan.steps import WindowRead
from devgen.targets.python.lower_expr import value_method
from devgen.targets.python.python_literals import hexadecimal, string
from devgen.targets.python.source_tree import Node, listing, prefixed
from devgen.targets.python.symbols import RegisterSymbol, Symbols

_BY_ONES = frozenset({"woclr", "woset", "wot"})
_BY_ZEROS = frozenset({"wzc", "wzs", "wzt"})


def field_tables(symbols: Symbols) -> Iterator[Node]:
    """The fields of each register that has any: (name, least significant bit, width)."""
    for symbol in symbols.registers.values():
        if symbol.model.fields:
            parts = [Node(f"({string(field.name)}, {field.lsb}, {field.width})") for field in symbol.model.fields]
            yield prefixed(f"{string(symbol.register.title)}: ", listing("(", parts, ")"))


def element_tables(symbols: Symbols) -> Iterator[Node]:
    """The shape of each array that has several dimensions, or named elements, or is not the first part of its name."""
    for symbol in symbols.registers.values():
        path = symbol.model.path
        numbered = [dim for part in path for dim in part.dimensions]
        if len(numbered) > 1 or any(dim.names for dim in numbered) or any(part.dimensions for part in path[1:]):
            yield _entry(symbol, _tuple(_tuple(_dimension(dim) for dim in part.dimensions) for part in path))


def _dimension(dim: Dimension) -> str:
    return _tuple(map(string, dim.names)) if dim.names else str(dim.count.range.hi)


def _tuple(items: Iterable[str]) -> str:
    parts = list(items)
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def label_tables(symbols: Symbols) -> Iterator[Node]:
    """The enumeration of each field that has one: label and value."""
    for symbol in symbols.registers.values():
        for field in symbol.model.fields:
            if not field.labels:
                continue
            labels = [Node(f"{string(label.name)}: {label.value}") for label in _in_order(field.labels)]
            if labels:
                yield prefixed(f"{string(f'{symbol.register.title}.{field.name}')}: ", listing("{", labels, "}"))


def _in_order(labels: Iterable[Label]) -> list[Label]:
    """Return the labels of one value, each once; a value that is read has its label for reads."""
    exact = {label.name: label for label in labels if label.exact}
    return sorted(exact.values(), key=lambda label: label.use == "write")


def acting_tables(symbols: Symbols) -> Iterator[Node]:
    """The bits of each register that a written 1, and a written 0, acts on instead of being stored."""
    for symbol in symbols.registers.values():
        described = symbol.model
        if not described.write_effect and not any(field.write_effect for field in described.fields):
            continue
        parts = parts_of(described)
        ones, zeros = _bits(parts, _BY_ONES), _bits(parts, _BY_ZEROS)
        if ones or zeros:
            yield _entry(symbol, f"({hexadecimal(ones)}, {hexadecimal(zeros)})")


def _bits(parts: Iterable[Part], effects: frozenset[str]) -> int:
    return sum(part.bits for part in parts if part.write in effects)


def peek_tables(symbols: Symbols) -> Iterator[Node]:
    """The value without a read's effects, of each register whose read has effects.

    It is the name of an attribute or of a method, a number, or an empty text for a window.
    """
    for key, plan in symbols.plan.registers.items():
        if _acts(plan):
            yield _entry(symbols.registers[key], _peeked(symbols.registers[key], plan))


def _acts(plan: RegisterPlan) -> bool:
    """Whether a read does more than return a value."""
    read = plan.read
    return read is not None and bool(read.before or read.after or isinstance(read.value, WindowRead))


def _peeked(symbol: RegisterSymbol, plan: RegisterPlan) -> str:
    if plan.read is not None and isinstance(plan.read.value, WindowRead):
        return string("")
    if plan.computed is not None and not plan.quiet:
        return string(value_method(symbol))
    if symbol.attribute is not None:
        return string(symbol.attribute)
    return hexadecimal((symbol.model.constant or (0,))[0])


def alias_tables(symbols: Symbols) -> Iterator[Node]:
    """The attribute of each register that another register's storage holds."""
    for symbol in symbols.registers.values():
        view = symbol.model.view
        whole = view is not None and view.width == symbol.model.width and view.element is None
        shared = symbol.model.alias is not None or whole
        if shared and symbol.attribute is not None and symbol.register.is_changeable:
            yield _entry(symbol, string(symbol.attribute))


def follower_names(symbols: Symbols) -> Iterator[Node]:
    """The methods that update what follows the registers: lines, enables, room."""
    for follower in symbols.plan.followers:
        yield Node(string(symbols.attributes["update", " ".join(follower.thing)]))


def _entry(symbol: RegisterSymbol, value: str) -> Node:
    return Node(f"{string(symbol.register.title)}: {value}")
