"""The steps of a plan other than statements of the behaviour language, and the names that plans use."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model

Thing = tuple[str, str]
"""(kind, name) of something that changes: a register's storage, state, a FIFO, a counter, a timer or a line."""

Things = frozenset[Thing]
NOTHING: Final[Things] = frozenset()

Refusal = Literal["locked", "constraint"]
"""Why a register does not take a write."""


@dataclass(slots=True, frozen=True)
class Store:
    """``place = value``: a register's store, with the side effects of all its fields.

    ``full`` is the value for a write of all lanes, if it is simpler; ``all_lanes`` is the ``mask`` of such a write. A
    target may use ``value`` alone. If merging lanes costs more than a test, as in Python, the target tests ``mask``
    first.
    """

    place: ir.RegisterPlace
    value: ir.Expr
    full: ir.Expr | None = None
    all_lanes: int = 0


@dataclass(slots=True, frozen=True)
class Update:
    """Update a follower: an enable, a level or a stream's room (see ``followers.py``).

    ``awaited``: a stream's room, which matters only while the host waits for it.
    """

    thing: Thing
    awaited: bool = False


@dataclass(slots=True, frozen=True)
class WindowWrite:
    """Write ``value`` to the registers behind a window: ``size`` bytes, only the bits in ``mask`` if ``lanes``."""

    window: model.Window
    size: int
    lanes: bool


@dataclass(slots=True, frozen=True)
class WindowRead:
    """The value of the registers behind a window: ``size`` bytes, only the bits in ``mask`` if ``lanes``."""

    window: model.Window
    size: int
    lanes: bool


@dataclass(slots=True, frozen=True)
class Drop:
    """End the write if ``test`` is not 0, and report it: a lock of the register, or a constraint, refuses it."""

    test: ir.Expr
    register: str
    index: ir.Expr | None
    reason: Refusal


@dataclass(slots=True, frozen=True)
class Protect:
    """Take ``bits`` out of the write if ``test`` is not 0: the lock of some fields refuses them.

    The write ends if no written bit remains. It is reported only if ``change`` is not 0: if the write would have
    changed a locked bit.
    """

    test: ir.Expr
    bits: int
    every: int
    change: ir.Expr
    register: str
    index: ir.Expr | None


Step = ir.Stmt | Drop | Protect | Store | Update | WindowWrite
Steps = tuple[Step, ...]


@lru_cache(maxsize=256)
def local(name: str, width: int) -> ir.Load:
    """Return the value of an entry point's parameter or local of ``width`` bits: ``value``, ``mask``, ``fresh`` ..."""
    return ir.Load(ir.LocalPlace(name), ir.Range.unsigned(width))


INDEX: Final = ir.Load(ir.LocalPlace("index"), ir.Range(0, None))
"""The index of the array element whose entry point runs."""
