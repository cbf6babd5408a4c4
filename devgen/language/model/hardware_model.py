"""What hardware does to a field: SystemRDL's interrupt, set, clear and counter properties (2.0, 9.5, 9.7 to 9.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from devgen.language.ir import Expr, FieldPlace, Int, Load, Range

Edge = Literal["level", "posedge", "negedge", "bothedge"]
Sticky = Literal["bit", "field"]
_ONE: Final = Int(1)


@dataclass(slots=True, frozen=True)
class FieldCounter:
    """A field that counts. ``incr`` and ``decr``: it counts when these change from 0 to 1, by ``incrvalue`` and
    ``decrvalue``. With ``incrsaturate`` it stops at that value when it counts up, without it wraps and sets the field
    ``overflow``, or counts it up if it is a counter; ``decrsaturate`` and ``underflow`` are the same downwards. The
    thresholds are values that its outputs compare it with.
    """

    incr: Expr | None = None
    decr: Expr | None = None
    incrvalue: Expr = _ONE
    decrvalue: Expr = _ONE
    incrsaturate: Expr | None = None
    decrsaturate: Expr | None = None
    incrthreshold: Expr | None = None
    decrthreshold: Expr | None = None
    overflow: FieldPlace | None = None
    underflow: FieldPlace | None = None

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """All its expressions; a field that it sets counts as one."""
        given = (self.incr, self.decr, self.incrvalue, self.decrvalue, self.incrsaturate, self.decrsaturate,
                 self.incrthreshold, self.decrthreshold)  # fmt: skip
        targets = (Load(place, Range.unsigned(place.width)) for place in (self.overflow, self.underflow) if place)
        return (*(expr for expr in given if expr is not None), *targets)


@dataclass(slots=True, frozen=True)
class Hardware:
    """The hardware's side of a field.

    ``source`` is its `next`, or the source of an interrupt: None if behaviour sets the field itself. ``edge``: what of
    the source sets an interrupt. ``sticky``: each bit (``bit``), or a value that is not 0 (``field``), stays until it
    is cleared. ``we``: the field takes ``source`` only while this is not 0. ``hwset`` and ``hwclr``: all bits are set,
    or cleared, while the expression is not 0. ``enable`` and ``mask`` limit the register's output `intr`, the other two
    its output `halt` (``halts``: it has one of these). All expressions may use ``index``, the number of an array's
    element. ``counter``: the field counts.
    """

    intr: bool = False
    edge: Edge = "level"
    sticky: Sticky | None = None
    source: Expr | None = None
    we: Expr | None = None
    hwset: Expr | None = None
    hwclr: Expr | None = None
    enable: Expr | None = None
    mask: Expr | None = None
    haltenable: Expr | None = None
    haltmask: Expr | None = None
    halts: bool = False
    counter: FieldCounter | None = None

    @property
    def sources(self) -> tuple[Expr, ...]:
        """What changes the field."""
        counter = self.counter or FieldCounter()
        given = self.source, *(expr for _, expr in self.conditions), counter.incr, counter.decr
        return tuple(expr for expr in given if expr is not None)

    @property
    def conditions(self) -> tuple[tuple[str, Expr | None], ...]:
        """What changes the field while it is not 0, by its key."""
        return ("we", self.we), ("hwset", self.hwset), ("hwclr", self.hwclr)

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """All expressions: those that change the field, and those that decide whether it reaches an output."""
        limits = self.enable, self.mask, self.haltenable, self.haltmask
        counted = () if self.counter is None else self.counter.expressions
        return (*self.sources, *(expr for expr in limits if expr is not None), *counted)
