"""Registers, register arrays and register files: first their shape, then, when all names are known, their behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.codes_parts import RESERVED_NAME
from devgen.language.diagnostics.reporting import did_you_mean, plural
from devgen.language.elaborate.elaboration import Context, Tree, entries, most
from devgen.language.elaborate.field_keys import build_fields, check_effects
from devgen.language.ir import Expr, Int, Range, Stmt
from devgen.language.model import AccessType, Decode, Field, Intent, Register, RegisterFile, Window
from devgen.language.reading.quantities import access_sizes
from devgen.language.reserved_names import why_reserved
from devgen.language.scope import FieldEntry, FileEntry, RegisterEntry, Scope

_ZERO = Int(0)
_NO_FIELDS: Tree = {}

_UNREMARKABLE = frozenset(
    ("at", "width", "access", "reset", "fields", "title", "description", "count", "stride", "retain", "decode", "sizes")
)
"""Keys that contradict none of the others."""

_FILE_KEYS = frozenset(("at", "stride", "count", "registers", "title", "description"))

_NO_STORAGE = "a constant has no storage"
_COMPUTED = "`read` replaces the storage"
_SHARED = "an alias has no storage of its own"
_INERT = "a register with an intent has no behaviour"
_ELSEWHERE = "what it reads and writes stands behind the window"
_EXCLUSIVE: tuple[tuple[str, str, str], ...] = (
    *(("constant", key, _NO_STORAGE) for key in ("reset", "read", "read_effect", "write_effect", "singlepulse")),
    *(("constant", key, _NO_STORAGE) for key in ("alias", "retain")),
    *(("read", key, _COMPUTED) for key in ("reset", "read_effect", "alias")),
    *(("alias", key, _SHARED) for key in ("reset", "fields", "count", "retain")),
    *(("intent", key, _INERT) for key in ("read", "write", "before_read", "on_read", "on_write")),
    *(("intent", key, _INERT) for key in ("read_effect", "write_effect", "singlepulse")),
    *(("intent", key, _INERT) for key in ("constant", "alias", "coalesce")),
    *(
        ("window", key, _ELSEWHERE)
        for key in ("read", "write", "reset", "fields", "count", "retain", "constant", "alias")
    ),
    *(("window", key, _ELSEWHERE) for key in ("read", "write", "reset", "fields", "count", "retain")),
    *(("window", key, _ELSEWHERE) for key in ("read_effect", "write_effect", "singlepulse", "coalesce")),
    *(("window", key, _ELSEWHERE) for key in ("constant", "alias", "intent")),
    ("write", "write_effect", "`write` replaces the store that the effect is part of"),
)
"""(key, other, reason): pairs of keys that exclude each other."""

_NEEDS_WRITE = ("write", "on_write")
_NEEDS_READ = ("read", "before_read", "on_read")


@dataclass(slots=True, frozen=True)
class Defaults:
    """What a region (and the device) gives to its registers."""

    width: int
    decode: Decode
    retain: bool
    sizes: tuple[int, int] | None = None


@dataclass(slots=True)
class RegisterDraft:
    """A register whose behaviour is not compiled yet. ``at`` None: missing, and reported."""

    name: str
    spec: Tree
    parent: Tree
    file: FileDraft | None
    defaults: Defaults
    at: int | None
    width: int
    access: AccessType
    fields: tuple[Field, ...]
    reset: int
    count: Expr | None
    stride: int
    sizes: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.width >> 3

    @property
    def readable(self) -> bool:
        """Whether it answers reads."""
        return self.access not in ("wo", "w1")

    @property
    def writable(self) -> bool:
        """Whether it answers writes."""
        return self.access != "ro"

    @property
    def label(self) -> str:
        """The name as behaviour outside would write it."""
        return self.name if self.file is None else f"{self.file.name}.{self.name}"


@dataclass(slots=True)
class FileDraft:
    """A register file whose members' behaviour is not compiled yet."""

    name: str
    spec: Tree
    parent: Tree
    at: int | None
    count: Expr | None
    stride: int = 0
    members: list[RegisterDraft] = field(default_factory=list)


Draft = RegisterDraft | FileDraft


# --- shape -------------------------------------------------------------------------------


def draft_registers(ctx: Context, region: Tree, defaults: Defaults) -> list[Draft]:
    """Read the shape of all registers of a region and declare them."""
    declared = entries(region, "registers")
    return [
        _draft_file(ctx, name, spec, declared, defaults)
        if "registers" in spec
        else _draft_top(ctx, name, spec, declared, defaults)
        for name, spec in declared.items()
    ]


