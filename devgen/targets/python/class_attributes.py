"""Class attributes that describe the device as data: state, properties and tables of constants."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language import model
from devgen.plan.reset_plan import Stored
from devgen.targets.python.imports import imported
from devgen.targets.python.lower_expr import integer
from devgen.targets.python.python_literals import hexadecimal, string
from devgen.targets.python.source_tree import Node, call, literal
from devgen.targets.python.symbols import Symbols


def state_items(symbols: Symbols) -> Iterator[Node]:
    """Return the entries of a snapshot."""
    device = symbols.device
    for stored in symbols.plan.power.stored:
        kind = "state" if stored.kind == "state" else "register"
        yield _item(_described(symbols, stored), symbols.stored(stored), kind, stored.width, medium=stored.is_medium)
    for fifo in device.fifos:
        yield _item(fifo.name, symbols.attribute("fifo", fifo.name), "fifo", fifo.width)
    for counter in device.counters:
        yield _item(counter.name, symbols.attribute("counter", counter.name), "counter")
    for timer in device.timers:
        yield _item(timer.name, symbols.attribute("timer", timer.name), "timer")


def _described(symbols: Symbols, stored: Stored) -> str:
    """The name in a saved state. That of a register's write-once bits cannot be another thing's."""
    if stored.kind == "state":
        return stored.key[1]
    title = symbols.registers[stored.key].register.title
    return f"written {title}" if stored.kind == "written" else title


def _item(name: str, attribute: str, kind: str, width: int = 0, *, medium: bool = False) -> Node:
    words = [Node(string(name)), literal(string(kind)), *([literal(str(width))] if width else [])]
    if attribute != name:
        words.append(Node(f"attribute={string(attribute)}"))
    if medium:
        words.append(Node("medium=True"))
    return call("StateItem", words, imported("StateItem"))


def number_tables(symbols: Symbols) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The arrays of constants: attribute and values."""
    for symbol in symbols.registers.values():
        constant = symbol.model.constant
        if constant is not None and symbol.attribute is not None and symbol.model.alias is None:
            digits = max(-(-max(constant).bit_length() // 4), 2)
            yield symbol.attribute, tuple(hexadecimal(value, digits) for value in constant)


def property_declaration(described: model.Property) -> Node:
    """The declaration of a property."""
    default = described.default
    words = [
        string(described.name),
        string(described.type),
        string(default) if isinstance(default, str) else str(default),
    ]
    if described.type == "int":
        high = described.range.hi if described.range.hi is not None else (1 << 64) - 1
        words += [f"low={described.range.lo or 0}", f"high={integer(high).text}"]
    if described.type == "bytes":
        words.append(f"size={described.size}")
    if described.clamp:
        words.append("clamp=True")
    if described.description:
        words.append(f"description={string(described.description.strip())}")
    return call("Property", map(Node, words), imported("Property"))
