"""Resolves the key `alias`: an alias has the fields, width and count of its target."""

from __future__ import annotations

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.elaboration import Context
from devgen.language.elaborate.register_drafts import Draft, RegisterDraft, all_registers


def resolve_aliases(ctx: Context, drafts: list[Draft]) -> None:
    """Give each alias the fields, width and number of elements of its target, and report invalid aliases."""
    aliases = [draft for draft in all_registers(drafts) if "alias" in draft.spec]
    if not aliases:
        return
    tops = {draft.name: draft for draft in drafts if isinstance(draft, RegisterDraft)}
    for alias in aliases:
        known = tops if alias.file is None else {member.name: member for member in alias.file.members}
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
        return "the target is an alias itself"
    if any(key in target.spec for key in ("constant", "read", "intent", "window")):
        return "the target has no storage"
    return f"the target has {target.width} bits" if alias.spec.get("width", target.width) != target.width else ""