def _draft_top(ctx: Context, name: str, spec: Tree, parent: Tree, defaults: Defaults) -> RegisterDraft:
    ctx.claim(name, "a register", parent)
    draft = _draft_register(ctx, name, spec, parent, None, defaults)
    ctx.scope.defer(name, partial(_register_entry, draft))
    return draft


def _draft_register(
    ctx: Context, name: str, spec: Tree, parent: Tree, file: FileDraft | None, defaults: Defaults
) -> RegisterDraft:
    width: int = spec.get("width") or defaults.width
    access = _access(spec)
    remarkable = not spec.keys() <= _UNREMARKABLE
    if remarkable:
        _check_contradictions(ctx, spec, access)
    fields, reset = _fields_and_reset(ctx, spec, width, access)
    count = ctx.count(spec) if "count" in spec and file is None else None
    stride = spec.get("stride") or width >> 3
    sizes = ascending_sizes(ctx, spec, "sizes") if "sizes" in spec else defaults.sizes
    draft = RegisterDraft(
        name, spec, parent, file, defaults, spec.get("at"), width, access, fields, reset, count, stride, sizes
    )
    _check_array(ctx, draft)
    if isinstance(spec.get("reset"), list):
        _check_list(ctx, draft, "reset", spec["reset"])
    if remarkable and "constant" in spec:
        _check_constant(ctx, draft)
    return draft


def ascending_sizes(ctx: Context, spec: Tree, key: str) -> tuple[int, int]:
    """Return access sizes in ascending order; report them if they were not."""
    low, high = access_sizes(spec[key])
    if low > high:
        ctx.at_value(kinds.BAD_ACCESS, spec, key, found=spec[key], reason="the smallest comes first")
    return min(low, high), max(low, high)


def _access(spec: Tree) -> AccessType:
    """Return the access type; what cannot be written in any way defaults to read-only."""
    given: AccessType | None = spec.get("access")
    if given is not None:
        return given
    inert = "constant" in spec or "intent" in spec
    return "ro" if inert and not any(key in spec for key in _NEEDS_WRITE) else "rw"


def _fields_and_reset(ctx: Context, spec: Tree, width: int, access: AccessType) -> tuple[tuple[Field, ...], int]:
    reset = spec.get("reset")
    if type(reset) is int and reset >> width:
        ctx.at_value(kinds.VALUE_TOO_WIDE, spec, "reset", what="the reset value", value=f"{reset:#x}", width=width)
    declared = spec.get("fields", _NO_FIELDS)
    if declared:
        return build_fields(ctx, declared, spec, width, access)
    return (), reset if type(reset) is int else 0


def _check_contradictions(ctx: Context, spec: Tree, access: AccessType) -> None:
    for key, other, reason in _EXCLUSIVE:
        if key in spec and other in spec:
            ctx.contradiction(spec, other, key, reason)
    if access == "ro":
        for key in _NEEDS_WRITE:
            if key in spec:
                ctx.contradiction(spec, key, "access: ro", "software cannot write it")
    if access in ("wo", "w1"):
        for key in (*_NEEDS_READ, "constant"):
            if key in spec:
                ctx.contradiction(spec, key, f"access: {access}", "software cannot read it")
    check_effects(ctx, spec, access)
    for hook, effect in (("write", "write_effect"), ("read", "read_effect")):
        if hook in spec:
            _check_field_effects(ctx, spec, hook, effect)
    if spec.get("coalesce") and access != "wo":
        ctx.at_key(kinds.COALESCE_READABLE, spec, "coalesce", name="the register")


def _check_field_effects(ctx: Context, spec: Tree, hook: str, effect: str) -> None:
    for one in entries(spec, "fields").values():
        if isinstance(one, dict) and effect in one:
            ctx.contradiction(one, effect, hook, f"the register's `{hook}` replaces what the effect is part of")


def _check_array(ctx: Context, draft: RegisterDraft) -> None:
    if "stride" not in draft.spec:
        return
    if "alias" not in draft.spec and not ctx.knows(draft.spec, "count"):
        ctx.not_here(draft.spec, "stride", "there is no `count`")
    elif draft.stride < draft.size:
        ctx.at_value(kinds.STRIDE_TOO_SMALL, draft.spec, "stride", stride=draft.stride, size=draft.size)


