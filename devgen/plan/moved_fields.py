"""Fields that hardware changes: what an update of one does, and the hidden state that finds edges.

An update runs at the end of each entry point that may have changed a source of the field. If hardware holds the field
(a level that is still high, `hwset`), it also runs after a write of the register: what software has cleared is set
again. In one update `hwclr` comes first, then the source, then `hwset`: what holds the field wins. An edge lasts a
moment only, so `hwclr` comes after edges and what they count.
"""

from __future__ import annotations

from collections.abc import Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir, model
from devgen.language.bits_read import Bits
from devgen.plan.registers import PlannedRegister, mask_of_bits
from devgen.plan.steps import INDEX, Steps, local

_SOURCE = "source"
"""The local with the value of an edge's source."""


@dataclass(slots=True, frozen=True)
class Watch:
    """A source whose edges count; ``seen`` is its value at the last update."""

    source: ir.Expr
    seen: model.StateVar

    @property
    def place(self) -> ir.StatePlace:
        """The value at the last update, of the element ``index`` of an array."""
        return ir.StatePlace(self.seen.name, self.seen.width, None if self.seen.count is None else INDEX)

    @property
    def before(self) -> ir.Load:
        """The same as an expression."""
        return ir.Load(self.place, ir.Range.unsigned(self.seen.width))

    @property
    def value(self) -> ir.Expr:
        """The source with the width of what is compared: of one bit only the truth counts."""
        fits = self.source.range.within(ir.Range.unsigned(self.seen.width))
        return self.source if fits else ir.Builtin("bool", (self.source,), ir.BOOL)


@dataclass(slots=True, frozen=True)
class MovedField:
    """A field that hardware changes. ``watches``: the sources whose edges count. ``sets``: the bits of other fields
    that an update may change, because a counter wraps.
    """

    register: PlannedRegister
    field: model.Field
    hardware: model.Hardware
    watches: tuple[Watch, ...]
    sets: Bits

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
        """Whether nothing but edges of its sources change the field."""
        return len(self.hardware.sources) == len(self.watches)

    @property
    def moves(self) -> Bits:
        """The bits that an update may change."""
        own = self.register.key
        return {**self.sets, own: self.sets.get(own, 0) | self.field.mask}

    @property
    def update(self) -> tuple[ir.Stmt, ...]:
        """The steps of an update, for the element ``index`` of an array."""
        return tuple(self._update())

    @property
    def prime(self) -> Steps:
        """The steps after a reset: the sources have their present values, which is no edge."""
        assigned = tuple(ir.Assign(watch.place, watch.value) for watch in self.watches)
        count = self.register.count
        if count is None or not assigned:
            return assigned
        return (ir.For("index", ir.Int(0), count, assigned, count.range.hi or 1),)

    # --- steps -------------------------------------------------------------------------------

    def _update(self) -> Iterator[ir.Stmt]:
        hardware, ones = self.hardware, ir.Int(mask_of_bits(self.field.width))
        clear = () if hardware.hwclr is None else (ir.If(hardware.hwclr, (ir.Assign(self._place, ir.Int(0)),)),)
        if not self.watches:
            yield from clear
        if hardware.source is not None:
            yield from self._take(hardware.source)
        if hardware.counter is not None:
            yield from self._count(hardware.counter)
        if self.watches:
            yield from clear
        if hardware.hwset is not None:
            yield ir.If(hardware.hwset, (ir.Assign(self._place, ones),))

    def _take(self, source: ir.Expr) -> Iterator[ir.Stmt]:
        """Yield the steps in which the field takes its source."""
        if self.watches:
            yield from self._edges(self.watches[0])
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

    def _edges(self, watch: Watch) -> Iterator[ir.Stmt]:
        now = local(_SOURCE, self.field.width)
        yield ir.Declare(_SOURCE, watch.value)
        yield self._set(self._changed(now, watch.before))
        yield ir.Assign(watch.place, now)

    def _count(self, counter: model.FieldCounter) -> Iterator[ir.Stmt]:
        """Yield the steps that count the edges of the sources."""
        given = (("incr", counter.incr, counter.incrvalue), ("decr", counter.decr, counter.decrvalue))
        watches = iter(self.watches)
        now = local(_SOURCE, 1)
        index = () if self.register.count is None else (INDEX,)
        for step, source, amount in given:
            if source is not None:
                watch = next(watches)
                yield ir.Declare(_SOURCE, watch.value)
                rises = ir.Logic("and", (now, ir.Unary("not", watch.before, ir.BOOL)))
                yield ir.If(rises, (ir.Do(f"{self.name}.{step}", (*index, amount)),))
                yield ir.Assign(watch.place, now)

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


def _complement(value: ir.Load) -> ir.Expr:
    return ir.Unary("~", value, ir.Range(-1 - (value.range.hi or 0), -1))


def moved_fields(device: model.Device, registers: dict[tuple[str | None, str], PlannedRegister]) -> list[MovedField]:
    """Return the fields that hardware changes, in the order of the description."""
    return [
        MovedField(
            register, field, field.hardware, tuple(_watches(device, register, field)), _wraps(registers, field, set())
        )
        for register in registers.values()
        if register.is_changeable
        for field in register.described.fields
        if field.hardware is not None and field.hardware.sources
    ]


def _watches(device: model.Device, register: PlannedRegister, field: model.Field) -> Iterator[Watch]:
    hardware = field.hardware
    assert hardware is not None
    counter = hardware.counter or model.FieldCounter()
    edges = None if hardware.edge == "level" else hardware.source
    for name, source, width in (("", edges, field.width), ("incr.", counter.incr, 1), ("decr.", counter.decr, 1)):
        if source is not None:
            seen = model.StateVar(
                name=f"{register.title}.{field.name}.{name}seen",
                width=width,
                reset=ir.Int(0),
                count=register.count,
                retain=device.retain or register.described.retain,
                description="",
            )
            yield Watch(source, seen)


def _wraps(
    registers: dict[tuple[str | None, str], PlannedRegister], field: model.Field, done: set[tuple[object, str]]
) -> Bits:
    """Return the bits of the fields that a counter and those behind it change when they wrap."""
    counter = None if field.hardware is None else field.hardware.counter
    found: Bits = {}
    for place in () if counter is None else (counter.overflow, counter.underflow):
        key = None if place is None else (place.register.file, place.register.register)
        if place is None or key is None or (key, place.field) in done:
            continue
        done.add((key, place.field))
        target = next(other for other in registers[key].described.fields if other.name == place.field)
        for changed, mask in ((key, target.mask), *_wraps(registers, target, done).items()):
            found[changed] = found.get(changed, 0) | mask
    return found
