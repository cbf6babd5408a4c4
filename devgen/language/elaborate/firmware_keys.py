"""Builds ``firmware``: what firmware tables say of the device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, get_args

from devgen.common.units import FREQUENCY_UNITS
from devgen.language.diagnostics import codes_parts as kinds
from devgen.language.diagnostics.reporting import did_you_mean
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.model import (
    Acpi,
    Bus,
    DeviceTree,
    FadtUse,
    FirmwareRegister,
    Property,
    Region,
    Register,
    TreeValue,
)
from devgen.language.reading.quantities import quantity

BOARD_PROPERTIES: Final = frozenset(
    ("compatible", "reg", "reg-names", "interrupts", "interrupt-names", "interrupt-parent", "ranges", "phandle")
) | {"clocks", "clock-names", "status"}
"""Properties of a node that other keys give, or the board."""

_FOUND_BY_CONFIGURATION = "a guest finds a PCI function by its configuration space"


def build_acpi(ctx: Context, tree: Tree, bus: Bus, regions: Iterable[Region]) -> Acpi | None:
    """Build ``firmware: {acpi: …}``; None if the description has none."""
    firmware = entries(tree, "firmware")
    if "acpi" not in firmware:
        return None
    if bus is Bus.PCI:
        ctx.not_here(firmware, "acpi", _FOUND_BY_CONFIGURATION)
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


def build_device_tree(ctx: Context, tree: Tree, bus: Bus, properties: Iterable[Property]) -> DeviceTree | None:
    """Build ``firmware: {device_tree: …}``; None if the description has none."""
    firmware = entries(tree, "firmware")
    if "device_tree" not in firmware:
        return None
    if bus is Bus.PCI:
        ctx.not_here(firmware, "device_tree", _FOUND_BY_CONFIGURATION)
    spec = entries(firmware, "device_tree")
    clocks, further = entries(spec, "clocks"), entries(spec, "properties")
    numbers = [entry.name for entry in properties if entry.type == "int"]
    name: str = tree.get("device", "")
    return DeviceTree(
        node=spec.get("node", name),
        compatible=tuple(spec.get("compatible", ())),
        clocks=tuple((name, _frequency(ctx, clocks, name, numbers)) for name in clocks),
        properties=tuple((name, _value(ctx, further, name)) for name in further),
        console=spec.get("console", False),
    )


def _frequency(ctx: Context, clocks: Tree, name: str, properties: list[str]) -> int | str:
    value: int | str = clocks[name]
    if isinstance(value, int):
        return value
    found = quantity(value, FREQUENCY_UNITS)
    if found is None and value not in properties:
        ctx.at_value(kinds.CLOCK, clocks, name, name=name, value=value, hint=did_you_mean(value, properties))
    return value if found is None else found


def _value(ctx: Context, properties: Tree, name: str) -> TreeValue:
    value: Any = properties[name]
    if name in BOARD_PROPERTIES:
        ctx.at_key(kinds.TREE_PROPERTY, properties, name, name=name, problem="is given by another key or by the board")
    elif value is False:
        ctx.at_value(kinds.TREE_PROPERTY, properties, name, name=name, problem="is false; a property is there or not")
    elif isinstance(value, list) and len({isinstance(item, str) for item in value}) > 1:
        ctx.at_value(kinds.TREE_PROPERTY, properties, name, name=name, problem="mixes numbers and texts")
    elif "\0" in (value if isinstance(value, str) else "".join(map(str, value if isinstance(value, list) else ()))):
        ctx.at_value(kinds.TREE_PROPERTY, properties, name, name=name, problem="contains a NUL character")
    return tuple(value) if isinstance(value, list) else value