def _check_constant(ctx: Context, draft: RegisterDraft) -> None:
    value = draft.spec["constant"]
    if isinstance(value, list):
        _check_list(ctx, draft, "constant", value)
    elif value >> draft.width:
        what = "the constant"
        ctx.at_value(kinds.VALUE_TOO_WIDE, draft.spec, "constant", what=what, value=f"{value:#x}", width=draft.width)


def _check_list(ctx: Context, draft: RegisterDraft, key: str, values: list[int]) -> None:
    """Check a list with one value an element."""
    count = most(draft.count)
    if draft.count is None or len(values) != count:
        wanted = f"the array has {count} elements" if draft.count is not None else "this is one register, not an array"
        ctx.at_value(kinds.LIST_LENGTH, draft.spec, key, key=key, found=plural(len(values), "value"), wanted=wanted)
    for index, value in enumerate(values):
        if value >> draft.width:
            what = f"the {key} value" if key == "reset" else "the constant"
            ctx.at_value(kinds.VALUE_TOO_WIDE, values, index, what=what, value=f"{value:#x}", width=draft.width)


def _draft_file(ctx: Context, name: str, spec: Tree, parent: Tree, defaults: Defaults) -> FileDraft:
    ctx.claim(name, "a register file", parent)
    for key in spec:
        if key not in _FILE_KEYS:
            ctx.not_here(spec, key, "this is a register file: its members have their own")
    draft = FileDraft(name, spec, parent, spec.get("at"), ctx.count(spec))
    members = entries(spec, "registers")
    draft.members = [_draft_member(ctx, draft, one, sub, members, defaults) for one, sub in members.items()]
    _set_file_stride(ctx, draft)
    ctx.scope.defer(name, partial(_file_entry, draft))
    return draft


def _draft_member(
    ctx: Context, file: FileDraft, name: str, spec: Tree, parent: Tree, defaults: Defaults
) -> RegisterDraft:
    reason = why_reserved(name)
    if reason:
        ctx.at_key(RESERVED_NAME, parent, name, name=name, reason=reason)
    if "registers" in spec:
        ctx.at_key(kinds.NESTED_FILE, spec, "registers")
    for key in ("count", "stride"):
        if key in spec:
            ctx.not_here(spec, key, "a member of a register file is one register")
    plain = {key: value for key, value in spec.items() if key not in ("count", "stride", "registers")}
    if len(plain) != len(spec):
        ctx.sources.set_place(plain, ctx.sources.marks[id(spec)], ctx.sources.places[id(spec)])
        ctx.sources.keep.append(plain)
        spec = plain
    return _draft_register(ctx, name, spec, parent, file, defaults)


