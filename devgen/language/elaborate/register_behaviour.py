"""Compiles the behaviour of registers, once all names are declared, and builds the registers of the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.codes_layout import VALUE_TOO_WIDE
from devgen.language.elaborate.array_dims import index_names
from devgen.language.elaborate.elaboration import Context, Tree, most
from devgen.language.elaborate.hardware_keys import compile_hardware
from devgen.language.elaborate.key_sequences import closing_writes, with_key_writes
from devgen.language.elaborate.outer_elements import inside_array
from devgen.language.elaborate.register_contradictions import NEEDS_READ_ACCESS
from devgen.language.elaborate.register_drafts import Dim, Draft, FileDraft, RegisterDraft, total
from devgen.language.elaborate.register_halves import halves_of
from devgen.language.elaborate.register_keys import UNREMARKABLE_KEYS
from devgen.language.elaborate.write_locks import field_locks, file_lock, region_lock, register_lock
from devgen.language.elaborate.written_values import build_constraint
from devgen.language.ir import Expr, Int, Logic, Range, Stmt
from devgen.language.model import Dimension, Field, Intent, Lock, PathPart, Register, RegisterFile, Window
from devgen.language.scope import Scope

_ZERO = Int(0)


def build_entries(ctx: Context, region: Tree, drafts: list[Draft]) -> tuple[Register | RegisterFile, ...]:
    """Compile the behaviour of a region's registers and build them."""
    lock = region_lock(ctx, region)
    return tuple(entry for draft in drafts for entry in _build_entry(ctx, draft, lock))


def _build_entry(ctx: Context, draft: Draft, lock: Lock | None) -> Iterator[Register | RegisterFile]:
    """Yield a register, or a register file and those inside it; ``lock`` is that of what it is in."""
    if isinstance(draft, RegisterDraft):
        yield _build_register(ctx, draft, lock)
        return
    draft.write_enable = file_lock(ctx, draft, partial(_file_hook, ctx, draft), lock)
    yield _build_file(ctx, draft)
    for member in draft.members:
        if isinstance(member, FileDraft):
            yield from _build_entry(ctx, member, draft.write_enable)


@dataclass(slots=True, frozen=True)
class _Hooks:
    """The compiled behaviour of a register."""

    read: Expr | None = None
    write: tuple[Stmt, ...] | None = None
    before_read: tuple[Stmt, ...] = ()
    on_read: tuple[Stmt, ...] = ()
    on_write: tuple[Stmt, ...] = ()


_NO_HOOKS = _Hooks()
_Moment = Literal["write", "before_read", "on_read", "on_write"]


def _compile_hooks(ctx: Context, draft: RegisterDraft) -> _Hooks:
    spec = draft.spec
    read = None
    if "read" in spec:
        read = ctx.expression(spec, "read", _hook(ctx, draft), Range.unsigned(draft.width), ("read", draft.label))
    return _Hooks(
        read,
        _statements(ctx, draft, "write") if "write" in spec else None,
        _statements(ctx, draft, "before_read"),
        _statements(ctx, draft, "on_read"),
        _statements(ctx, draft, "on_write"),
    )


def _statements(ctx: Context, draft: RegisterDraft, moment: _Moment) -> tuple[Stmt, ...]:
    if moment not in draft.spec:
        return ()
    bits = Range.unsigned(draft.width)
    if "window" in draft.spec and moment == "on_write":
        return ctx.statements(draft.spec, moment, _hook(ctx, draft, value=bits, mask=bits), (moment, draft.label))
    written = {} if moment in NEEDS_READ_ACCESS else {"value": bits, "mask": bits, "old": bits}
    return ctx.statements(draft.spec, moment, _hook(ctx, draft, **written), (moment, draft.label))


def _hook(ctx: Context, draft: RegisterDraft, **written: Range) -> Scope:
    file = draft.file.label if draft.file is not None else None
    return ctx.scope.hook(file=file, index=draft.count, shape=shape_of(draft.dims), **written)


