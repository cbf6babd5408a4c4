"""Checks that each window always reaches registers of another region, and that each indirect region has a window."""

from __future__ import annotations

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.elaboration import Context
from devgen.language.elaborate.region_drafts import RegionDraft
from devgen.language.elaborate.register_drafts import RegisterDraft, all_registers
from devgen.language.model import Region, Register


def check_windows(ctx: Context, drafts: list[RegionDraft], regions: tuple[Region, ...]) -> None:
    """Report windows that may not reach registers or are behind a window, and indirect regions without a window."""
    built = {id(draft): region for draft, region in zip(drafts, regions, strict=True)}
    indirect = {draft.name: draft for draft in drafts if draft.space == "indirect"}
    banks = {draft.name: draft for draft in drafts if draft.kind == "registers" and draft.space != "config"}
    reached = set()
    for draft in drafts:
        for register in all_registers(draft.registers):
            if "window" in register.spec:
                target = register.spec["window"].get("region")
                if target is None:
                    continue  # the schema stage has reported that it is missing
                reached.add(target)
                reason = _why_no_window(draft, register, banks.get(target), built[id(draft)])
                if reason:
                    known = () if target in {other.name for other in drafts} else banks
                    hint = did_you_mean(target, known)
                    ctx.at_key(kinds.BAD_WINDOW, register.spec, "window", name=register.label, reason=reason, hint=hint)
    for draft in indirect.values():
        if draft.name not in reached:
            ctx.at_key(kinds.UNREACHED_REGION, draft.parent, draft.name, name=f"'{draft.name}'")


def _why_no_window(region: RegionDraft, register: RegisterDraft, target: RegionDraft | None, built: Region) -> str:
    if register.file is not None:
        return "it is a member of a register file"
    if target is None:
        return f"'{register.spec['window']['region']}' is not a region of registers that a window can reach"
    if region.space == "indirect" or region is target:
        return "it is accessed through a window itself"
    if target.space != "indirect":
        if any("window" in other.spec for other in all_registers(target.registers)):
            return f"region '{target.name}' has a window of its own"
        if target.access.endian == "big":
            return f"region '{target.name}' is big-endian, and a window's lanes are little-endian"
    found = next((entry for entry in built.entries if entry.name == register.name), None)
    window = found.window if isinstance(found, Register) else None
    if window is None or target.size is None:
        return ""
    low, high, last = window.at.range.lo, window.at.range.hi, target.size - register.size
    if low is None or high is None or low < 0 or high > last:
        bounds = f"{'-infinity' if low is None else low} to {'infinity' if high is None else high}"
        return f"its offset is {bounds}, and region '{target.name}' has {target.size} bytes"
    return ""