def _set_file_stride(ctx: Context, draft: FileDraft) -> None:
    """Check the stride against the members, or make it from them: their extent in whole members."""
    extent = max((member.at + member.size for member in draft.members if member.at is not None), default=1)
    unit = max((member.size for member in draft.members), default=1)
    draft.stride = draft.spec.get("stride") or -(-extent // unit) * unit
    if draft.stride < extent:
        ctx.at_value(kinds.STRIDE_TOO_SMALL, draft.spec, "stride", stride=draft.stride, size=extent)
    if "stride" in draft.spec and not ctx.knows(draft.spec, "count"):
        ctx.not_here(draft.spec, "stride", "there is no `count`")


# --- names for behaviour -----------------------------------------------------------------


def _register_entry(draft: RegisterDraft) -> RegisterEntry:
    spec = draft.spec
    labels = tuple(FieldEntry(one.name, one.lsb, one.width, one.values) for one in draft.fields)
    return RegisterEntry(
        draft.name,
        draft.width,
        labels,
        draft.count,
        readonly=_why_readonly(spec),
        computed="read" in spec,
        window="window" in spec,
        storage=spec.get("alias"),
    )


def _why_readonly(spec: Tree) -> str | None:
    """Return why behaviour may not assign a register; None when it may."""
    if "constant" in spec:
        return "is constant"
    if "read" in spec:
        return "is computed by its `read:`"
    if "window" in spec:
        return "is a window: assign the register behind it"
    return f"is {spec['intent']} and has no behaviour" if "intent" in spec else None


def _file_entry(draft: FileDraft) -> FileEntry:
    return FileEntry(draft.name, tuple(_register_entry(member) for member in draft.members), draft.count)


# --- aliases -----------------------------------------------------------------------------


def all_registers(drafts: list[Draft]) -> Iterator[RegisterDraft]:
    """Yield registers and members of register files."""
    for draft in drafts:
        if isinstance(draft, FileDraft):
            yield from draft.members
        else:
            yield draft


def resolve_aliases(ctx: Context, drafts: list[Draft]) -> None:
    """Give aliases the fields, width and number of elements of what they stand for, and check that they can."""
    aliases = [draft for draft in all_registers(drafts) if "alias" in draft.spec]
    if not aliases:
        return
    tops = {draft.name: draft for draft in drafts if isinstance(draft, RegisterDraft)}
    for alias in aliases:
        known = tops if alias.file is None else {one.name: one for one in alias.file.members}
        _resolve_alias(ctx, alias, known)


def _resolve_alias(ctx: Context, alias: RegisterDraft, known: dict[str, RegisterDraft]) -> None:
    name = alias.spec["alias"]
    target = known.get(name)
    reason, hint = _why_no_alias(alias, target), ""
    if target is None or reason:
        hint = did_you_mean(name, known) if target is None else ""
        ctx.at_value(kinds.BAD_ALIAS, alias.spec, "alias", name=alias.label, target=name, reason=reason, hint=hint)
        return
    alias.width, alias.fields, alias.count = target.width, target.fields, target.count
    alias.stride = alias.spec.get("stride") or (target.stride if target.count is not None else alias.size)


def _why_no_alias(alias: RegisterDraft, target: RegisterDraft | None) -> str:
    if target is None:
        return "there is no such register" + (" in this register file" if alias.file is not None else "")
    if target is alias or "alias" in target.spec:
        return "that is an alias itself"
    if any(key in target.spec for key in ("constant", "read", "intent", "window")):
        return "that has no storage"
    return f"that has {target.width} bits" if alias.spec.get("width", target.width) != target.width else ""


# --- behaviour ---------------------------------------------------------------------------


def build_entries(ctx: Context, drafts: list[Draft]) -> tuple[Register | RegisterFile, ...]:
    """Compile what the registers of a region do and build them."""
    return tuple(
        _build_file(ctx, draft) if isinstance(draft, FileDraft) else _build_register(ctx, draft) for draft in drafts
    )


@dataclass(slots=True, frozen=True)
class _Hooks:
    """What a register does."""

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
    written = {} if moment in _NEEDS_READ else {"value": bits, "mask": bits, "old": bits}
    return ctx.statements(draft.spec, moment, _hook(ctx, draft, **written), (moment, draft.label))


def _hook(ctx: Context, draft: RegisterDraft, **written: Range) -> Scope:
    file = draft.file.name if draft.file is not None else None
    return ctx.scope.hook(file=file, index=draft.count, **written)


def _build_file(ctx: Context, draft: FileDraft) -> RegisterFile:
    spec = draft.spec
    return RegisterFile(
        name=draft.name,
        offset=draft.at or 0,
        stride=draft.stride,
        count=draft.count,
        registers=tuple(_build_register(ctx, member) for member in draft.members),
        title=spec.get("title", ""),
        description=spec.get("description", ""),
        mark=ctx.mark(draft.parent, draft.name),
    )


def _build_register(ctx: Context, draft: RegisterDraft) -> Register:
    spec, defaults = draft.spec, draft.defaults
    hooks = _NO_HOOKS if spec.keys() <= _UNREMARKABLE else _compile_hooks(ctx, draft)
    return Register(
        name=draft.name,
        offset=draft.at or 0,
        width=draft.width,
        access=draft.access,
        reset=_reset(ctx, draft),
        count=draft.count,
        stride=draft.stride,
        fields=draft.fields,
        constant=_constant(spec),
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
        resets=tuple(spec["reset"]) if isinstance(spec.get("reset"), list) else (),
        sizes=draft.sizes,
    )


def _window(ctx: Context, draft: RegisterDraft) -> Window | None:
    spec = draft.spec["window"]
    at = ctx.expression(spec, "at", _hook(ctx, draft), owner=("window", draft.label))
    return None if at is None else Window(spec["region"], at)


def _reset(ctx: Context, draft: RegisterDraft) -> Expr:
    if isinstance(draft.spec.get("reset"), str):
        count = draft.count if draft.file is None else draft.file.count
        return ctx.start_value(draft.spec, "reset", draft.width, count)
    return Int(draft.reset) if draft.reset else _ZERO


def _constant(spec: Tree) -> tuple[int, ...] | None:
    value = spec.get("constant")
    if value is None:
        return None
    return tuple(value) if isinstance(value, list) else (value,)