def _build_file(ctx: Context, draft: FileDraft) -> RegisterFile:
    spec, dims = draft.spec, draft.dims
    draft.when, path = _file_condition(ctx, draft), _path(ctx, draft)
    return RegisterFile(
        name=draft.label,
        offset=draft.start,
        stride=dims[-1].stride if dims else draft.size,
        count=total(dims),
        registers=tuple(
            _build_register(ctx, member, draft.write_enable)
            for member in draft.members
            if isinstance(member, RegisterDraft)
        ),
        title=spec.get("title", ""),
        description=spec.get("description", ""),
        mark=ctx.mark(draft.parent, draft.name),
        when=draft.when,
        alternate=spec.get("alternate"),
        dims=model_dims(dims),
        path=path,
    )


def _file_condition(ctx: Context, draft: FileDraft) -> Expr | None:
    """Return the condition of a register file, which includes that of the file that it is in."""
    outer = _outer_condition(draft)
    if "when" not in draft.spec:
        return outer
    own = ctx.expression(draft.spec, "when", _file_hook(ctx, draft), "bool", ("when", draft.label))
    return own if outer is None or own is None else Logic("and", (outer, own))


def _outer_condition(draft: Draft) -> Expr | None:
    """Return the condition of the file that a register or file is in, for the elements of the register or file."""
    if draft.file is None or draft.file.when is None:
        return None
    return inside_array(draft.file.when, draft.own)


def _file_hook(ctx: Context, draft: FileDraft) -> Scope:
    return ctx.scope.hook(file=draft.label, index=total(draft.dims), shape=shape_of(draft.dims))


def _path(ctx: Context, draft: Draft) -> tuple[PathPart, ...]:
    """Return the parts of a register's or file's path."""
    outer = () if draft.file is None else draft.file.path
    names = index_names(ctx, draft)
    part = PathPart(draft.name, tuple(Dimension(dim.count, dim.stride, names) for dim in draft.own))
    if isinstance(draft, FileDraft):
        draft.path = (*outer, part)
    return (*outer, part)


def shape_of(dims: Sequence[Dim]) -> tuple[int, ...]:
    """Return the numbers of elements of several dimensions, the outermost first; empty for one or none."""
    return tuple(most(dim.count) for dim in dims) if len(dims) > 1 else ()


def model_dims(dims: Sequence[Dim]) -> tuple[tuple[int, int], ...]:
    """Return several dimensions as (number of elements, stride in bytes), the outermost first; empty for fewer."""
    return tuple((most(dim.count), dim.stride) for dim in dims) if len(dims) > 1 else ()


def _build_register(ctx: Context, draft: RegisterDraft, lock: Lock | None) -> Register:
    spec, defaults = draft.spec, draft.defaults
    hooks = _NO_HOOKS if spec.keys() <= UNREMARKABLE_KEYS else _compile_hooks(ctx, draft)
    if draft.label in ctx.key_writes:
        bits = Range.unsigned(draft.width)
        scope = _hook(ctx, draft, value=bits, mask=bits, old=bits)
        hooks = replace(hooks, on_write=with_key_writes(ctx, draft, scope, hooks.on_write))
    write_enable, fields = register_lock(ctx, draft, partial(_hook, ctx, draft), lock), _fields(ctx, draft)
    if ctx.closing_keys:
        closing = closing_writes(ctx, [write_enable, *(field.write_enable for field in fields)])
        hooks = replace(hooks, on_write=(*hooks.on_write, *closing)) if closing else hooks
    return Register(
        name=draft.name,
        offset=draft.at or 0,
        width=draft.width,
        access=draft.access,
        reset=_reset(ctx, draft),
        count=total(draft.own),
        stride=draft.own[-1].stride if draft.own else draft.size,
        dims=model_dims(draft.dims),
        path=_path(ctx, draft),
        fields=fields,
        constant=_constant(draft),
        read=hooks.read,
        write=hooks.write,
        before_read=hooks.before_read,
        window=_window(ctx, draft) if "window" in spec else None,
        on_read=hooks.on_read,
        on_write=hooks.on_write,
        read_effect=spec.get("read_effect"),
        write_effect=spec.get("write_effect"),
        singlepulse=spec.get("singlepulse", False),
        alias=spec.get("alias"),
        intent=Intent(spec["intent"]) if "intent" in spec else None,
        retain=spec.get("retain", defaults.retain),
        coalesce=spec.get("coalesce", False),
        decode=spec.get("decode", defaults.decode),
        title=spec.get("title", ""),
        description=spec.get("description", ""),
        mark=ctx.mark(draft.parent, draft.name),
        resets=_each(draft, spec["reset"]) if isinstance(spec.get("reset"), list) else (),
        sizes=draft.sizes,
        halves="each" if hooks is _NO_HOOKS else halves_of(ctx, draft, hooks.write or (), hooks.on_write),
        when=_condition(ctx, draft),
        alternate=spec.get("alternate"),
        view=None if draft.view is None else draft.view.model(),
        also=draft.also,
        external=draft.external,
        constraint=build_constraint(ctx, spec, draft.width, draft.access, ()),
        volatile=spec.get("volatile", False),
        protection=spec.get("protection", defaults.protection),
        reset_mask=_reset_mask(ctx, draft),
        write_enable=write_enable,
    )


