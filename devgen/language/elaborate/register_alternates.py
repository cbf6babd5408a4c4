"""Resolves the key `alternate`: registers that have the same bytes, and whose storage these bytes are.

A register that lies inside one element of another one becomes a *view* of it: it has no storage of its own. Its fields
on bits that the other one reserves are bits of the other one too. Any other alternate keeps the bytes that its target
does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.elaborate.byte_overlaps import overlaps
from devgen.language.elaborate.elaboration import Context
from devgen.language.elaborate.field_keys import covered
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.register_drafts import Draft, RegisterDraft, Shared, all_files, all_registers
from devgen.language.elaborate.register_spans import element_spans
from devgen.language.model import Field

_HOOKS = ("write", "before_read", "on_read", "on_write")
_COMPUTED = ("read", "constant", "intent", "window")
_Known = Mapping[str, Draft]


def resolve_alternates(ctx: Context, region: RegionDraft) -> None:
    """Group the registers of a region that share bytes, and find the storage of those that have none."""
    declared = [(draft, known) for draft, known in _declared(region.registers) if "alternate" in draft.spec]
    joined = [(draft, known[draft.spec["alternate"]]) for draft, known in declared if _join(ctx, draft, known)]
    for draft, target in joined:
        for register in registers_of(draft):
            if register.view is None:
                _place(ctx, register, registers_of(target), region.access.endian == "big")


def registers_of(draft: Draft) -> list[RegisterDraft]:
    """Return the registers of a register file, or the register itself."""
    return list(all_registers([draft]))


def _declared(drafts: list[Draft]) -> Iterator[tuple[Draft, _Known]]:
    """Yield every register and file, files before their members, with the names that its `alternate` may have."""
    tops: dict[str, Draft] = {draft.name: draft for draft in drafts}
    for draft in drafts:
        yield draft, tops
    for file in all_files(drafts):
        members: dict[str, Draft] = {member.name: member for member in file.members}
        yield from ((member, members) for member in file.members)


def _join(ctx: Context, draft: Draft, known: _Known) -> bool:
    """Put an alternate into the group of its target, or report why it is none."""
    name = draft.spec["alternate"]
    target = known.get(name)
    reason = _why_no_alternate(draft, target)
    if target is None or reason:
        _report(ctx, draft, reason, known if target is None else ())
        return False
    group = target.group or draft.group or draft
    for part in (draft, *registers_of(draft), target, *registers_of(target)):
        part.group = group
    return True


def _report(ctx: Context, draft: Draft, reason: str, known: Iterable[str] = ()) -> None:
    ctx.at_value(
        kinds.BAD_ALTERNATE,
        draft.spec,
        "alternate",
        name=draft.label,
        target=draft.spec.get("alternate", ""),
        reason=reason,
        known=known,
    )


def _why_no_alternate(draft: Draft, target: Draft | None) -> str:
    if target is None:
        return "there is no such register in this " + ("register file" if _is_member(draft) else "region")
    if target is draft:
        return "that is itself"
    if "alternate" in target.spec:
        return f"that is an alternate of '{target.spec['alternate']}' itself"
    if isinstance(draft, RegisterDraft) and isinstance(target, RegisterDraft):
        if {draft.access, target.access} in ({"ro", "wo"}, {"ro", "w1"}):
            return "reads reach the read-only register and writes the other one, each with its own storage"
        if not _overlap(draft, target):
            return "the two have no byte in common"
    return ""


def _is_member(draft: Draft) -> bool:
    return draft.file is not None


# --- views ------------------------------------------------------------------------------


def _place(ctx: Context, draft: RegisterDraft, owners: list[RegisterDraft], big: bool) -> None:
    """Make a register a view of the one that it lies in; otherwise it keeps the bytes that no owner has."""
    computed = next((key for key in _COMPUTED if key in draft.spec), "")
    if computed and draft.conditional:
        return  # it has no storage, and its condition tells it apart
    found = ((owner, shared) for owner in owners if (shared := _shared(draft, owner, big)) is not None)
    owner, shared = next(found, (None, None))
    draft.split = shared is None and any(_overlap(draft, owner) for owner in owners)
    if not draft.conditional and (shared is not None or draft.split):
        for key in (*_HOOKS, *_COMPUTED):
            if key in draft.spec:
                ctx.contradiction(draft.spec, key, "alternate", f"accesses reach '{(owner or owners[0]).label}'")
    if owner is not None and shared is not None:
        _share(ctx, draft, owner, shared)


def _shared(draft: RegisterDraft, owner: RegisterDraft, big: bool) -> Shared | None:
    """Return which bits of which element of ``owner`` a register is; None if it is not inside one element."""
    offset, element = draft.start - owner.start, None
    if draft.dims != owner.dims:
        if draft.dims or len(owner.dims) != 1:
            return None
        element, offset = divmod(offset, owner.dims[0].stride)
        if not 0 <= element < (owner.dims[0].count.range.lo or 0):
            return None
    if not 0 <= offset <= owner.size - draft.size:
        return None
    lsb = 8 * (owner.size - draft.size - offset if big else offset)
    return Shared(owner, lsb, element) if owner.view is None else owner.view.inside(lsb, element)


def _overlap(draft: RegisterDraft, owner: RegisterDraft) -> bool:
    spans = (*element_spans(draft), *element_spans(owner))
    return bool(overlaps(replace(span, group=None) for span in spans))


def _share(ctx: Context, draft: RegisterDraft, owner: RegisterDraft, shared: Shared) -> None:
    owner = shared.owner
    stored = owner.reset >> shared.lsb & (1 << draft.width) - 1
    reason = _why_no_view(draft, shared, stored)
    if reason:
        _report(ctx, draft, reason)
        return
    draft.view, draft.reset = shared, stored
    draft.fields = tuple(replace(field, reset=stored >> field.lsb & (1 << field.width) - 1) for field in draft.fields)
    if not draft.conditional:
        owner.also += tuple(replace(field, lsb=field.lsb + shared.lsb) for field in _all_fields(draft))


def _why_no_view(draft: RegisterDraft, shared: Shared, stored: int) -> str:
    owner = shared.owner
    if draft.conditional and (shared.lsb or draft.width != owner.width):
        return f"a register with `when` needs all bytes of '{owner.label}'"
    given = draft.spec.get("reset")
    if given is not None and (given != stored or not isinstance(owner.spec.get("reset", 0), int)):
        return f"it has the reset {given}, and '{owner.label}' gives these bytes another one"
    for field in draft.fields:
        if field.reset and field.reset != stored >> field.lsb & (1 << field.width) - 1:
            return f"the field '{field.name}' has the reset {field.reset:#x}, and '{owner.label}' gives it another one"
    if shared.element is not None and owner.fields and not draft.conditional:
        bits = covered(owner.fields)
        strays = (field.name for field in _all_fields(draft) if field.mask << shared.lsb & ~bits)
        stray = next(strays, "")
        return f"'{stray}' has bits that the elements of '{owner.label}' reserve" if stray else ""
    return ""


def _all_fields(draft: RegisterDraft) -> tuple[Field, ...]:
    """Return a register's fields, or all its bits as one field if it has none."""
    if draft.fields:
        return draft.fields
    spec = draft.spec
    return (
        Field(
            draft.name, 0, draft.width, draft.access, draft.reset, spec.get("read_effect"), spec.get("write_effect"),
            spec.get("singlepulse", False), (), draft.spec.get("title", ""), "",
        ),
    )  # fmt: skip
