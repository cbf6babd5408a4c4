"""A register's entry points: the steps of a read and of a write, in the order that the language defines."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir
from devgen.language.typed_walk import names_local
from devgen.plan.access_plan import AccessPlan, has_read_hooks, plan_access
from devgen.plan.dependencies import Analysis
from devgen.plan.dropped_writes import drops
from devgen.plan.followers import Followers
from devgen.plan.locked_writes import locks
from devgen.plan.registers import PlannedRegister, RegisterKey, mask_of_bits
from devgen.plan.side_effects import (
    Parts,
    Target,
    complement,
    fall,
    highest_byte,
    lowest_byte,
    parts_of,
    read_stores,
    write_store,
)
from devgen.plan.steps import NOTHING, Steps, Store, Things, WindowRead, WindowWrite, local


@dataclass(slots=True, frozen=True)
class ReadPlan:
    """The steps ``before``, the returned ``value``, the steps ``after``. ``result`` is an unused name for the value."""

    before: Steps
    value: ir.Expr | WindowRead
    after: Steps
    result: str


def recorded_once(register: PlannedRegister, parts: Parts) -> int:
    """Return the write-once bits whose first write must be recorded: for the store, or only for ``on_write``."""
    described = register.described
    hook_alone = described.on_write and described.write is None and described.window is None
    return parts.once if register.is_changeable or hook_alone else 0


@dataclass(slots=True, frozen=True)
class RegisterPlan:
    """The plan of one register.

    ``computed``: the value of its ``read``, without side effects (in it the register's name is the stored value).
    ``quiet``: a guest's read only returns this value. ``read`` None: a read returns ``access.fixed`` or 0. ``write``
    None: a write has no effect. ``once``: the write-once bits, if their first write must be recorded.
    """

    register: PlannedRegister
    access: AccessPlan
    computed: ir.Expr | None
    quiet: bool
    read: ReadPlan | None
    write: Steps | None
    once: int


@dataclass(slots=True, frozen=True)
class RegisterPlanner:
    """Plans the registers of one device."""

    registers: dict[RegisterKey, PlannedRegister]
    analysis: Analysis
    followers: Followers

    def plan(self, register: PlannedRegister) -> RegisterPlan:
        """Plan one register."""
        parts = parts_of(register.described)
        access = plan_access(register, parts)
        target = Target.make(register.place, register.bits, access.by_lanes)
        entry = _Register(self, register, parts, access, target)
        described = register.described
        quiet = not described.before_read and not described.on_read and described.read_effect is None
        return RegisterPlan(
            register=register,
            access=access,
            computed=described.read,
            quiet=quiet,
            read=entry.read(),
            write=entry.write(),
            once=recorded_once(register, parts),
        )

    def effective(self, body: Iterable[ir.Stmt]) -> tuple[ir.Stmt, ...]:
        """Return ``body`` without assignments to registers that nothing can read, which have no storage."""
        return tuple(statement for statement in body if not self._is_lost(statement))

    def _is_lost(self, statement: ir.Stmt) -> bool:
        match statement:
            case ir.Assign(place):
                register = _register_of(place)
                return register is not None and self.registers[register.file, register.register].storage is None
            case _:
                return False


@dataclass(slots=True, frozen=True)
class _Register:
    context: RegisterPlanner
    register: PlannedRegister
    parts: Parts
    access: AccessPlan
    target: Target

    # --- reading -----------------------------------------------------------------------------

    def read(self) -> ReadPlan | None:
        register = self.register.described
        if self.access.fixed is not None or not (self.parts.readable or has_read_hooks(self.register)):
            return None
        if register.window is not None and register.access == "wo":
            return None
        analysis, followers = self.context.analysis, self.context.followers
        effects = read_stores(self.target, self.parts) if self.register.is_changeable else ()
        changed = analysis.writes((*register.before_read, *register.on_read)) | (self._own() if effects else NOTHING)
        hooks = self.context.effective(register.on_read)
        bits = self.parts.readable
        before = (
            *self._once(lowest_byte(bits), self.context.effective(register.before_read)),
            *followers.after_store(analysis.writes(register.before_read)),
        )
        early = followers.after_store(self._own()) if effects and hooks else ()
        after = (*effects, *early, *self._once(highest_byte(bits), hooks), *followers.at_end(changed))
        return ReadPlan(
            before, self._value(), after, _unused_name("result", (*register.before_read, *register.on_read))
        )

    def _value(self) -> ir.Expr | WindowRead:
        """Return the value of a read, without write-only bits."""
        register = self.register.described
        if register.window is not None:
            return WindowRead(register.window, register.width // 8, self.access.by_lanes)
        value = self._stored()
        bits = self.parts.readable
        if register.read is not None or value == ir.Int(0):
            return value
        if bits == 0:
            return ir.Int(0)
        if bits & self.register.bits == self.register.bits:
            return value
        return ir.Binary("&", value, ir.Int(bits), ir.Range(0, bits))

    def _stored(self) -> ir.Expr:
        """Return the register's stored value."""
        register = self.register.described
        if register.intent is not None and self.register.storage is None:
            return register.reset
        if self.register.storage is None and register.read is None:
            return ir.Int(0 if register.constant is None else register.constant[0])
        return ir.Load(self.target.place, ir.Range.unsigned(register.width))

    # --- writing -----------------------------------------------------------------------------

    def write(self) -> Steps | None:
        register, followers = self.register.described, self.context.followers
        if register.intent is not None:
            return None
        store, stored = self._store()
        hook = self._on_write()
        pulse = self._pulse()
        written = self.context.analysis.writes(register.on_write)
        changed = stored | written
        dropped = self._dropped() if store or hook else ()
        if not hook and not pulse:
            steps: Steps = (*dropped, *self._old(), *store, *followers.at_end(changed))
            return steps or None
        early = followers.after_store(stored)
        end = followers.at_end(changed, written | (stored if pulse else NOTHING))
        seen = followers.on_pulse(self.register.key, self.parts.pulsed) if pulse else ()
        return (*dropped, *self._old(), *store, *early, *hook, *seen, *pulse, *end)

    def _dropped(self) -> Steps:
        """Return the tests that end a write that the register does not take."""
        stored = self._stored()
        return (*locks(self.register, self.parts, stored), *drops(self.register, stored, self.access.by_lanes))

    def _store(self) -> tuple[Steps, Things]:
        """Return the default store, or the ``write`` hook instead, and the storage that it changes."""
        register = self.register.described
        if register.write is not None:
            return self.context.effective(register.write), self.context.analysis.writes(register.write)
        if register.window is not None:
            through = WindowWrite(register.window, register.width // 8, self.access.by_lanes)
            return (through,) if register.access != "ro" else (), NOTHING
        once = recorded_once(self.register, self.parts)
        if not self.register.is_changeable:
            return self._fresh(once) if once else (), NOTHING
        store = write_store(self.target, self.parts, "fresh" if once else None)
        if store is None:
            return (), NOTHING
        return (*(self._fresh(once) if once else ()), store), self._own()

    def _fresh(self, once: int) -> tuple[ir.Stmt, ir.Stmt]:
        """Set ``fresh`` to the write-once bits that this write is the first to write, and record them as written."""
        described, index = self.register.described, self.target.place.index
        place = ir.WrittenPlace(ir.RegisterPlace(described.name, described.width, self.register.file, index))
        seen = ir.Load(place, ir.Range.unsigned(self.register.described.width))
        bits = ir.Range(0, once)
        fresh = ir.Binary("&", self.target.selection.term("written", once), complement(seen), bits)
        union = ir.Binary("|", seen, local("fresh", self.register.described.width), seen.range)
        return ir.Declare("fresh", fresh), ir.Assign(place, union)

    def _old(self) -> Steps:
        register = self.register.described
        if not names_local((*(register.write or ()), *register.on_write), "old"):
            return ()
        return (ir.Declare("old", self._stored()),)

    def _on_write(self) -> tuple[ir.Stmt, ...]:
        """Return ``on_write`` with ``value`` and ``mask`` limited to the written bits; without any, it does not run."""
        register, lanes = self.register.described, self.access.by_lanes
        hook = self.context.effective(register.on_write)
        writable, once = self.parts.writable, self.parts.once
        if not hook or register.write is not None or register.window is not None:
            return hook
        if self._completes:
            return self._whole_write(hook, writable)
        if not once and writable == mask_of_bits(register.width):
            return hook
        if not once and not lanes:
            taken: ir.Expr = ir.Int(writable)
        else:
            taken = self._taken(writable & ~once, once)
        limited = tuple(
            ir.Assign(ir.LocalPlace(name), ir.Binary("&", local(name, register.width), taken, ir.Range(0, writable)))
            for name in ("value", "mask")
            if names_local(hook, name)
        )
        return (*limited, *hook) if isinstance(taken, ir.Int) else (ir.If(taken, (*limited, *hook)),)

    @property
    def _completes(self) -> bool:
        """Whether hooks run once for all parts that a guest reaches the register in."""
        return self.register.described.halves == "last" and self.access.by_lanes

    def _once(self, part: int, hook: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
        """``hook`` in the access that reaches the byte ``part``."""
        if not hook or not self._completes:
            return hook
        return (ir.If(self.target.selection.term("written", part), hook),)

    def _whole_write(self, hook: tuple[ir.Stmt, ...], writable: int) -> tuple[ir.Stmt, ...]:
        """``hook`` with the write of the highest byte; ``value`` and ``mask`` are those of the whole register."""
        stored = ir.Binary("&", self._stored(), ir.Int(writable), ir.Range(0, writable))
        whole: dict[str, ir.Expr] = {"value": stored, "mask": ir.Int(writable)}
        given = (ir.Assign(ir.LocalPlace(name), expr) for name, expr in whole.items() if names_local(hook, name))
        return self._once(highest_byte(writable), (*given, *hook))

    def _taken(self, always: int, once: int) -> ir.Expr:
        """Return the written bits that can change: ``always`` in the lanes, and ``once`` if not yet written."""
        width = self.register.described.width
        term = self.target.selection.term("written", always) if always else None
        if not once:
            assert term is not None
            return term
        fresh = local("fresh", width)
        return fresh if term is None else ir.Binary("|", fresh, term, ir.Range(0, mask_of_bits(width)))

    def _pulse(self) -> tuple[Store, ...]:
        bits = self.parts.pulsed
        return (fall(self.target, bits),) if bits and self.register.is_changeable else ()

    # --- shared ------------------------------------------------------------------------------

    def _own(self) -> Things:
        return self.context.analysis.stored(self.register.key)


def _register_of(place: ir.Place) -> ir.RegisterPlace | None:
    match place:
        case ir.RegisterPlace():
            return place
        case ir.FieldPlace(register):
            return register
        case ir.BitsPlace(of):
            return _register_of(of)
        case _:
            return None


def _unused_name(wanted: str, body: tuple[ir.Stmt, ...]) -> str:
    while names_local(body, wanted):
        wanted += "_"
    return wanted
