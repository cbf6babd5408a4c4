"""Base of PCI devices: BAR containers and the INTx# pin."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from devgen.runtime.device import BarIndex, Device, Environment, PropertyValue, Restoration, Space
from devgen.runtime.errors import DeviceError, StateError
from devgen.runtime.irq import IrqLine
from devgen.runtime.memory import MemoryRegion
from devgen.runtime.pci.config import (
    COMMAND_INTX_DISABLE,
    COMMAND_MASTER,
    STATUS,
    STATUS_INTERRUPT,
    Bar,
    PciConfig,
    PciIdentity,
)
from devgen.runtime.state import Json


class PciDevice(Device):
    """A PCI function. ``config`` is its configuration space, ``bars`` its BARs' containers, ``pin`` its INTx# pin.

    A line added with ``add_intx`` drives ``pin`` unless the guest has set the interrupt disable bit; the interrupt
    status bit follows the line either way (PCI 3.0, 6.2.3).
    """

    BUS: ClassVar[str] = "pci"
    PCI: ClassVar[PciIdentity] = PciIdentity(0xFFFF, 0xFFFF)
    BARS: ClassVar[tuple[Bar, ...]] = ()

    def __init__(self, env: Environment, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        self.config = PciConfig(self.PCI, self.BARS)
        self.config.changed = self._config_changed
        self.bars: dict[BarIndex, MemoryRegion] = {
            bar.index: MemoryRegion.container(f"{self.name}.bar{bar.index}", bar.size) for bar in self.BARS
        }
        self.pin = IrqLine("pin")
        self.intx: IrqLine | None = None
        self.on_mapping = _nothing
        """Called when decode bits or BARs may have changed; the bus sets it."""

    def add_region(
        self, region: MemoryRegion, *, space: Space = "mmio", bar: BarIndex | None = None, offset: int = 0
    ) -> MemoryRegion:
        """Own ``region`` and put it at ``offset`` of ``bar``. Raises DeviceError if it does not fit."""
        container = None if bar is None else self.bars.get(bar)
        if container is None or bar is None:
            raise DeviceError(f"{self.name}: region '{region.name}' names no BAR of this device")
        if offset + region.size > container.size:
            raise DeviceError(f"{self.name}: region '{region.name}' is larger than BAR {bar}")
        kind = next(declared.type for declared in self.BARS if declared.index == bar)
        super().add_region(region, space="pio" if kind == "io" else "mmio", bar=bar, offset=offset)
        container.add_subregion(offset, region)
        return region

    def add_intx(self, name: str) -> IrqLine:
        """An interrupt output that is the function's INTx# line."""
        self.intx = self.add_irq(name)
        self.intx.connect(self._update_intx)
        return self.intx

    def may_master(self) -> bool:
        """Whether the guest has made the function a bus master."""
        return bool(self.config.command & COMMAND_MASTER)

    def _update_intx(self, level: int) -> None:
        status = self.config.data[STATUS] & ~STATUS_INTERRUPT
        self.config.data[STATUS] = status | (STATUS_INTERRUPT if level else 0)
        self.pin.set(level and not self.config.command & COMMAND_INTX_DISABLE)

    def _config_changed(self, _offset: int, _size: int) -> None:
        self.on_mapping()
        if self.intx is not None:
            self._update_intx(self.intx.level)

    def reset(self) -> None:
        """Machine reset: what the guest has written to configuration space is gone, BARs are unmapped."""
        super().reset()
        self.config.reset()

    def save_state(self) -> dict[str, Json]:
        """As a device's, and configuration space under ``pci``."""
        return {**super().save_state(), "pci": self.config.save()}

    def _prepare(self, data: Mapping[str, Json], restoration: Restoration) -> None:
        if "pci" not in data:
            raise StateError("saved state lacks 'pci'")
        saved = self.config.check_state(data["pci"])
        super()._prepare({key: value for key, value in data.items() if key != "pci"}, restoration)
        restoration.actions.append(partial(self.config.load, saved))


def _nothing() -> None:
    """Not on a bus."""
