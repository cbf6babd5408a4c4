"""The nodes of a board's devices, and of their clocks."""

from __future__ import annotations

from dataclasses import dataclass, field

from devgen.runtime.boot.device_tree.phandles import Phandles
from devgen.runtime.boot.device_tree.tree_node import TreeNode, cells, wide
from devgen.runtime.device.device import Device
from devgen.runtime.device.firmware_identity import DeviceTreeIdentity
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement

SHARED = 0
"""The kind of an SPI in the GIC's first cell (bindings/interrupt-controller/arm,gic-v3.yaml)."""
HIGH_LEVEL = 4
"""A level interrupt in the GIC's third cell."""


def spi(number: int) -> tuple[int, int, int]:
    """Return the cells of a level-triggered SPI."""
    return SHARED, number, HIGH_LEVEL


@dataclass(slots=True)
class DeviceNodes:
    """Adds the devices of ``machine`` to ``root``."""

    machine: Machine
    root: TreeNode
    phandles: Phandles
    console: str | None = None
    """The path of the first device that can be the guest's console."""
    _clocks: dict[int, int] = field(default_factory=dict)

    def add(self) -> None:
        """Add a node for each device whose description has ``firmware: {device_tree: …}``."""
        for placement in self.machine.config.devices:
            device = self.machine.devices[placement.name]
            if device.DEVICE_TREE is not None:
                self._add_device(placement, device, device.DEVICE_TREE)

    def _add_device(self, placement: DevicePlacement, device: Device, identity: DeviceTreeIdentity) -> None:
        clocks = [(name, self._clock(_frequency(device, rate))) for name, rate in identity.clocks]
        ranges = [
            (placement.at[place.region.name], place.region.size)
            for place in device.placements
            if place.space == "mmio" and place.region.name in placement.at
        ]
        node = TreeNode(f"{identity.node}@{ranges[0][0]:x}" if ranges else placement.name)
        node.properties["compatible"] = identity.compatible
        if ranges:
            node.properties["reg"] = b"".join(wide(*entry) for entry in ranges)
        lines = [gsi for line in device.irqs if (gsi := placement.irq.get(line)) is not None and "[" not in line]
        if lines:
            node.properties["interrupts"] = cells(cell for line in lines for cell in spi(line))
        if clocks:
            node.properties["clocks"] = cells(phandle for _, phandle in clocks)
            node.properties["clock-names"] = tuple(name for name, _ in clocks)
        node.properties.update(identity.properties)
        self.root.children.append(node)
        if identity.console and self.console is None:
            self.console = f"/{node.name}"

    def _clock(self, frequency: int) -> int:
        """Return the phandle of a fixed clock, which is added on first use."""
        if frequency not in self._clocks:
            phandle = self._clocks[frequency] = self.phandles.new()
            node = self.root.add(f"clock-{frequency}", compatible="fixed-clock")
            node.properties |= {"#clock-cells": 0, "clock-frequency": frequency, "phandle": phandle}
        return self._clocks[frequency]


def _frequency(device: Device, rate: int | str) -> int:
    """Return a clock's frequency in Hz: ``rate``, or the value of the property of that name."""
    return rate if isinstance(rate, int) else device.int_property(rate)
