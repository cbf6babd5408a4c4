"""Reads the structure of registers, register arrays and register files, and declares their names for behaviour."""

from __future__ import annotations

from functools import partial

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.codes_parts import RESERVED_NAME
from devgen.language.diagnostics.text_form import plural
from devgen.language.elaborate.array_dims import check_dims, extent, read_dims
from devgen.language.elaborate.counting_fields import counter_outputs, counter_steps
from devgen.language.elaborate.elaboration import Context, Tree, entries, most
from devgen.language.elaborate.field_keys import build_fields
from devgen.language.elaborate.idle_keys import check_idle
from devgen.language.elaborate.register_contradictions import NEEDS_WRITE_ACCESS, check_contradictions
from devgen.language.elaborate.register_drafts import (
    Defaults,
    Dim,
    Draft,
    FileDraft,
    RegisterDraft,
    all_registers,
    total,
)
from devgen.language.ir import Int
from devgen.language.model import AccessType, Field, View, outputs_of
from devgen.language.reading.quantities import access_sizes
from devgen.language.scope import FieldEntry, FileEntry, RegisterEntry, why_reserved

_NO_FIELDS: Tree = {}
UNREMARKABLE_KEYS = frozenset(
    (
        *("at", "width", "access", "reset", "fields", "title", "description"),
        *(
            "count",
            "stride",
            "index_names",
            "retain",
            "decode",
            "sizes",
            "external",
            "volatile",
            "protection",
            "reset_mask",
        ),
    )
)
"""Keys that can be combined with all others."""
_FILE_KEYS = frozenset(
    (
        *("at", "stride", "count", "index_names", "registers", "title", "description"),
        *("when", "write_enable", "alternate", "external"),
    )
)


def draft_registers(ctx: Context, region: Tree, defaults: Defaults) -> list[Draft]:
    """Read the structure of all registers of a region and declare them."""
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
    remarkable = not spec.keys() <= UNREMARKABLE_KEYS
    if remarkable:
        check_contradictions(ctx, spec, access)
    fields, reset = ((), 0) if "alias" in spec else _fields_and_reset(ctx, spec, width, access)
    own = () if "alias" in spec else read_dims(ctx, spec, width >> 3)
    sizes = ascending_sizes(ctx, spec, "sizes") if "sizes" in spec else defaults.sizes
    draft = RegisterDraft(name, spec, parent, file, defaults, spec.get("at"), width, access, fields, reset, own, sizes)
    check_dims(ctx, draft)
    check_idle(ctx, draft)
    if isinstance(spec.get("reset"), list):
        _check_list(ctx, draft, "reset", spec["reset"])
    if remarkable and "constant" in spec:
        _check_constant(ctx, draft)
    return draft


def ascending_sizes(ctx: Context, spec: Tree, key: str) -> tuple[int, int]:
    """Return access sizes in ascending order, and report them if they were reversed."""
    low, high = access_sizes(spec[key])
    if low > high:
        ctx.at_value(kinds.BAD_ACCESS, spec, key, found=spec[key], reason="the smallest comes first")
    return min(low, high), max(low, high)


def _access(spec: Tree) -> AccessType:
    """Return the access type; by default "ro" for constants and registers with an intent that nothing writes, else
    "rw".
    """
    given: AccessType | None = spec.get("access")
    if given is not None:
        return given
    inert = "constant" in spec or "intent" in spec
    return "ro" if inert and not any(key in spec for key in NEEDS_WRITE_ACCESS) else "rw"


def _fields_and_reset(ctx: Context, spec: Tree, width: int, access: AccessType) -> tuple[tuple[Field, ...], int]:
    reset = spec.get("reset")
    if type(reset) is int and reset >> width:
        ctx.at_value(kinds.VALUE_TOO_WIDE, spec, "reset", what="the reset value", value=f"{reset:#x}", width=width)
    declared = spec.get("fields", _NO_FIELDS)
    if declared:
        return build_fields(ctx, declared, spec, width, access)
    return (), reset if type(reset) is int else 0


def _check_constant(ctx: Context, draft: RegisterDraft) -> None:
    value = draft.spec["constant"]
    if isinstance(value, list):
        _check_list(ctx, draft, "constant", value)
    elif value >> draft.width:
        what = "the constant"
        ctx.at_value(kinds.VALUE_TOO_WIDE, draft.spec, "constant", what=what, value=f"{value:#x}", width=draft.width)


