"""Checks the layout of a region's registers: overlaps, the end of the region, alignment, access sizes."""

from __future__ import annotations

from typing import Any

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics import codes_pci as pci_kinds
from devgen.language.elaborate.byte_overlaps import ELEMENT_LIMIT, Span, TooManyElements, overlaps
from devgen.language.elaborate.elaboration import Context
from devgen.language.elaborate.region_drafts import CONFIG_START, RegionDraft
from devgen.language.elaborate.register_drafts import Draft, FileDraft, RegisterDraft, all_files, all_registers
from devgen.language.elaborate.register_spans import all_spans, hull


def check_layout(ctx: Context, draft: RegionDraft) -> None:
    """Report registers of a region that share bytes, lie outside it or are misaligned."""
    spans = [span for entry in draft.registers if (span := hull(entry)) is not None]
    for span in spans:
        if draft.size is not None and span.end > draft.size:
            _report_outside(ctx, span, draft.size)
        if draft.space == "config" and span.start < CONFIG_START:
            _report_header(ctx, span)
    _check_alignment(ctx, draft)
    _check_answered(ctx, draft)
    try:
        found = _shared(draft, _exclusive(draft.registers))
    except TooManyElements:
        ctx.at_key(kinds.TOO_MANY_ELEMENTS, draft.parent, draft.name, limit=ELEMENT_LIMIT)
        return
    for later, earlier, offset in found:
        _report_registers(ctx, later.owner, earlier.owner, offset)


def _shared(region: RegionDraft, spans: list[Span]) -> list[tuple[Span, Span, int]]:
    """Return the pairs that overlap. Alternates, and a read-only and a write-only register, may share an address."""
    found = overlaps(spans)
    inside = [pair for file in all_files(region.registers) for pair in overlaps(_exclusive(file.members))]
    if not found and not inside:
        return []
    if inside or any(_is_compound(span.owner) for pair in found for span in pair[:2]):
        spans = [span for span in all_spans(region.registers) if not _conditional(span.owner)]
    reads = overlaps([span for span in spans if _answers_reads(span)])
    writes = overlaps([span for span in spans if _answers_writes(span)])
    return list({id(pair[0].owner): pair for pair in (*writes, *reads)}.values())


def _exclusive(drafts: list[Draft]) -> list[Span]:
    """Return the bytes of those registers and files that may share them with no other one."""
    spans = (hull(draft) for draft in drafts if not _conditional(draft))
    return [span for span in spans if span is not None]


def _is_compound(draft: Any) -> bool:
    """Whether the span of a draft may include bytes that are of none of its registers."""
    return isinstance(draft, FileDraft) or len(draft.own) > 1


def _answers_reads(span: Span) -> bool:
    return not isinstance(span.owner, RegisterDraft) or span.owner.readable


def _answers_writes(span: Span) -> bool:
    return not isinstance(span.owner, RegisterDraft) or span.owner.writable


def _conditional(draft: Any) -> bool:
    """Whether a register may share bytes: it answers in some modes only, or its `alternate` is wrong and reported."""
    return "when" in draft.spec or draft.conditional or ("alternate" in draft.spec and draft.group is None)


def _report_registers(ctx: Context, later: Any, earlier: Any, offset: int) -> None:
    ctx.at_key(
        kinds.REGISTERS_OVERLAP,
        later.parent,
        later.name,
        name=_label(later),
        other=_label(earlier),
        offset=f"{offset:#x}",
        related=ctx.second(earlier.parent, earlier.name, f"{_label(earlier)} is declared here"),
    )


def _label(draft: Draft) -> str:
    return draft.label


def _report_outside(ctx: Context, span: Span, limit: int) -> None:
    draft: Any = span.owner
    key = "at" if not draft.own or span.start >= limit else "count"
    key = key if key in draft.spec else "at"
    ctx.at_value(kinds.REGISTER_OUTSIDE, draft.spec, key, name=_label(draft), end=f"{span.end:#x}", size=f"{limit:#x}")


def _report_header(ctx: Context, span: Span) -> None:
    draft: Any = span.owner
    ctx.at_value(pci_kinds.CONFIG_HEADER, draft.spec, "at", name=_label(draft), start=f"{CONFIG_START:#x}")


def _check_answered(ctx: Context, region: RegionDraft) -> None:
    """Report registers that cannot be accessed with any access size of the region."""
    low, high = region.access.implemented
    low = 1 if region.defaults.decode == "lanes" else low
    for draft in all_registers(region.registers):
        if draft.sizes is not None and (draft.sizes[1] < low or draft.sizes[0] > high):
            spec = draft.spec if "sizes" in draft.spec else region.spec
            reason = f"accesses of {low} to {high} bytes reach the registers"
            ctx.at_value(kinds.BAD_ACCESS, spec, "sizes", found=spec["sizes"], reason=reason)
            if spec is region.spec:
                return
        elif draft.sizes is not None and "sizes" in draft.spec and (draft.sizes[0] < low or draft.sizes[1] > high):
            reason = f"accesses of {low} to {high} bytes reach the registers"
            ctx.at_value(kinds.IDLE_SIZES, draft.spec, "sizes", name=_label(draft), reason=reason)


def _check_alignment(ctx: Context, region: RegionDraft) -> None:
    if region.access.unaligned:
        return
    widest = region.access.valid[1]
    for draft in all_registers(region.registers):
        _check_aligned(ctx, draft, draft.start, widest)


def _check_aligned(ctx: Context, draft: RegisterDraft, offset: int, widest: int) -> None:
    unit = min(draft.width >> 3, widest)
    if offset % unit:
        ctx.at_value(kinds.MISALIGNED, draft.spec, "at", name=draft.label, offset=f"{offset:#x}", size=unit)
