"""Typed form of the behaviour language: what a checked expression or statement is.

The checker (``devgen.language.behaviour``) makes these from text; targets lower them. Every expression carries the
exact range of its value, so that a target never has to ask whether a result fits. For example ``DR + 1``, where DR is
a register of 8 bits, is::

    Binary("+", Load(RegisterPlace("DR", 8), Range(0, 255)), Int(1), Range(1, 256))

- ``number_range``: ``Range``, the bounds of an integer.
- ``values``: places (a register, a field, a state variable, a line) and expressions.
- ``actions``: statements, such as ``Assign``, ``If``, ``TimerOp``.

To add a construct, add a class here and name it in ``Expr`` or ``Stmt``; a test then names every place that must
handle it.
"""

from devgen.language.ir.actions import (
    Assign,
    CopyMemory,
    CounterOp,
    Declare,
    Do,
    Emit,
    FifoOp,
    FillMemory,
    For,
    If,
    Pulse,
    Send,
    SendBytes,
    Stmt,
    StoreMemory,
    TimerOp,
)
from devgen.language.ir.number_range import BOOL, BYTE, NANOSECONDS, UNBOUNDED, Range
from devgen.language.ir.values import (
    Apply,
    Binary,
    BinaryOp,
    BitsPlace,
    Builtin,
    Compare,
    CompareOp,
    Conditional,
    CounterPlace,
    Expr,
    FieldPlace,
    FifoPlace,
    FifoQuery,
    Int,
    LinePlace,
    Load,
    LoadMemory,
    LocalPlace,
    Logic,
    Now,
    Place,
    PropertyPlace,
    RegisterPlace,
    Slice,
    StatePlace,
    Text,
    TextByte,
    TimerQuery,
    Unary,
    Wrap,
    WrittenPlace,
)

__all__ = [
    "BOOL",
    "BYTE",
    "NANOSECONDS",
    "UNBOUNDED",
    "Apply",
    "Assign",
    "Binary",
    "BinaryOp",
    "BitsPlace",
    "Builtin",
    "Compare",
    "CompareOp",
    "Conditional",
    "CopyMemory",
    "CounterOp",
    "CounterPlace",
    "Declare",
    "Do",
    "Emit",
    "Expr",
    "FieldPlace",
    "FifoOp",
    "FifoPlace",
    "FifoQuery",
    "FillMemory",
    "For",
    "If",
    "Int",
    "LinePlace",
    "Load",
    "LoadMemory",
    "LocalPlace",
    "Logic",
    "Now",
    "Place",
    "PropertyPlace",
    "Pulse",
    "Range",
    "RegisterPlace",
    "Send",
    "SendBytes",
    "Slice",
    "StatePlace",
    "Stmt",
    "StoreMemory",
    "Text",
    "TextByte",
    "TimerOp",
    "TimerQuery",
    "Unary",
    "Wrap",
    "WrittenPlace",
]
