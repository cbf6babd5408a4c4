"""Base of PCI devices: BAR containers, the INTx# pin, messages, power states and resets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from devgen.runtime.base.faults import DeviceError, StateError
from devgen.runtime.base.plain_state import Json, mapping
from devgen.runtime.device.device import BarIndex, Device, RegionPlace, Space
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.device.saved_state import Restoration
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.pci.config_space import (
    COMMAND_INTX_DISABLE,
    COMMAND_MASTER,
    EXTENDED_SIZE,
    SIZE,
    STATUS,
    STATUS_INTERRUPT,
    Bar,
    PciConfig,
    PciIdentity,
)
from devgen.runtime.pci.message_interrupts import Messages, Msi, MsiMessages, MsiX, MsiXMessages
from devgen.runtime.pci.pci_express import Express, ExpressControl, SerialNumber, VendorExtended, add_extended
from devgen.runtime.pci.power_management import PowerControl, PowerManagement
from devgen.runtime.pci.vendor_capability import VendorSpecific, add_vendor_specific

Capability = Msi | MsiX | PowerManagement | Express | VendorSpecific | SerialNumber | VendorExtended


class PciDevice(Device):
    """A PCI function. ``config`` is its configuration space, ``bars`` its BARs' containers, ``pin`` its INTx# pin.

    A line added with ``add_intx`` drives ``pin`` unless the guest has set the interrupt disable bit; the interrupt
    status bit follows the line either way (PCI 3.0, 6.2.3). With MSI or MSI-X enabled the function uses messages
    only (6.8.2): a line added with ``add_vector`` sends one each time it rises. A line added with ``add_pme`` wakes:
    its rise sets PME_Status, and ``pme_pin`` is high while that and PME_En are set.

    With an `Express` capability configuration space has 4096 bytes. Asleep, in a power state other than D0, the
    function answers there only.
    """

    BUS: ClassVar[str] = "pci"
    PCI: ClassVar[PciIdentity] = PciIdentity(0xFFFF, 0xFFFF)
    BARS: ClassVar[tuple[Bar, ...]] = ()
    CAPABILITIES: ClassVar[Sequence[Capability]] = ()

    def __init__(self, env: Environment, /, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        express = any(isinstance(one, Express) for one in self.CAPABILITIES)
        self.config = PciConfig(self.PCI, self.BARS, EXTENDED_SIZE if express else SIZE)
        self.config.changed = self._config_changed
        self.bars: dict[BarIndex, MemoryRegion] = {
            bar.index: MemoryRegion.container(f"{self.name}.bar{bar.index}", bar.size) for bar in self.BARS
        }
        self.pin = IrqLine("pin")
        self.intx: IrqLine | None = None
        self.pme_pin = IrqLine("pme")
        self.pme_line: IrqLine | None = None
        self.on_mapping = _nothing
        """Called when decode bits or BARs may have changed; the bus sets it."""
        self.on_vector: Callable[[int], None] | None = None
        """Takes the vectors that are raised instead of the capabilities, where a host delivers them in its own way."""
        self.messages: dict[str, Messages] = {}
        self.message_places: list[RegionPlace] = []
        """Where the MSI-X table and its pending bits lie. They are no regions of the description's."""
        self._power: PowerControl | None = None
        self._serial_number = 0
        self._restoring = False
        for capability in self.CAPABILITIES:
            self._add_capability(capability)

    def _add_capability(self, what: Capability) -> None:
        match what:
            case Msi():
                self.messages["msi"] = MsiMessages(self.config, what, self.send_message, self._messages_changed)
            case MsiX():
                self._add_msix(what)
            case PowerManagement():
                self._power = PowerControl(self.config, what, self._power_changed, self.function_reset)
            case Express():
                ExpressControl(self.config, what, self.function_reset)
            case VendorSpecific():
                add_vendor_specific(self.config, what)
            case SerialNumber():
                self._serial_number = add_extended(self.config, what)
            case VendorExtended():
                add_extended(self.config, what)

    def _add_msix(self, what: MsiX) -> None:
        messages = MsiXMessages(self.config, what, self.send_message, self._messages_changed)
        self.messages["msix"] = messages
        parts = ((what.bar, what.table, messages.table), (what.pending_bar, what.pending, messages.pba))
        for bar, offset, region in parts:
            container = self.bars.get(bar)
            if container is None or offset + region.size > container.size:
                raise DeviceError(f"{self.name}: {region.name} does not fit into BAR {bar}")
            container.add_subregion(offset, region, priority=1)
            self.message_places.append(RegionPlace(region, "mmio", bar, offset))

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

    def add_pme(self, name: str) -> IrqLine:
        """An interrupt output whose rise is a power management event."""
        self.pme_line = self.add_irq(name)
        self.pme_line.connect(self._pme_changed)
        return self.pme_line

    def _pme_changed(self, level: int) -> None:
        if level and not self._restoring and self._power is not None:
            self._power.raise_pme()

    def set_serial_number(self, number: int) -> None:
        """Put the 64 bits of the serial number capability, which there must be."""
        self.config.put(self._serial_number + 4, number, 8)

    def add_vector(self, name: str, vector: int) -> IrqLine:
        """An interrupt output that raises ``vector`` each time it rises."""
        line = self.add_irq(name)
        line.connect(partial(self._vector_changed, vector))
        return line

    def add_vectors(self, name: str, count: int, first: int) -> list[IrqLine]:
        """An array of them, with vectors from ``first`` on."""
        return [self.add_vector(f"{name}[{index}]", first + index) for index in range(count)]

    def _vector_changed(self, vector: int, level: int) -> None:
        if level and not self._restoring:
            self.raise_vector(vector)

    def raise_vector(self, vector: int) -> None:
        """Interrupt by message ``vector``.

        It is lost while the guest has neither MSI nor MSI-X enabled or the function is asleep, and, unless it is masked
        and waits, while the function is no bus master: a message is a write.
        """
        if self.config.asleep:
            return
        if self.on_vector is not None:
            if self.may_master():
                self.on_vector(vector)
            elif self.observer is not None and self.uses_messages:
                self.observer.unsent(vector)
            return
        for messages in self.messages.values():
            if messages.enabled:
                messages.raise_vector(vector)

    def send_message(self, address: int, data: int) -> None:
        """Write a message, as any other write of a bus master."""
        self.store_memory(address, data, 4)

    @property
    def uses_messages(self) -> bool:
        """Whether the guest has enabled MSI or MSI-X."""
        return any(messages.enabled for messages in self.messages.values())

    def may_master(self) -> bool:
        """Whether the guest has made the function a bus master, and it is awake."""
        return bool(self.config.command & COMMAND_MASTER) and not self.config.asleep

    def _update_intx(self, level: int) -> None:
        status = self.config.data[STATUS] & ~STATUS_INTERRUPT
        self.config.data[STATUS] = status | (STATUS_INTERRUPT if level else 0)
        silent = self.config.command & COMMAND_INTX_DISABLE or self.uses_messages or self.config.asleep
        self.pin.set(level and not silent)

    def _config_changed(self, _offset: int, _size: int) -> None:
        if self._power is not None:
            self._power.follow()
            self.pme_pin.set(self._power.asserts_pme)
        self.on_mapping()
        if self.intx is not None:
            self._update_intx(self.intx.level)

    def _power_changed(self) -> None:
        self._config_changed(0, 0)

    def _messages_changed(self) -> None:
        if self.intx is not None:
            self._update_intx(self.intx.level)

    def reset(self) -> None:
        """Machine reset: what the guest has written to configuration space is gone, BARs are unmapped."""
        super().reset()
        self.config.reset()
        for messages in self.messages.values():
            messages.reset()

    def function_reset(self) -> None:
        """Reset of this function alone, by an FLR or on its way from D3hot to D0: as a machine reset.

        What belongs to the link and to waking stays (PCI Express 3.1, 6.6.2).
        """
        kept = self.config.kept_bits()
        self.reset()
        self.config.put_kept(kept)
        self._config_changed(0, 0)

    def save_state(self) -> dict[str, Json]:
        """As a device's, with configuration space under ``pci`` and the message tables under ``messages``, if any."""
        saved = {**super().save_state(), "pci": self.config.save()}
        if self.messages:
            saved["messages"] = {kind: messages.save() for kind, messages in self.messages.items()}
        return saved

    def _prepare(self, data: Mapping[str, Json], restoration: Restoration) -> None:
        if "pci" not in data:
            raise StateError("saved state lacks 'pci'")
        saved = self.config.check_state(data["pci"])
        tables = mapping(data.get("messages", {}), "'messages'", list(self.messages))
        for kind, messages in self.messages.items():
            messages.check_state(tables[kind])
        # Lines that were high come back high: that sends no message, it was sent before the snapshot.
        restoration.actions.append(partial(setattr, self, "_restoring", True))
        rest = {key: value for key, value in data.items() if key not in ("pci", "messages")}
        super()._prepare(rest, restoration)
        for kind, messages in self.messages.items():
            restoration.actions.append(partial(messages.load_state, tables[kind]))
        restoration.actions.append(partial(self.config.load, saved))
        restoration.actions.append(partial(setattr, self, "_restoring", False))


def _nothing() -> None:
    """Not on a bus."""
