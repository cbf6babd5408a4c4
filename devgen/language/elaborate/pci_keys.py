"""PCI identity, base address registers and the INTx# line."""

from __future__ import annotations

from typing import Literal

from devgen.language.diagnostics import codes_keys as shape_kinds
from devgen.language.diagnostics import codes_pci as kinds
from devgen.language.elaborate.capability_lists import Entry
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.model import Bar, BarType, Bus, ExtendedCapability, Pci
from devgen.language.reading.quantities import size

_PINS = {"A": 1, "B": 2, "C": 3, "D": 4}
_LIMITS = {"io": (4, 1 << 16), "mem32": (16, 1 << 31), "mem64": (16, 1 << 48), "rom": (1 << 11, 1 << 24)}
"""Smallest and largest BAR in bytes. Conventional PCI: Local Bus Specification 3.0, section 6.2.5."""


def build_pci(ctx: Context, tree: Tree, bus: Bus, capabilities: list[Entry]) -> Pci | None:
    """Build the PCI part of a PCI device. Report `pci` on another bus, and a PCI device without `pci`."""
    spec = tree.get("pci")
    if bus is not Bus.PCI:
        if spec is not None:
            ctx.not_here(tree, "pci", f"the device is on bus {bus}")
        return None
    if spec is None:
        ctx.at_value(shape_kinds.MISSING_KEY, tree, "bus", where="a device on bus pci", key="pci")
        return None
    subsystem = entries(spec, "subsystem")
    return Pci(
        vendor=spec.get("vendor", 0),
        device=spec.get("device", 0),
        revision=spec.get("revision", 0),
        class_code=spec.get("class", 0),
        subsystem_vendor=subsystem.get("vendor", spec.get("vendor", 0)),
        subsystem_device=subsystem.get("device", spec.get("device", 0)),
        interrupt_pin=_PINS.get(spec.get("interrupt_pin", ""), 0),
        bars=_bars(ctx, entries(spec, "bars")),
        capabilities=tuple(entry.what for entry in capabilities if not isinstance(entry.what, ExtendedCapability)),
        extended=tuple(entry.what for entry in capabilities if isinstance(entry.what, ExtendedCapability)),
    )


def _bars(ctx: Context, specs: Tree) -> tuple[Bar, ...]:
    bars = [_bar(ctx, specs, key, spec) for key, spec in specs.items()]
    taken = {bar.index for bar in bars}
    for bar in bars:
        if bar.type != "mem64" or not isinstance(bar.index, int):
            continue
        if bar.index == 5:
            ctx.at_key(kinds.BAR_PAIR, specs, "5", bar=5, reason="there is no BAR 6 for its upper half")
        elif bar.index + 1 in taken:
            reason = f"BAR {bar.index + 1} is its upper half and cannot be declared"
            ctx.at_key(kinds.BAR_PAIR, specs, str(bar.index), bar=bar.index, reason=reason)
    return tuple(sorted(bars, key=lambda bar: 6 if bar.index == "rom" else bar.index))


def _bar(ctx: Context, parent: Tree, key: str, spec: Tree) -> Bar:
    index: int | Literal["rom"] = "rom" if key == "rom" else int(key)
    if index == "rom":
        for other in ("type", "prefetchable"):
            if other in spec:
                ctx.not_here(spec, other, "an expansion ROM has none")
    kind: BarType = "rom" if index == "rom" else spec.get("type", "mem32")
    if kind == "io" and "prefetchable" in spec:
        ctx.not_here(spec, "prefetchable", "only memory can be prefetched")
    bytes_ = (size(spec["size"]) if "size" in spec else None) or _LIMITS[kind][0]
    reason = _bad_size(kind, bytes_)
    if reason:
        ctx.at_value(kinds.BAR_SIZE, spec, "size", bar=key, size=bytes_, reason=reason)
    return Bar(index, kind, bytes_, spec.get("prefetchable", False))


def _bad_size(kind: str, size_: int) -> str:
    low, high = _LIMITS[kind]
    if size_ & (size_ - 1):
        return f"not a power of two; the next is {1 << size_.bit_length()}"
    if size_ < low:
        return f"a BAR of type {kind} has at least {low}"
    return f"a BAR of type {kind} has at most {high}" if size_ > high else ""


def check_intx(ctx: Context, tree: Tree, bus: Bus) -> None:
    """Report `intx` marks that do not agree with `interrupt_pin`."""
    interrupts = entries(tree, "interrupts")
    marked = [name for name, spec in interrupts.items() if spec.get("intx")]
    for name in marked:
        if bus is not Bus.PCI:
            ctx.not_here(interrupts[name], "intx", f"the device is on bus {bus}")
        elif "count" in interrupts[name]:
            ctx.contradiction(interrupts[name], "count", "intx", "INTx# is one line")
    pci = entries(tree, "pci")
    if bus is not Bus.PCI or "pci" not in tree:
        return
    for name in marked[1:]:
        ctx.at_key(kinds.INTX_MISMATCH, interrupts, name, problem=f"'{marked[0]}' is already the INTx# line")
    if "interrupt_pin" in pci and not marked:
        ctx.at_key(kinds.INTX_MISMATCH, pci, "interrupt_pin", problem="no interrupt is marked `intx: true`")
    if marked and "interrupt_pin" not in pci:
        ctx.at_key(kinds.INTX_MISMATCH, interrupts, marked[0], problem="`pci` has no `interrupt_pin` for this line")
