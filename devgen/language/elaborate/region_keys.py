"""Regions: where they lie, how they are accessed, and what is laid out in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics import codes_pci as pci_kinds
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.byte_overlaps import ELEMENT_LIMIT, Span, TooManyElements, overlaps
from devgen.language.elaborate.doorbell_keys import DoorbellDraft, build_doorbells, draft_doorbells
from devgen.language.elaborate.elaboration import Context, Tree, entries, most
from devgen.language.elaborate.register_keys import (
    Defaults,
    Draft,
    FileDraft,
    RegisterDraft,
    all_registers,
    ascending_sizes,
    build_entries,
    draft_registers,
)
from devgen.language.model import AccessRule, Bar, Bus, Region, Register
from devgen.language.reading.quantities import size

PAGE = 4096
PORTS = 1 << 16
INDIRECT = 1 << 20
CONFIG_START, CONFIG_END, EXTENDED_END = 0x40, 0x100, 0x1000
"""Where the part of configuration space lies that is a function's own (Local Bus Specification 3.0, section 6.1), and
where it ends in a PCI Express function."""

_MEMORY_EXCLUDES = ("registers", "doorbells", "access", "decode", "width", "reserved", "sizes")
_INDIRECT_EXCLUDES = ("bar", "at", "ram", "rom", "doorbells")
_CONFIG_EXCLUDES = ("bar", "at", "size", "ram", "rom", "doorbells")
Space = Literal["mmio", "pio", "config", "indirect"]


@dataclass(slots=True)
class RegionDraft:
    """A region whose registers' behaviour is not compiled yet. ``size`` None: unknown, and reported."""

    name: str
    spec: Tree
    parent: Tree
    kind: Literal["registers", "ram", "rom"]
    space: Space
    bar: Bar | None
    at: int
    size: int | None
    access: AccessRule
    defaults: Defaults
    registers: list[Draft] = field(default_factory=list)
    doorbells: list[DoorbellDraft] = field(default_factory=list)


def draft_regions(ctx: Context, tree: Tree, bus: Bus, bars: tuple[Bar, ...], retain: bool) -> list[RegionDraft]:
    """Read the shape of all regions and what is in them, declare the registers, and check the layout."""
    declared = entries(tree, "regions")
    by_index = {str(bar.index): bar for bar in bars}
    express = "express" in entries(entries(tree, "pci"), "capabilities")
    drafts = [_draft_region(ctx, name, spec, declared, bus, by_index, retain) for name, spec in declared.items()]
    for draft in drafts:
        if draft.space == "config":
            draft.size = EXTENDED_END if express else CONFIG_END
    if bus is Bus.PCI:
        _check_bars(ctx, tree, drafts)
    return drafts


def _draft_region(
    ctx: Context, name: str, spec: Tree, parent: Tree, bus: Bus, bars: dict[str, Bar], retain: bool
) -> RegionDraft:
    kind = _kind(ctx, spec)
    bar = None
    config = spec.get("space") == "config"
    indirect = spec.get("space") == "indirect"
    if config:
        _check_config(ctx, spec, bus)
    elif indirect:
        _check_indirect(ctx, name, spec)
    elif bus is Bus.PCI:
        bar = _place_in_bar(ctx, name, spec, bars)
    else:
        _check_place_on_bus(ctx, name, spec, bus)
    space: Space = ("pio" if bar.type == "io" else "mmio") if bar is not None else spec.get("space", "mmio")
    at = spec.get("at", 0) if bus is Bus.PCI and not config and not indirect else 0
    access = _access(ctx, spec, space)
    draft = RegionDraft(
        name, spec, parent, "registers" if config or indirect else kind, space, bar, at,
        CONFIG_END if config else _size(spec, bar, at),
        access,
        Defaults(spec.get("width", 32), spec.get("decode", "lanes"), retain, _answered(ctx, spec)),
    )  # fmt: skip
    _check_size(ctx, draft)
    if kind == "registers":
        draft.registers = draft_registers(ctx, spec, draft.defaults)
        draft.doorbells = draft_doorbells(ctx, spec)
        if not draft.registers and not draft.doorbells:
            ctx.at_key(kinds.EMPTY_REGION, parent, name, name=f"'{name}'")
    return draft


