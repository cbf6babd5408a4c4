"""PCI bus 0: routing of configuration accesses, and mapping of BARs into the address spaces."""

from __future__ import annotations

from functools import partial

from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import BarIndex
from devgen.runtime.memory.memory_region import MemoryRegion, transaction
from devgen.runtime.pci.config_space import HEADER_TYPE
from devgen.runtime.pci.pci_device import PciDevice

SLOTS = 32
FUNCTIONS = 8
_MULTIFUNCTION = 0x80


class PciBus:
    """Bus 0. BARs are mapped into the containers ``memory`` and ``io``, whose priority is lower than other regions'."""

    def __init__(self, memory: MemoryRegion, io: MemoryRegion) -> None:
        self.memory = memory
        self.io = io
        self.devices: dict[tuple[int, int], PciDevice] = {}
        self.message_sender: int | None = None
        """The requester ID of the function that is writing a message, else None."""
        self._mapped: dict[tuple[int, int, BarIndex], int] = {}

    def add(self, device: PciDevice, slot: int, function: int = 0) -> None:
        """Add ``device`` at a slot and function. Raises MachineError if these are in use or do not exist."""
        if not 0 <= slot < SLOTS or not 0 <= function < FUNCTIONS:
            raise MachineError(
                f"{device.name}: PCI slot {slot}.{function} does not exist; slots are 0..31, functions 0..7"
            )
        other = self.devices.get((slot, function))
        if other is not None:
            raise MachineError(f"{device.name}: PCI slot {slot}.{function} is in use by '{other.name}'")
        self.devices[slot, function] = device
        device.requester, device.on_message = slot << 3 | function, self._announce
        self._mark_multifunction(slot)
        device.on_mapping = partial(self.remap, slot, function)
        self.remap(slot, function)

    def _announce(self, sender: int | None) -> None:
        self.message_sender = sender

    def _mark_multifunction(self, slot: int) -> None:
        """Set the multi-function bit in the headers of a slot with several functions (PCI 3.0, 6.2.1)."""
        functions = [device for (used, _), device in self.devices.items() if used == slot]
        for device in functions:
            device.config.data[HEADER_TYPE] = _MULTIFUNCTION if len(functions) > 1 else 0

    def check_functions(self) -> None:
        """Raise MachineError for a slot without function 0: guests do not scan its other functions."""
        for (slot, function), device in sorted(self.devices.items()):
            if (slot, 0) not in self.devices:
                raise MachineError(
                    f"{device.name}: no guest finds PCI slot {slot}.{function} without a function 0 in it"
                )

    @staticmethod
    def intx_index(slot: int, pin: int) -> int:
        """Return which of the four INTx wires ``pin`` (1 for INTA#) of ``slot`` drives: the usual rotation by slot."""
        return (slot + pin - 1) % 4

    def remap(self, slot: int, function: int) -> None:
        """Map, move or unmap a function's BARs as its BAR registers and decode bits say. Never raises."""
        device = self.devices[slot, function]
        wanted = {bar.index: device.config.bar_address(bar) for bar in device.config.bars}
        present = {bar.index: self._mapped.get((slot, function, bar.index)) for bar in device.config.bars}
        if wanted == present:
            return
        with transaction(self.memory, self.io, guest=True):
            for bar in device.config.bars:
                address = wanted[bar.index]
                if address == present[bar.index]:
                    continue
                container = self.io if bar.type == "io" else self.memory
                self._place(container, device.bars[bar.index], present[bar.index], address)
                if address is None:
                    del self._mapped[slot, function, bar.index]
                else:
                    self._mapped[slot, function, bar.index] = address

    @staticmethod
    def _place(container: MemoryRegion, region: MemoryRegion, old: int | None, new: int | None) -> None:
        if old is None:
            assert new is not None  # for the type checker: old and new differ
            container.add_subregion(new, region)
        elif new is None:
            container.del_subregion(region)
        else:
            region.set_address(new)

    def config_read(self, slot: int, function: int, offset: int, size: int) -> int:
        """Read configuration space; an absent function reads all ones."""
        device = self.devices.get((slot, function))
        return (1 << 8 * size) - 1 if device is None else device.config.read(offset, size)

    def config_write(self, slot: int, function: int, offset: int, value: int, size: int) -> None:
        """Write configuration space; a write to an absent function is dropped."""
        device = self.devices.get((slot, function))
        if device is not None:
            device.config.write(offset, value, size)