def _check_list(ctx: Context, draft: RegisterDraft, key: str, values: list[int]) -> None:
    """Check a list that has a value for each element."""
    count = most(total(draft.own))
    if not draft.own or len(values) != count:
        wanted = f"the array has {count} elements" if draft.own else "this is one register, not an array"
        ctx.at_value(kinds.LIST_LENGTH, draft.spec, key, key=key, found=plural(len(values), "value"), wanted=wanted)
    for index, value in enumerate(values):
        if value >> draft.width:
            what = f"the {key} value" if key == "reset" else "the constant"
            ctx.at_value(kinds.VALUE_TOO_WIDE, values, index, what=what, value=f"{value:#x}", width=draft.width)


def _draft_file(ctx: Context, name: str, spec: Tree, parent: Tree, defaults: Defaults) -> FileDraft:
    ctx.claim(name, "a register file", parent)
    draft = _draft_group(ctx, name, spec, parent, None, defaults)
    ctx.scope.defer(name, partial(_file_entry, draft))
    return draft


def _draft_group(
    ctx: Context, name: str, spec: Tree, parent: Tree, file: FileDraft | None, defaults: Defaults
) -> FileDraft:
    """Read a register file, which may be inside another one, and its members."""
    for key in spec:
        if key not in _FILE_KEYS:
            ctx.not_here(spec, key, "this is a register file: its members have their own")
    draft = FileDraft(name, spec, parent, file, spec.get("at"))
    # The members need the file's number of elements, and the file's stride needs the members' sizes.
    draft.own = _unsized_dims(ctx, spec)
    members = entries(spec, "registers")
    draft.members = [_draft_member(ctx, draft, member, sub, members, defaults) for member, sub in members.items()]
    ends = (member.at + extent(member) for member in draft.members if member.at is not None)
    unit = max((register.size for register in all_registers(draft.members)), default=1)
    draft.size = max(ends, default=1)
    if "stride" not in spec:
        draft.size = -(-draft.size // unit) * unit
    draft.own = read_dims(ctx, spec, draft.size)
    check_dims(ctx, draft)
    return draft


def _unsized_dims(ctx: Context, spec: Tree) -> tuple[Dim, ...]:
    """Return the dimensions of a file with strides of 0: its elements' size is not known yet."""
    count = spec.get("count")
    if isinstance(count, list):
        return tuple(Dim(Int(number), 0) for number in count)
    found = ctx.count(spec) if count is not None else None
    return () if found is None else (Dim(found, 0),)


def _draft_member(ctx: Context, file: FileDraft, name: str, spec: Tree, parent: Tree, defaults: Defaults) -> Draft:
    reason = why_reserved(name)
    if reason:
        ctx.at_key(RESERVED_NAME, parent, name, name=name, reason=reason)
    if "registers" in spec:
        return _draft_group(ctx, name, spec, parent, file, defaults)
    return _draft_register(ctx, name, spec, parent, file, defaults)


def _register_entry(draft: RegisterDraft) -> RegisterEntry:
    spec = draft.spec if draft.view is None else draft.view.owner.spec
    declared = entries(spec, "fields")
    fields = tuple(_field_entry(field, declared.get(field.name)) for field in draft.fields)
    return RegisterEntry(
        draft.name,
        draft.width,
        fields,
        total(draft.own),
        readonly=_why_readonly(spec),
        computed="read" in spec,
        window="window" in spec,
        storage=_storage(draft),
        split=draft.split,
        shape=_shape(draft),
        outputs=outputs_of(draft.fields),
    )


def _field_entry(field: Field, spec: object) -> FieldEntry:
    keys = spec if field.hardware is not None and isinstance(spec, dict) else _NO_FIELDS
    return FieldEntry(
        field.name, field.lsb, field.width, field.labels, field.stored, counter_outputs(keys), counter_steps(keys)
    )


def _storage(draft: RegisterDraft) -> View | None:
    """Return the storage of a register that has none of its own."""
    file = None if draft.file is None else draft.file.label
    if "alias" in draft.spec:
        return View(draft.spec["alias"], file, draft.width, 0, None)
    return None if draft.view is None else draft.view.model()


def _why_readonly(spec: Tree) -> str | None:
    """Return why behaviour cannot assign a register, or None if it can."""
    if "constant" in spec:
        return "is constant"
    if "read" in spec:
        return "is computed by its `read:`"
    if "window" in spec:
        return "is a window: assign the register behind it"
    return f"is {spec['intent']} and has no behaviour" if "intent" in spec else None


def _file_entry(draft: FileDraft) -> FileEntry:
    registers = tuple(_register_entry(member) for member in draft.members if isinstance(member, RegisterDraft))
    files = tuple(_file_entry(member) for member in draft.members if isinstance(member, FileDraft))
    return FileEntry(draft.label, registers, total(draft.own), files, _shape(draft), len(draft.dims))


def _shape(draft: Draft) -> tuple[int, ...]:
    """Return the numbers of elements of a draft's own dimensions if they are several."""
    return tuple(most(dim.count) for dim in draft.own) if len(draft.own) > 1 else ()
