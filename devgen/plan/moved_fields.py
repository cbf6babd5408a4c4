"""Fields that hardware changes: what an update of one does, and the hidden state that finds edges.

An update runs at the end of each entry point that may have changed a source of the field. If hardware holds the field
(a level that is still high, `hwset`), it also runs after a write of the register: what software has cleared is set
again. In one update `hwclr` comes first, then the source, then `hwset`: what sets wins.
"""

from __future__ import annotations

from collections.abc import Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.plan.registers import PlannedRegister, mask_of_bits
from devgen.plan.steps import INDEX, Steps, local

_SOURCE = "source"
"""The local with the value of an edge's source."""


@dataclass(slots=True, frozen=True)
class MovedField:
    """A field that hardware changes. ``seen``: the value of its source at the last update, if it needs edges."""

    register: PlannedRegister
    field: model.Field
    hardware: model.Hardware
    seen: model.StateVar | None

    @property
    def name(self) -> str:
        """Its path: ``STATUS.RX``."""
        return f"{self.register.title}.{self.field.name}"

    @property
    def holds(self) -> bool:
        """Whether an update may undo what software or behaviour has written."""
        hardware = self.hardware
        level = hardware.source is not None and hardware.edge == "level"
        return level or hardware.hwset is not None or hardware.hwclr is not None

    @property
    def only_edges(self) -> bool:
        """Whether nothing but an edge of its source changes the field."""
        return self.seen is not None and len(self.hardware.sources) == 1

    @property
    def update(self) -> Steps:
        """The steps of an update, for the element ``index`` of an array."""
        return tuple(self._update())

    @property
    def prime(self) -> Steps:
        """The steps after a reset: the source has its present value, which is no edge."""
        source = self.hardware.source
        if self.seen is None or source is None:
            return ()
        assign = ir.Assign(self._seen, self._wide(source))
        count = self.register.count
        if count is None:
            return (assign,)
        return (ir.For("index", ir.Int(0), count, (assign,), count.range.hi or 1),)

    # --- steps -------------------------------------------------------------------------------

    def _update(self) -> Iterator[ir.Stmt]:
        hardware, ones = self.hardware, ir.Int(mask_of_bits(self.field.width))
        if hardware.hwclr is not None:
            yield ir.If(hardware.hwclr, (ir.Assign(self._place, ir.Int(0)),))
        if hardware.source is not None:
            yield from self._take(hardware.source)
        if hardware.hwset is not None:
            yield ir.If(hardware.hwset, (ir.Assign(self._place, ones),))

    def _take(self, source: ir.Expr) -> Iterator[ir.Stmt]:
        """Yield the steps in which the field takes its source."""
        if self.hardware.edge != "level":
            yield from self._edges(source)
        elif self.hardware.sticky == "bit":
            yield self._set(source)
        elif self.hardware.sticky == "field":
            free = ir.Compare(self._stored, (("==", ir.Int(0)),))
            yield ir.If(free, (ir.Assign(self._place, self._wide(source)),))
        elif self.hardware.we is not None:
            yield ir.If(self.hardware.we, (ir.Assign(self._place, self._wide(source)),))
        else:
            yield ir.Assign(self._place, self._wide(source))

    def _set(self, bits: ir.Expr) -> ir.Stmt:
        """Return the step that sets bits and keeps the others."""
        if self.field.width == 1:
            return ir.If(bits, (ir.Assign(self._place, ir.Int(1)),))
        place, lsb = self.register.place, self.field.lsb
        every = ir.Range(0, self.field.mask)
        shifted = bits if lsb == 0 else ir.Binary("<<", bits, ir.Int(lsb), every)
        whole = ir.Load(place, ir.Range.unsigned(place.width))
        return ir.Assign(place, ir.Binary("|", whole, shifted, whole.range))

    def _edges(self, source: ir.Expr) -> Iterator[ir.Stmt]:
        now, before = local(_SOURCE, self.field.width), ir.Load(self._seen, ir.Range.unsigned(self.field.width))
        yield ir.Declare(_SOURCE, self._wide(source))
        yield self._set(self._changed(now, before))
        yield ir.Assign(self._seen, now)

    def _changed(self, now: ir.Load, before: ir.Load) -> ir.Expr:
        """Return the bits with an edge that counts."""
        if self.field.width == 1:
            match self.hardware.edge:
                case "posedge":
                    return ir.Logic("and", (now, ir.Unary("not", before, ir.BOOL)))
                case "negedge":
                    return ir.Logic("and", (before, ir.Unary("not", now, ir.BOOL)))
            return ir.Compare(now, (("!=", before),))
        match self.hardware.edge:
            case "posedge":
                return ir.Binary("&", now, _complement(before), now.range)
            case "negedge":
                return ir.Binary("&", before, _complement(now), now.range)
        return ir.Binary("^", now, before, now.range)

    def _wide(self, source: ir.Expr) -> ir.Expr:
        """Return the source with the field's width: of a field of one bit only the truth counts."""
        fits = source.range.within(ir.Range.unsigned(self.field.width))
        return source if fits else ir.Builtin("bool", (source,), ir.BOOL)

    @property
    def _place(self) -> ir.FieldPlace:
        return ir.FieldPlace(self.register.place, self.field.name, self.field.lsb, self.field.width)

    @property
    def _stored(self) -> ir.Load:
        return ir.Load(self._place, ir.Range.unsigned(self.field.width))

    @property
    def _seen(self) -> ir.StatePlace:
        assert self.seen is not None
        return ir.StatePlace(self.seen.name, self.seen.width, None if self.seen.count is None else INDEX)


def _complement(value: ir.Load) -> ir.Expr:
    return ir.Unary("~", value, ir.Range(-1 - (value.range.hi or 0), -1))


def moved_fields(device: model.Device, registers: dict[tuple[str | None, str], PlannedRegister]) -> list[MovedField]:
    """Return the fields that hardware changes, in the order of the description."""
    return [
        MovedField(register, field, field.hardware, _seen(device, register, field))
        for register in registers.values()
        if register.is_changeable
        for field in register.described.fields
        if field.hardware is not None and field.hardware.sources
    ]


def _seen(device: model.Device, register: PlannedRegister, field: model.Field) -> model.StateVar | None:
    hardware = field.hardware
    if hardware is None or hardware.source is None or hardware.edge == "level":
        return None
    return model.StateVar(
        name=f"{register.title}.{field.name}.seen",
        width=field.width,
        reset=ir.Int(0),
        count=register.count,
        retain=device.retain or register.described.retain,
        description="",
    )