def _size(spec: Tree, bar: Bar | None, at: int) -> int | None:
    given = size(spec["size"]) if "size" in spec else None
    return given if given is not None else max(0, bar.size - at) if bar is not None else None


def _answered(ctx: Context, spec: Tree) -> tuple[int, int] | None:
    return ascending_sizes(ctx, spec, "sizes") if "sizes" in spec else None


def _kind(ctx: Context, spec: Tree) -> Literal["registers", "ram", "rom"]:
    ram, rom = spec.get("ram", False), spec.get("rom", False)
    if ram and rom:
        ctx.contradiction(spec, "rom", "ram", "memory is one or the other")
    if "contents" in spec and not rom:
        ctx.not_here(spec, "contents", "the region is not a ROM")
    if not ram and not rom:
        return "registers"
    for key in _MEMORY_EXCLUDES:
        if key in spec:
            ctx.contradiction(spec, key, "ram" if ram else "rom", "memory has no registers and takes every access")
    return "ram" if ram else "rom"


def _check_place_on_bus(ctx: Context, name: str, spec: Tree, bus: Bus) -> None:
    for key in ("bar", "at"):
        if key in spec:
            ctx.not_here(spec, key, f"the device is on bus {bus}, not pci")
    for key in ("space", "size"):
        ctx.needs(spec, f"the region '{name}'", key)


def _check_config(ctx: Context, spec: Tree, bus: Bus) -> None:
    if bus is not Bus.PCI:
        ctx.not_here(spec, "space", f"only a device on pci has configuration space, this one is on {bus}")
    for key in _CONFIG_EXCLUDES:
        if key in spec:
            ctx.contradiction(spec, key, "space: config", "configuration space lies where it lies and holds registers")


def _check_indirect(ctx: Context, name: str, spec: Tree) -> None:
    for key in _INDIRECT_EXCLUDES:
        if key in spec:
            ctx.contradiction(spec, key, "space: indirect", "it is on no bus and holds registers")
    if "endian" in entries(spec, "access"):
        ctx.contradiction(spec["access"], "endian", "space: indirect", "the byte order is that of the data register")
    ctx.needs(spec, f"the region '{name}'", "size")


def _place_in_bar(ctx: Context, name: str, spec: Tree, bars: dict[str, Bar]) -> Bar | None:
    if "space" in spec:
        ctx.not_here(spec, "space", "on pci the BAR's type decides")
    if "bar" not in spec:
        ctx.needs(spec, f"the region '{name}'", "bar")
        return None
    bar = bars.get(str(spec["bar"]))
    if bar is None:
        ctx.at_value(pci_kinds.UNKNOWN_BAR, spec, "bar", name=f"'{name}'", bar=spec["bar"])
    elif bar.index == "rom" and not spec.get("rom"):
        ctx.at_value(pci_kinds.BAD_ROM, spec, "bar", name=f"'{name}'")
    return bar


def _access(ctx: Context, spec: Tree, space: Space) -> AccessRule:
    rule = entries(spec, "access")
    valid = _sizes(ctx, rule, "valid", (1, 4), space)
    implemented = _sizes(ctx, rule, "implemented", valid, space)
    return AccessRule(valid, implemented, rule.get("endian", "little"), rule.get("unaligned", False))


def _sizes(ctx: Context, rule: Tree, key: str, default: tuple[int, int], space: Space) -> tuple[int, int]:
    if key not in rule:
        return default
    low, high = ascending_sizes(ctx, rule, key)
    if space in ("pio", "config") and high > 4:
        what = "port" if space == "pio" else "configuration"
        ctx.at_value(kinds.BAD_ACCESS, rule, key, found=rule[key], reason=f"{what} accesses have at most 4 bytes")
    return low, high


