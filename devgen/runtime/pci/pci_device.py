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
    status bit follows the line in both cases (PCI 3.0, 6.2.3). With MSI or MSI-X enabled the function uses messages
    only (6.8.2): a line added with ``add_vector`` sends a message at each rising edge. A line added with ``add_pme``
    sets PME_Status at its rising edge; ``pme_pin`` is high while PME_Status and PME_En are set.

    With an `Express` capability, configuration space has 4096 bytes. In a power state other than D0 (asleep), the
    function responds to configuration accesses only.
    """

    BUS: ClassVar[str] = "pci"
    PCI: ClassVar[PciIdentity] = PciIdentity(0xFFFF, 0xFFFF)
    BARS: ClassVar[tuple[Bar, ...]] = ()
    CAPABILITIES: ClassVar[Sequence[Capability]] = ()

    def __init__(self, env: Environment, /, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        express = any(isinstance(capability, Express) for capability in self.CAPABILITIES)
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
        """Called when decode bits or BARs may have changed; set by the bus."""
        self.requester = 0
        """The requester ID, slot << 3 | function on bus 0; set by the bus."""
        self.on_message: Callable[[int | None], None] = _ignored
        """Called with the requester ID before the write of a message, and with None after it; set by the bus."""
        self.on_vector: Callable[[int], None] | None = None
        """Called with each raised vector instead of the capabilities, if a host delivers messages itself."""
        self.messages: dict[str, Messages] = {}
        self.message_places: list[RegionPlace] = []
        """Places of the MSI-X table and of its pending bit array, which are not regions of the description."""
        self._power: PowerControl | None = None
        self._serial_number = 0
        self._restoring = False
        for capability in self.CAPABILITIES:
            self._add_capability(capability)

    def _add_capability(self, capability: Capability) -> None:
        match capability:
            case Msi():
                self.messages["msi"] = MsiMessages(self.config, capability, self.send_message, self._messages_changed)
            case MsiX():
                self._add_msix(capability)
            case PowerManagement():
                self._power = PowerControl(self.config, capability, self._power_changed, self.function_reset)
            case Express():
                ExpressControl(self.config, capability, self.function_reset)
            case VendorSpecific():
                add_vendor_specific(self.config, capability)
            case SerialNumber():
                self._serial_number = add_extended(self.config, capability)
            case VendorExtended():
                add_extended(self.config, capability)

    def _add_msix(self, capability: MsiX) -> None:
        messages = MsiXMessages(self.config, capability, self.send_message, self._messages_changed)
        self.messages["msix"] = messages
        parts = (
            (capability.bar, capability.table, messages.table),
            (capability.pending_bar, capability.pending, messages.pba),
        )
        for bar, offset, region in parts:
            container = self.bars.get(bar)
            if container is None or offset + region.size > container.size:
                raise DeviceError(f"{self.name}: {region.name} does not fit into BAR {bar}")
            container.add_subregion(offset, region, priority=1)
            self.message_places.append(RegionPlace(region, "mmio", bar, offset))

    def add_region(
        self, region: MemoryRegion, *, space: Space = "mmio", bar: BarIndex | None = None, offset: int = 0
    ) -> MemoryRegion:
        """Add ``region`` at byte ``offset`` of ``bar``. Raises DeviceError if it does not fit."""
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
        """Add an interrupt output that drives the function's INTx# pin."""
        self.intx = self.add_irq(name)
        self.intx.connect(self._update_intx)
        return self.intx

    def add_pme(self, name: str) -> IrqLine:
        """Add an interrupt output whose rising edge is a power management event (PME)."""
        self.pme_line = self.add_irq(name)
        self.pme_line.connect(self._pme_changed)
        return self.pme_line

    def _pme_changed(self, level: int) -> None:
        if level and not self._restoring and self._power is not None:
            self._power.raise_pme()

    def set_serial_number(self, number: int) -> None:
        """Set the 64-bit number of the serial number capability, which must exist."""
        self.config.put(self._serial_number + 4, number, 8)

    def add_vector(self, name: str, vector: int) -> IrqLine:
        """Add an interrupt output that raises ``vector`` at each rising edge."""
        line = self.add_irq(name)
        line.connect(partial(self._vector_changed, vector))
        return line

    def add_vectors(self, name: str, count: int, first: int) -> list[IrqLine]:
        """Add an array of ``count`` such outputs, with consecutive vectors from ``first``."""
        return [self.add_vector(f"{name}[{index}]", first + index) for index in range(count)]

    def _vector_changed(self, vector: int, level: int) -> None:
        if level and not self._restoring:
            self.raise_vector(vector)

    def raise_vector(self, vector: int) -> None:
        """Send the message of ``vector``, or set its pending bit if it is masked.

        The message is lost if neither MSI nor MSI-X is enabled or the function is asleep. It is also lost if it is sent
        while the function is not a bus master, because a message is a write.
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
        """Write a message's 32-bit ``data`` to ``address``, like any other write of a bus master."""
        self.on_message(self.requester)
        try:
            self.store_memory(address, data, 4)
        finally:
            self.on_message(None)

    @property
    def uses_messages(self) -> bool:
        """Whether the guest has enabled MSI or MSI-X."""
        return any(messages.enabled for messages in self.messages.values())

    def may_master(self) -> bool:
        """Whether the bus master bit is set and the power state is D0."""
        return bool(self.config.command & COMMAND_MASTER) and not self.config.asleep

    def _update_intx(self, level: int) -> None:
        status = self.config.data[STATUS] & ~STATUS_INTERRUPT
        self.config.data[STATUS] = status | (STATUS_INTERRUPT if level else 0)
        disabled = self.config.command & COMMAND_INTX_DISABLE or self.uses_messages or self.config.asleep
        self.pin.set(level and not disabled)

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
        """Machine reset: reset configuration space and the messages; this unmaps the BARs."""
        super().reset()
        self.config.reset()
        for messages in self.messages.values():
            messages.reset()

    def function_reset(self) -> None:
        """Reset this function only, after an FLR or on the transition from D3hot to D0.

        It is like a machine reset, except that link settings and PME bits are kept (PCI Express 3.1, 6.6.2).
        """
        kept = self.config.kept_bits()
        self.reset()
        self.config.put_kept(kept)
        self._config_changed(0, 0)

    def save_state(self) -> dict[str, Json]:
        """See `Device.save_state`; adds configuration space as ``pci`` and message tables, if any, as ``messages``."""
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
        # Restoring a line to high must not send its message, which was sent before the state was saved.
        restoration.actions.append(partial(setattr, self, "_restoring", True))
        rest = {key: value for key, value in data.items() if key not in ("pci", "messages")}
        super()._prepare(rest, restoration)
        for kind, messages in self.messages.items():
            restoration.actions.append(partial(messages.load_state, tables[kind]))
        restoration.actions.append(partial(self.config.load, saved))
        restoration.actions.append(partial(setattr, self, "_restoring", False))


def _ignored(_sender: int | None) -> None:
    """Do nothing: the default of ``on_message``."""


def _nothing() -> None:
    """Do nothing: the default callback of a function that is not on a bus."""
