"""The PCI Express and serial number capabilities, and the checks of the device that they require."""

from __future__ import annotations

from devgen.language.diagnostics import codes_pci as kinds
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.ir import Int
from devgen.language.model import Bar, Express, SerialNumber

SIZE = 0x3C
SERIAL_NUMBER_SIZE = 12
_LEAST_MEMORY = 128
"""Bytes of the smallest memory BAR (PCI Express Base Specification 3.1, section 7.5.2.1)."""


def build_express(ctx: Context, spec: Tree) -> Express:
    """Build the capability. Report link keys of an integrated endpoint, which has no link."""
    kind = spec.get("type", "endpoint")
    for key in ("speed", "width"):
        if kind == "integrated" and key in spec:
            ctx.contradiction(spec, key, "type: integrated", "a function in the root complex has no link")
    return Express(
        type=kind,
        max_payload=spec.get("max_payload", 128),
        speed=float(spec.get("speed", "2.5 GT/s").split()[0]),
        width=spec.get("width", 1),
        flr=spec.get("flr", False),
        at=spec.get("at"),
    )


def build_serial_number(ctx: Context, spec: Tree) -> SerialNumber:
    """Build the capability, whose number follows from properties."""
    return SerialNumber(ctx.start_value(spec, "number", 64) if "number" in spec else Int(0), spec.get("at"))


def check_express(ctx: Context, tree: Tree, bars: tuple[Bar, ...]) -> None:
    """Report extended capabilities without PCI Express, and violations of the rules for a PCI Express function."""
    pci = entries(tree, "pci")
    capabilities = entries(pci, "capabilities")
    if "express" not in capabilities:
        if "extended_capabilities" in pci:
            reason = "without the capability `express`, configuration space has 256 bytes"
            ctx.not_here(pci, "extended_capabilities", reason)
        return
    specs = entries(pci, "bars")
    legacy = entries(capabilities, "express").get("type") == "legacy"
    for bar in bars:
        if bar.type in ("mem32", "mem64") and bar.size < _LEAST_MEMORY:
            problem = f"a memory BAR has at least {_LEAST_MEMORY} bytes"
            ctx.at_key(kinds.EXPRESS, specs, str(bar.index), what=f"BAR {bar.index}", problem=problem)
        elif bar.type == "mem32" and bar.prefetchable and not legacy:
            problem = "a prefetchable BAR is mem64"
            ctx.at_key(kinds.EXPRESS, specs, str(bar.index), what=f"BAR {bar.index}", problem=problem)
    if "pm" not in capabilities:
        _lacks(ctx, capabilities, "power management: the capability `pm`")
    if not capabilities.keys() & {"msi", "msix"} and _interrupts(tree):
        _lacks(ctx, capabilities, "MSI or MSI-X beside INTx#: the capability `msi` or `msix`")


def _lacks(ctx: Context, capabilities: Tree, what: str) -> None:
    ctx.at_key(kinds.EXPRESS_LACKS, capabilities, "express", what=what)


def _interrupts(tree: Tree) -> bool:
    return any(spec.get("intx") for spec in entries(tree, "interrupts").values())
