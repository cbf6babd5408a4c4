"""Locks: when software may write a register or a field, under the key `write_enable`.

The key is SystemRDL's `swwe` (2.0, 9.6), and with `not` its `swwel`, for any expression. A register without the key has
the lock of its register file, else of the region; a field's lock comes on top of its register's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.outer_elements import inside_array
from devgen.language.elaborate.register_drafts import FileDraft, RegisterDraft
from devgen.language.ir import Int
from devgen.language.model import Field, Lock
from devgen.language.scope import Scope

MakeScope = Callable[[], Scope]
"""Makes the scope of a register's or file's behaviour when it is needed."""

KEY = "write_enable"
"""The key."""

_NO_EXCEPTION = "`true` excepts from a lock, and there is none around it"
_LATE = "a write that arrives late would meet another state of the lock that the register has from its region"
_ELSEWHERE = "accesses reach the register that `alternate` names: write the lock there"


def region_lock(ctx: Context, spec: Tree) -> Lock | None:
    """Return the lock of a region's registers; None if they have none."""
    if KEY not in spec:
        return None
    if spec[KEY] is True:
        ctx.not_here(spec, KEY, _NO_EXCEPTION)
    return _lock(ctx, spec, ctx.scope.hook, "the region")


def file_lock(ctx: Context, draft: FileDraft, scope: MakeScope, outer: Lock | None) -> Lock | None:
    """Return the lock of a register file's members: its own, or that of what it is in."""
    if KEY not in draft.spec:
        return None if outer is None else _of_element(outer, draft)
    if draft.spec[KEY] is True and outer is None:
        ctx.not_here(draft.spec, KEY, _NO_EXCEPTION)
    return _lock(ctx, draft.spec, scope, draft.label)


def register_lock(ctx: Context, draft: RegisterDraft, scope: MakeScope, outer: Lock | None) -> Lock | None:
    """Return a register's lock: its own, or that of what it is in if software can write it at all."""
    spec = draft.spec
    if KEY not in spec:
        return None if outer is None else _inherited(ctx, draft, outer)
    if draft.view is not None and "when" not in spec:
        ctx.not_here(spec, KEY, _ELSEWHERE)
        return None
    if not takes_writes(draft) and spec[KEY] is not True:
        _report_unwritten(ctx, draft)
        return None
    if spec[KEY] is True and outer is None:
        ctx.not_here(spec, KEY, _NO_EXCEPTION)
    return _lock(ctx, spec, scope, draft.label)


def _inherited(ctx: Context, draft: RegisterDraft, outer: Lock) -> Lock | None:
    if not takes_writes(draft):
        return None
    if draft.spec.get("coalesce"):
        ctx.contradiction(draft.spec, "coalesce", KEY, _LATE)
    return _of_element(outer, draft)


def _of_element(outer: Lock, draft: RegisterDraft | FileDraft) -> Lock:
    """Return the lock of a register file, or of a region, for an array inside it."""
    test = inside_array(outer.test, draft.own)
    return outer if test is outer.test else Lock(test, outer.text)


def field_locks(ctx: Context, draft: RegisterDraft, scope: MakeScope) -> tuple[Field, ...]:
    """Return the fields of a register with their locks."""
    declared = entries(draft.spec if draft.shared_fields is None else draft.shared_fields, "fields")
    if not any(isinstance(spec, dict) and KEY in spec for spec in declared.values()):
        return draft.fields
    return tuple(_locked(ctx, draft, field, declared[field.name], scope) for field in draft.fields)


def _locked(ctx: Context, draft: RegisterDraft, field: Field, spec: object, scope: MakeScope) -> Field:
    if not isinstance(spec, dict) or KEY not in spec:
        return field
    if draft.view is not None and "when" not in draft.spec:
        ctx.not_here(spec, KEY, _ELSEWHERE)
    elif field.access == "ro":
        ctx.contradiction(spec, KEY, "access: ro", "software cannot write it")
    elif spec[KEY] is True:
        ctx.not_here(spec, KEY, _NO_EXCEPTION)
    elif "window" in draft.spec or "intent" in draft.spec or "constant" in draft.spec:
        ctx.not_here(spec, KEY, "the register has no bits of its own that software writes")
    return replace(field, write_enable=_lock(ctx, spec, scope, f"{draft.label}.{field.name}"))


def takes_writes(draft: RegisterDraft) -> bool:
    """Whether a write by software can reach the register and have an effect."""
    spec = draft.spec
    if "intent" in spec or (draft.view is not None and "when" not in spec):
        return False
    if "write" in spec or "on_write" in spec:
        return True
    if "constant" in spec or draft.access == "ro":
        return False
    return not draft.fields or any(field.access != "ro" for field in draft.fields)


def _report_unwritten(ctx: Context, draft: RegisterDraft) -> None:
    spec = draft.spec
    for key in ("intent", "constant"):
        if key in spec:
            ctx.contradiction(spec, KEY, key, "software cannot write it")
            return
    if draft.access == "ro":
        ctx.contradiction(spec, KEY, "access: ro", "software cannot write it")
    else:
        ctx.contradiction(spec, KEY, "fields", "software can write none of them")


def _lock(ctx: Context, spec: Tree, scope: MakeScope, label: str) -> Lock | None:
    """Compile a lock; `true` is none."""
    if spec[KEY] is True:
        return None
    found = Int(0) if spec[KEY] is False else ctx.expression(spec, KEY, scope(), "bool", (KEY, label))
    if found is None:
        return None
    ctx.locks.append((found, spec))
    return Lock(found, "false" if spec[KEY] is False else str(spec[KEY]).strip())
