"""Builds ``firmware``: what firmware tables say of the device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from devgen.language.diagnostics import codes_parts as kinds
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.model import Acpi, Bus, FadtUse, FirmwareRegister, Region, Register


def build_acpi(ctx: Context, tree: Tree, bus: Bus, regions: Iterable[Region]) -> Acpi | None:
    """Build ``firmware: {acpi: …}``; None if the description has none."""
    firmware = entries(tree, "firmware")
    if "acpi" not in firmware:
        return None
    if bus is Bus.PCI:
        ctx.not_here(firmware, "acpi", "a guest finds a PCI function by its configuration space")
    spec = entries(firmware, "acpi")
    uses = entries(spec, "fadt")
    registers = {entry.name: (region, entry) for region in regions for entry in _plain_registers(region)}
    if "reset" in uses and "reset_value" not in spec:
        ctx.at_key(kinds.RESET_VALUE, uses, "reset")
    return Acpi(
        hid=spec.get("hid", ""),
        cid=spec.get("cid", ""),
        table=spec.get("table"),
        fadt=tuple(_registers(ctx, uses, registers)),
        reset_value=spec.get("reset_value", 0),
    )


def _plain_registers(region: Region) -> Iterator[Register]:
    """The registers of a region that a guest can address, without arrays."""
    if region.space in ("mmio", "pio"):
        yield from (entry for entry in region.entries if isinstance(entry, Register) and entry.count is None)


def _registers(ctx: Context, uses: Tree, registers: dict[str, tuple[Region, Register]]) -> Iterator[FirmwareRegister]:
    for use in get_args(FadtUse):
        if use not in uses:
            continue
        name = uses[use]
        if name not in registers:
            hint = did_you_mean(name, list(registers))
            ctx.at_value(kinds.FIRMWARE_REGISTER, uses, use, name=name, use=use, hint=hint)
            continue
        region, register = registers[name]
        yield FirmwareRegister(use, region.name, register.offset, register.width // 8)
