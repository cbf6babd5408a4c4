"""Reads the addresses and access rules of regions, and builds the regions of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics import codes_pci as pci_kinds
from devgen.language.elaborate.byte_overlaps import Span, overlaps
from devgen.language.elaborate.doorbell_keys import build_doorbells, draft_doorbells
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.region_drafts import CONFIG_END, EXTENDED_END, RegionDraft
from devgen.language.elaborate.register_behaviour import build_entries
from devgen.language.elaborate.register_drafts import Defaults
from devgen.language.elaborate.register_keys import ascending_sizes, draft_registers
from devgen.language.model import AccessRule, Bar, Bus, Region, RegionKind, RegionSpace
from devgen.language.reading.quantities import size

PAGE = 4096
PORTS = 1 << 16
INDIRECT = 1 << 20

_MEMORY_EXCLUDES = (
    "registers",
    "doorbells",
    "access",
    "decode",
    "width",
    "reserved",
    "sizes",
    "external",
    "protection",
    "write_enable",
)
_INDIRECT_EXCLUDES = ("bar", "at", "ram", "rom", "doorbells")
_CONFIG_EXCLUDES = ("bar", "at", "size", "ram", "rom", "doorbells")


def draft_regions(ctx: Context, tree: Tree, bus: Bus, bars: tuple[Bar, ...]) -> list[RegionDraft]:
    """Read the structure of all regions and their contents, declare the registers, and check the layout."""
    declared = entries(tree, "regions")
    by_index = {str(bar.index): bar for bar in bars}
    express = "express" in entries(entries(tree, "pci"), "capabilities")
    drafts = [_draft_region(ctx, name, spec, declared, tree, bus, by_index) for name, spec in declared.items()]
    for draft in drafts:
        if draft.space == "config":
            draft.size = EXTENDED_END if express else CONFIG_END
    if bus is Bus.PCI:
        _check_bars(ctx, tree, drafts)
    return drafts


def _draft_region(
    ctx: Context, name: str, spec: Tree, parent: Tree, tree: Tree, bus: Bus, bars: dict[str, Bar]
) -> RegionDraft:
    retain: bool = tree.get("retain", False)
    external = bool(spec.get("external", tree.get("external", False)))
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
    space: RegionSpace = ("pio" if bar.type == "io" else "mmio") if bar is not None else spec.get("space", "mmio")
    at = spec.get("at", 0) if bus is Bus.PCI and not config and not indirect else 0
    access = _access(ctx, spec, space)
    draft = RegionDraft(
        name, spec, parent, "registers" if config or indirect else kind, space, bar, at,
        CONFIG_END if config else _size(spec, bar, at),
        access,
        Defaults(
            spec.get("width", 32), spec.get("decode", "lanes"), retain, access, _answered(ctx, spec), external,
            spec.get("protection"),
        ),
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


def _kind(ctx: Context, spec: Tree) -> RegionKind:
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
            ctx.contradiction(spec, key, "space: config", "configuration space has a fixed place and only registers")


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


def _access(ctx: Context, spec: Tree, space: RegionSpace) -> AccessRule:
    rule = entries(spec, "access")
    valid = _sizes(ctx, rule, "valid", _default_sizes(spec, space), space)
    implemented = _sizes(ctx, rule, "implemented", valid, space)
    if rule.get("unaligned") and valid[1] == 1:
        ctx.contradiction(rule, "unaligned", "valid", "accesses of one byte are always aligned")
    return AccessRule(valid, implemented, rule.get("endian", "little"), rule.get("unaligned", False))


def _default_sizes(spec: Tree, space: RegionSpace) -> tuple[int, int]:
    """Four bytes, as in QEMU; eight where a register has them and the bus can, so that one access is not two."""
    widths = [register.get("width", spec.get("width")) for register in _described_registers(spec)]
    return (1, 8) if 64 in widths and space == "mmio" else (1, 4)


def _described_registers(spec: Tree) -> Iterator[Tree]:
    """Yield the mappings of registers, with those inside register files."""
    for register in entries(spec, "registers").values():
        if isinstance(register, dict):
            yield register
            yield from _described_registers(register)


def _sizes(ctx: Context, rule: Tree, key: str, default: tuple[int, int], space: RegionSpace) -> tuple[int, int]:
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
    used = {str(spec.get("bar")) for spec in (*(draft.spec for draft in drafts), *tables) if isinstance(spec, dict)}
    for index in bars:
        if index not in used:
            ctx.at_key(pci_kinds.BAR_UNUSED, bars, index, bar=index)


def _report_regions(ctx: Context, later: Any, earlier: Any, bar: str) -> None:
    names = {"name": f"'{later.name}'", "other": f"'{earlier.name}'"}
    related = ctx.second(earlier.parent, earlier.name, f"'{earlier.name}' is declared here")
    ctx.at_key(kinds.REGIONS_OVERLAP, later.parent, later.name, **names, bar=bar, related=related)


def build_region(ctx: Context, draft: RegionDraft) -> Region:
    """Compile the behaviour of a region's registers and doorbells, and build the region."""
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
        entries=build_entries(ctx, spec, draft.registers),
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
        ctx.at_value(
            kinds.BAD_CONTENTS,
            draft.spec,
            "contents",
            reason="this is not hexadecimal text with two digits for each byte",
        )
        return b""
    if draft.size is not None and len(data) > draft.size:
        reason = f"{len(data)} bytes do not fit in a region of {draft.size}"
        ctx.at_value(kinds.BAD_CONTENTS, draft.spec, "contents", reason=reason)
    return data
