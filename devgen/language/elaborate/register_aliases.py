"""Resolves the key `alias`: an alias has the width and count of its target, and its fields unless it has its own."""

from __future__ import annotations

from dataclasses import replace

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.elaborate.elaboration import Context
from devgen.language.elaborate.field_keys import build_fields
from devgen.language.elaborate.hardware_keys import hardware_key
from devgen.language.elaborate.register_drafts import Dim, Draft, RegisterDraft, all_registers
from devgen.language.model import Field


def resolve_aliases(ctx: Context, drafts: list[Draft]) -> None:
    """Give each alias the width and number of elements of its target and its fields, and report invalid aliases."""
    aliases = [draft for draft in all_registers(drafts) if "alias" in draft.spec]
    if not aliases:
        return
    tops = {draft.name: draft for draft in drafts if isinstance(draft, RegisterDraft)}
    for alias in aliases:
        known = (
            tops
            if alias.file is None
            else {member.name: member for member in alias.file.members if isinstance(member, RegisterDraft)}
        )
        _resolve_alias(ctx, alias, known)


def _resolve_alias(ctx: Context, alias: RegisterDraft, known: dict[str, RegisterDraft]) -> None:
    name = alias.spec["alias"]
    target = known.get(name)
    reason = _why_no_alias(alias, target)
    if target is None or reason:
        near = known if target is None else ()
        ctx.at_value(kinds.BAD_ALIAS, alias.spec, "alias", name=alias.label, target=name, reason=reason, known=near)
        return
    alias.width = target.width
    stride = alias.spec.get("stride")
    alias.own = tuple(Dim(dim.count, stride if isinstance(stride, int) else dim.stride) for dim in target.own)
    alias.fields = _alias_fields(ctx, alias, target)


def _alias_fields(ctx: Context, alias: RegisterDraft, target: RegisterDraft) -> tuple[Field, ...]:
    """Return an alias's own fields, which show the target's reset, or those of the target."""
    if "fields" not in alias.spec:
        alias.shared_fields = target.spec
        return tuple([field if field.hardware is None else replace(field, hardware=None) for field in target.fields])
    fields, _ = build_fields(ctx, alias.spec["fields"], {}, alias.width, alias.access)
    for field in fields:
        if field.hardware is not None:
            spec = alias.spec["fields"][field.name]
            ctx.contradiction(
                spec, hardware_key(spec), "alias", "its bits are the target's: give the key to the field there"
            )
        if field.reset:
            ctx.contradiction(alias.spec["fields"][field.name], "reset", "alias", "the reset is that of the target")
    return tuple(
        replace(field, hardware=None, reset=target.reset >> field.lsb & (1 << field.width) - 1) for field in fields
    )


def _why_no_alias(alias: RegisterDraft, target: RegisterDraft | None) -> str:
    if target is None:
        return "there is no such register" + (" in this register file" if alias.file is not None else "")
    if target is alias or "alias" in target.spec:
        return "the target is an alias itself"
    if "alternate" in target.spec or (target.file is not None and "alternate" in target.file.spec):
        return "the target is an alternate, whose storage is that of another register"
    if any(key in target.spec for key in ("constant", "read", "intent", "window")):
        return "the target has no storage"
    return f"the target has {target.width} bits" if alias.spec.get("width", target.width) != target.width else ""
