"""The storage that behaviour reads and writes; an array counts as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language.ir import (
    BitsPlace,
    CounterPlace,
    Expr,
    FieldPlace,
    FifoPlace,
    LinePlace,
    Load,
    LocalPlace,
    Place,
    PropertyPlace,
    RegisterPlace,
    StatePlace,
    WrittenPlace,
)
from devgen.language.typed_walk import walk

Storage = tuple[str, str]
"""The storage that is read or written, for an array the whole array: a kind and a name.

``("register", "T.CONFIG")``, ``("state", "period")``, ``("line", "intr")`` (interrupts and GPIO outputs), ``("gpio_in",
"pit")``, ``("counter", "seconds")``, ``("fifo", "rx")``, ``("property", "timers")``, ``("local", "n")``.
"""


def storage(place: Place) -> Storage:
    """Return the storage that a place is part of."""
    match place:
        case FieldPlace(register=inner) | WrittenPlace(register=inner) | BitsPlace(of=inner):
            return storage(inner)
        case RegisterPlace(register, file=file):
            return ("register", f"{file}.{register}" if file else register)
        case StatePlace(name):
            return ("state", name)
        case FifoPlace(name):
            return ("fifo", name)
        case LinePlace(kind, name):
            return ("gpio_in" if kind == "gpio_in" else "line", name)
        case CounterPlace(name):
            return ("counter", name)
        case PropertyPlace(name):
            return ("property", name)
        case LocalPlace(name):
            return ("local", name)


def loads(expr: Expr) -> Iterator[Storage]:
    """Yield the storage that an expression reads directly, including the indices of its places."""
    for node in walk(expr):
        if isinstance(node, Load):
            yield storage(node.place)