def _check_size(ctx: Context, draft: RegionDraft) -> None:
    if draft.size is None:
        return
    backed = draft.kind != "registers"
    if draft.space == "pio" and backed:
        key = draft.kind
        ctx.not_here(draft.spec, key, "memory cannot be mapped into port space")
    elif draft.space == "pio" and draft.size > PORTS:
        _bad_size(ctx, draft, "port space has 64 KiB")
    elif draft.space == "indirect" and draft.size > INDIRECT:
        _bad_size(ctx, draft, "what is behind a window has at most 1 MiB")
    elif backed and (draft.size % PAGE or not draft.size or draft.at % PAGE):
        _bad_size(ctx, draft, "memory comes in whole pages of 4 KiB")


def _bad_size(ctx: Context, draft: RegionDraft, reason: str) -> None:
    ctx.at_value(kinds.BAD_REGION_SIZE, draft.spec, "size", size=draft.size, reason=reason)


# --- layout ------------------------------------------------------------------------------


def _check_bars(ctx: Context, tree: Tree, drafts: list[RegionDraft]) -> None:
    placed: dict[str, list[Span]] = {}
    for draft in drafts:
        if draft.bar is None or draft.size is None:
            continue
        if draft.at + draft.size > draft.bar.size or not draft.size:
            key = "size" if "size" in draft.spec else "at"
            end = f"{draft.at + draft.size:#x}"
            name, bar = f"'{draft.name}'", draft.bar
            ctx.at_value(kinds.REGION_OUTSIDE, draft.spec, key, name=name, end=end, bar=bar.index, size=bar.size)
        placed.setdefault(str(draft.bar.index), []).append(Span(draft.at, draft.size, draft.size, 1, draft))
    for index, spans in placed.items():
        for later, earlier, _ in overlaps(spans):
            _report_regions(ctx, later.owner, earlier.owner, index)
    bars = entries(entries(tree, "pci"), "bars")
    tables = entries(entries(entries(tree, "pci"), "capabilities"), "msix").values()
    used = {str(one.get("bar")) for one in (*(draft.spec for draft in drafts), *tables) if isinstance(one, dict)}
    for index in bars:
        if index not in used:
            ctx.at_key(pci_kinds.BAR_UNUSED, bars, index, bar=index)


def _report_regions(ctx: Context, later: Any, earlier: Any, bar: str) -> None:
    ctx.at_key(
        kinds.REGIONS_OVERLAP, later.parent, later.name, name=f"'{later.name}'", other=f"'{earlier.name}'", bar=bar
    )


def check_layout(ctx: Context, draft: RegionDraft) -> None:
    """Report registers of a region that share bytes, lie outside it or are misaligned."""
    for one in draft.registers:
        if isinstance(one, FileDraft):
            _check_members(ctx, one, draft)
    spans = [span for one in draft.registers if (span := span_of(one)) is not None]
    for span in spans:
        if draft.size is not None and span.end > draft.size:
            _report_outside(ctx, span, draft.size)
        if draft.space == "config" and span.start < CONFIG_START:
            _report_header(ctx, span)
    _check_alignment(ctx, draft)
    _check_answered(ctx, draft)
    try:
        found = _shared(draft, spans)
    except TooManyElements:
        ctx.at_key(kinds.TOO_MANY_ELEMENTS, draft.parent, draft.name, limit=ELEMENT_LIMIT)
        return
    for later, earlier, offset in found:
        _report_registers(ctx, later.owner, earlier.owner, offset)


def _shared(region: RegionDraft, spans: list[Span]) -> list[tuple[Span, Span, int]]:
    """Return the pairs that one access could mean; a register to read and one to write may share a place."""
    found = overlaps(spans)
    if not found:
        return []
    if any(isinstance(pair[0].owner, FileDraft) or isinstance(pair[1].owner, FileDraft) for pair in found):
        spans = list(_member_spans(region.registers))
    reads = overlaps([span for span in spans if _answers_reads(span)])
    writes = overlaps([span for span in spans if _answers_writes(span)])
    return list({id(pair[0].owner): pair for pair in (*writes, *reads)}.values())


