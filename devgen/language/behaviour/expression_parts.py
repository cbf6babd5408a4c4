"""The direct parts of an expression, for whatever has to go through all of one."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language.ir import (
    Apply,
    Binary,
    BitsPlace,
    Builtin,
    Compare,
    Conditional,
    CounterPlace,
    Expr,
    FieldPlace,
    FifoPlace,
    LinePlace,
    Load,
    LoadMemory,
    LocalPlace,
    Logic,
    Place,
    PropertyPlace,
    RegisterPlace,
    Slice,
    StatePlace,
    TextByte,
    TimerQuery,
    Unary,
    Wrap,
)

Storage = tuple[str, str]
"""What is read or written, as a whole array: a kind and a name.

``("register", "T.CONFIG")``, ``("state", "period")``, ``("line", "intr")`` (interrupts and GPIO outputs), ``("gpio_in",
"pit")``, ``("counter", "seconds")``, ``("fifo", "rx")``, ``("property", "timers")``, ``("local", "n")``.
"""


def parts(expr: Expr) -> tuple[Expr, ...]:
    """Return the operands of an expression; for a load, the indices of its place."""
    match expr:
        case Load(place):
            return indices(place)
        case Binary(_, left, right):
            return (left, right)
        case Unary(operand=operand) | Wrap(operand=operand):
            return (operand,)
        case Slice(operand, lsb):
            return (operand, lsb)
        case Compare(first, rest):
            return (first, *(operand for _, operand in rest))
        case Logic(operands=several) | Builtin(arguments=several) | Apply(arguments=several):
            return several
        case Conditional(test, then, orelse):
            return (test, then, orelse)
        case TimerQuery(index=index) if index is not None:
            return (index,)
        case LoadMemory(address):
            return (address,)
        case TextByte(text, index):
            return (text, index)
    return ()


def indices(place: Place) -> tuple[Expr, ...]:
    """Return the index of the element that a place is, if it is one."""
    match place:
        case FieldPlace(register=inner) | BitsPlace(of=inner):
            return indices(inner)
        case RegisterPlace(index=index) | StatePlace(index=index) | LinePlace(index=index) | CounterPlace(index=index):
            return () if index is None else (index,)
        case PropertyPlace(index=index):
            return () if index is None else (index,)
        case FifoPlace(index=index):
            return (index,)
    return ()


def whole(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and everything in it."""
    pending = [expr]
    while pending:
        one = pending.pop()
        yield one
        pending += parts(one)


def storage(place: Place) -> Storage:
    """Return what a place is part of."""
    match place:
        case FieldPlace(register=inner) | BitsPlace(of=inner):
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
    """Yield the storage that an expression reads directly, the indices of its places included."""
    for one in whole(expr):
        if isinstance(one, Load):
            yield storage(one.place)
