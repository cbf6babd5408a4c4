"""Typed form of statements."""

from __future__ import annotations

from typing import Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language.ir.values import Expr, LinePlace, Place, StatePlace


@dataclass(slots=True, frozen=True)
class Assign:
    """``place = value``; an augmented assignment arrives here with its operation spelled out."""

    place: Place
    value: Expr


@dataclass(slots=True, frozen=True)
class Declare:
    """``name: type = value``: a new local."""

    name: str
    value: Expr


@dataclass(slots=True, frozen=True)
class If:
    """``if test: then else: orelse`` (``elif`` is an ``If`` in ``orelse``)."""

    test: Expr
    then: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


@dataclass(slots=True, frozen=True)
class For:
    """``for name in range(start, stop)``: at most ``max_trips`` turns, proven at build time."""

    name: str
    start: Expr
    stop: Expr
    body: tuple[Stmt, ...]
    max_trips: int


@dataclass(slots=True, frozen=True)
class Do:
    """A call of an action that the description declares."""

    action: str
    arguments: tuple[Expr, ...]


@dataclass(slots=True, frozen=True)
class TimerOp:
    """``t.arm()``, ``t.arm_at(ns)``, ``t.arm_in(ns)`` or ``t.cancel()``."""

    timer: str
    op: Literal["arm", "arm_at", "arm_in", "cancel"]
    index: Expr | None = None
    argument: Expr | None = None


@dataclass(slots=True, frozen=True)
class FifoOp:
    """``f.push(value)`` (lost when it is full), ``f.pop()`` (nothing when it is empty) or ``f.clear()``."""

    fifo: str
    op: Literal["push", "pop", "clear"]
    argument: Expr | None = None


@dataclass(slots=True, frozen=True)
class CounterOp:
    """``c.load(value)``, ``c.start()`` or ``c.stop()``."""

    counter: str
    op: Literal["load", "start", "stop"]
    index: Expr | None = None
    argument: Expr | None = None


@dataclass(slots=True, frozen=True)
class Pulse:
    """``pulse(line)``: the line goes high and low again at once."""

    line: LinePlace


@dataclass(slots=True, frozen=True)
class Emit:
    """A host-visible event with its named values."""

    event: str
    arguments: tuple[tuple[str, Expr], ...]


@dataclass(slots=True, frozen=True)
class Send:
    """``stream.send(byte)``."""

    stream: str
    value: Expr


@dataclass(slots=True, frozen=True)
class SendBytes:
    """``stream.send_bytes(buffer[start], length)``: bytes of an array; what would reach past its end is not sent.

    ``buffer`` is the first element; ``most`` is how many bytes remain at most.
    """

    stream: str
    buffer: StatePlace
    length: Expr
    most: int


@dataclass(slots=True, frozen=True)
class StoreMemory:
    """``storeN(address, value)``: a little-endian write of guest memory; ``size`` in bytes."""

    address: Expr
    value: Expr
    size: int


@dataclass(slots=True, frozen=True)
class CopyMemory:
    """``load_bytes(address, buffer[start], length)``, or ``store_bytes``: guest memory to or from an array of bytes.

    ``buffer`` is the first element. What would reach past the array's end is not copied; ``most`` is what remains of
    the bytes at most.
    """

    op: Literal["load", "store"]
    address: Expr
    buffer: StatePlace
    length: Expr
    most: int


@dataclass(slots=True, frozen=True)
class FillMemory:
    """``fill_bytes(buffer[start], length, value)``: one value into an array of bytes, from ``buffer`` on.

    What would reach past the array's end is not written; ``most`` is what remains of the bytes at most.
    """

    buffer: StatePlace
    length: Expr
    value: Expr
    most: int


Stmt = (
    Assign
    | Declare
    | If
    | For
    | Do
    | TimerOp
    | FifoOp
    | CounterOp
    | Pulse
    | Emit
    | Send
    | SendBytes
    | StoreMemory
    | CopyMemory
    | FillMemory
)