def _answers_reads(span: Span) -> bool:
    return not isinstance(span.owner, RegisterDraft) or span.owner.readable


def _answers_writes(span: Span) -> bool:
    return not isinstance(span.owner, RegisterDraft) or span.owner.writable


def span_of(draft: Draft) -> Span | None:
    """Return what a register, an array or a register file covers; None when it has no place."""
    if draft.at is None:
        return None
    if isinstance(draft, FileDraft):
        return Span(draft.at, draft.stride, draft.stride, max(1, most(draft.count)), draft)
    return Span(draft.at, draft.width >> 3, draft.stride, max(1, most(draft.count)) if draft.count else 1, draft)


def _member_spans(drafts: list[Draft]) -> list[Span]:
    """Return the spans of all registers, those of a register file's members in each of its elements."""
    spans = []
    for draft in drafts:
        if isinstance(draft, FileDraft):
            at, count = draft.at, max(1, most(draft.count))
            spans += [
                Span(at + one.at, one.size, draft.stride, count, one)
                for one in draft.members
                if at is not None and one.at is not None
            ]
        elif (span := span_of(draft)) is not None:
            spans.append(span)
    return spans


def _check_members(ctx: Context, file: FileDraft, region: RegionDraft) -> None:
    """Report members of a register file that overlap within one element."""
    spans = [span for one in file.members if (span := span_of(one)) is not None]
    for later, earlier, offset in overlaps(spans):
        _report_registers(ctx, later.owner, earlier.owner, offset)


def _report_registers(ctx: Context, later: Any, earlier: Any, offset: int) -> None:
    hint = f"{_label(earlier)} stands at line {ctx.mark(earlier.parent, earlier.name).line}"
    ctx.at_key(
        kinds.REGISTERS_OVERLAP,
        later.parent,
        later.name,
        name=_label(later),
        other=_label(earlier),
        offset=f"{offset:#x}",
        hint=hint,
    )


def _label(draft: Draft) -> str:
    return draft.label if isinstance(draft, RegisterDraft) else draft.name


def _report_outside(ctx: Context, span: Span, limit: int) -> None:
    draft: Any = span.owner
    key = "at" if draft.count is None or span.start >= limit else "count"
    key = key if key in draft.spec else "at"
    ctx.at_value(kinds.REGISTER_OUTSIDE, draft.spec, key, name=_label(draft), end=f"{span.end:#x}", size=f"{limit:#x}")


def _report_header(ctx: Context, span: Span) -> None:
    draft: Any = span.owner
    ctx.at_value(pci_kinds.CONFIG_HEADER, draft.spec, "at", name=_label(draft), start=f"{CONFIG_START:#x}")


def _check_answered(ctx: Context, region: RegionDraft) -> None:
    """Report registers that no access of the region can reach, for its size."""
    low, high = region.access.implemented
    low = 1 if region.defaults.decode == "lanes" else low
    for draft in all_registers(region.registers):
        if draft.sizes is not None and (draft.sizes[1] < low or draft.sizes[0] > high):
            spec = draft.spec if "sizes" in draft.spec else region.spec
            reason = f"accesses of {low} to {high} bytes reach the registers"
            ctx.at_value(kinds.BAD_ACCESS, spec, "sizes", found=spec["sizes"], reason=reason)
            if spec is region.spec:
                return


def _check_alignment(ctx: Context, region: RegionDraft) -> None:
    if region.access.unaligned:
        return
    widest = region.access.valid[1]
    for draft in region.registers:
        if isinstance(draft, FileDraft):
            for member in draft.members:
                _check_aligned(ctx, member, (draft.at or 0) + (member.at or 0), widest)
        else:
            _check_aligned(ctx, draft, draft.at or 0, widest)