def _fields(ctx: Context, draft: RegisterDraft) -> tuple[Field, ...]:
    """Return the fields with their locks and what hardware does to them."""
    if not draft.fields:
        return ()
    fields = field_locks(ctx, draft, partial(_hook, ctx, draft))
    return compile_hardware(ctx, draft, fields, _hook(ctx, draft)) if ctx.moved and draft.moved else fields


def _reset_mask(ctx: Context, draft: RegisterDraft) -> int | None:
    """Return the bits whose reset is known; None: all. Those of fields with an unknown reset are not."""
    if "reset_mask" not in draft.spec and all(field.reset_known for field in draft.fields):
        return None
    every = (1 << draft.width) - 1
    mask: int = draft.spec.get("reset_mask", every)
    if mask >> draft.width:
        ctx.at_value(VALUE_TOO_WIDE, draft.spec, "reset_mask", what="the mask", value=f"{mask:#x}", width=draft.width)
    for field in draft.fields:
        mask &= every if field.reset_known else ~field.mask
    if isinstance(draft.spec.get("reset"), int) and draft.spec["reset"] & ~mask & every:
        ctx.contradiction(draft.spec, "reset", "reset_mask", "some of its bits are bits whose reset is unknown")
    return None if mask & every == every else mask & every


def _condition(ctx: Context, draft: RegisterDraft) -> Expr | None:
    """Return the condition of a register, which for a member includes that of its file."""
    shared = _outer_condition(draft)
    if "when" not in draft.spec:
        return shared
    own = ctx.expression(draft.spec, "when", _hook(ctx, draft), "bool", ("when", draft.label))
    return own if shared is None or own is None else Logic("and", (shared, own))


def _window(ctx: Context, draft: RegisterDraft) -> Window | None:
    spec = draft.spec["window"]
    if not {"region", "at"} <= spec.keys():
        return None  # the schema stage has reported the missing key
    at = ctx.expression(spec, "at", _hook(ctx, draft), owner=("window", draft.label))
    return None if at is None else Window(spec["region"], at)


def _reset(ctx: Context, draft: RegisterDraft) -> Expr:
    if isinstance(draft.spec.get("reset"), str):
        return ctx.start_value(draft.spec, "reset", draft.width, draft.count, shape_of(draft.dims))
    return Int(draft.reset) if draft.reset else _ZERO


def _constant(draft: RegisterDraft) -> tuple[int, ...] | None:
    value = draft.spec.get("constant")
    if value is None:
        return None
    return _each(draft, value) if isinstance(value, list) else (value,)


def _each(draft: RegisterDraft, values: list[int]) -> tuple[int, ...]:
    """Return the value of each element: every element of the register file has the same list."""
    return tuple(values) * (most(draft.count) // max(1, len(values)) if len(draft.dims) > 1 else 1)