def _check_aligned(ctx: Context, draft: RegisterDraft, offset: int, widest: int) -> None:
    unit = min(draft.width >> 3, widest)
    if offset % unit:
        ctx.at_value(kinds.MISALIGNED, draft.spec, "at", name=draft.label, offset=f"{offset:#x}", size=unit)


# --- windows -----------------------------------------------------------------------------


def check_windows(ctx: Context, drafts: list[RegionDraft], regions: tuple[Region, ...]) -> None:
    """Report windows that do not surely reach registers, or stand behind one, and regions that nothing reaches."""
    built = {id(draft): region for draft, region in zip(drafts, regions, strict=True)}
    indirect = {draft.name: draft for draft in drafts if draft.space == "indirect"}
    banks = {draft.name: draft for draft in drafts if draft.kind == "registers" and draft.space != "config"}
    reached = set()
    for draft in drafts:
        for one in all_registers(draft.registers):
            if "window" in one.spec:
                target = one.spec["window"]["region"]
                reached.add(target)
                reason = _why_no_window(draft, one, banks.get(target), built[id(draft)])
                if reason:
                    known = () if target in {other.name for other in drafts} else banks
                    hint = did_you_mean(target, known)
                    ctx.at_key(kinds.BAD_WINDOW, one.spec, "window", name=one.label, reason=reason, hint=hint)
    for draft in indirect.values():
        if draft.name not in reached:
            ctx.at_key(kinds.UNREACHED_REGION, draft.parent, draft.name, name=f"'{draft.name}'")


def _why_no_window(region: RegionDraft, one: RegisterDraft, target: RegionDraft | None, built: Region) -> str:
    if one.file is not None:
        return "it is a member of a register file"
    if target is None:
        return f"'{one.spec['window']['region']}' is no region of registers that it can reach"
    if region.space == "indirect" or region is target:
        return "it stands behind a window itself"
    if target.space != "indirect":
        if any("window" in other.spec for other in all_registers(target.registers)):
            return f"region '{target.name}' has a window of its own"
        if target.access.endian == "big":
            return f"region '{target.name}' is big-endian, and a window's lanes are little-endian"
    found = next((entry for entry in built.entries if entry.name == one.name), None)
    window = found.window if isinstance(found, Register) else None
    if window is None or target.size is None:
        return ""
    low, high, last = window.at.range.lo, window.at.range.hi, target.size - one.size
    if low is None or high is None or low < 0 or high > last:
        bounds = f"{'-infinity' if low is None else low} to {'infinity' if high is None else high}"
        return f"its offset is {bounds}, and region '{target.name}' has {target.size} bytes"
    return ""


# --- building ----------------------------------------------------------------------------


def build_region(ctx: Context, draft: RegionDraft) -> Region:
    """Compile what a region's registers and doorbells do and build it."""
    spec = draft.spec
    return Region(
        name=draft.name,
        kind=draft.kind,
        space=draft.space,
        bar=draft.bar.index if draft.bar is not None else None,
        offset=draft.at,
        size=draft.size or 0,
        access=draft.access,
        decode=draft.defaults.decode,
        reserved=spec.get("reserved", "zeros"),
        entries=build_entries(ctx, draft.registers),
        doorbells=build_doorbells(ctx, draft.doorbells),
        contents=_contents(ctx, draft),
        description=spec.get("description", ""),
        mark=ctx.mark(draft.parent, draft.name),
    )


def _contents(ctx: Context, draft: RegionDraft) -> bytes:
    text = draft.spec.get("contents", "")
    try:
        data = bytes.fromhex(text)
    except ValueError:
        ctx.at_value(kinds.BAD_CONTENTS, draft.spec, "contents", reason="this is not hexadecimal, two digits a byte")
        return b""
    if draft.size is not None and len(data) > draft.size:
        reason = f"{len(data)} bytes do not fit in a region of {draft.size}"
        ctx.at_value(kinds.BAD_CONTENTS, draft.spec, "contents", reason=reason)
    return data
