"""The memory of a machine: its RAM, its two address spaces, and what lies at fixed addresses."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Final

from devgen.common.machine_map import (
    CHIPS,
    CONFIG_ADDRESS,
    MESSAGE_WINDOWS,
    SPACE_SIZES,
    SPACE_TITLES,
    VIRT_PORTS,
    Space,
    ram_parts,
    space_end,
)
from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.machine_config import MachineConfig
from devgen.runtime.machine.placement import Layout
from devgen.runtime.memory.access import Access, CutOps
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.memory.register_bank import RegisterBank
from devgen.runtime.pci import EcamHostBridge, PciBus, PciDevice, PciHostBridge, ecam_window

MessageSink = Callable[[int, int], object]

BAR_PRIORITY: Final = -1
OVERLAY_PRIORITY: Final = 1


class MachineMemory:
    """The address spaces ``memory`` and ``io`` of a machine with ``config``, and its RAM.

    ``ram`` replaces the RAM that would be allocated; the caller keeps ownership. ``layout`` has the claimed addresses.
    """

    def __init__(self, config: MachineConfig, ram: RamBlock | None, cleanup: ExitStack) -> None:
        self.config = config
        self._cleanup = cleanup
        self._root = MemoryRegion.container("memory", 1 << 64)
        self._io_root = MemoryRegion.container("io", 1 << 16)
        self.memory = AddressSpace("memory", self._root)
        self.io = AddressSpace("io", self._io_root)
        self.layout = Layout(config.type)
        self.ram: RamBlock | None = ram
        self.message_sinks: list[MessageSink] = []
        """Called with the address and the data of each message; under the lock."""
        self._window: MemoryRegion | None = None

    def build(self) -> None:
        """Map the RAM and the message window, and claim the addresses of the host's chips. Raises MachineError."""
        self._add_ram(self.config.ram)
        self._reserve_chips()
        if self.config.irqchip == "kernel":
            self._add_message_window()

    def _add_ram(self, size: int) -> None:
        if self.ram is None and size:
            self.ram = self._allocate(size)
        if self.ram is None:
            return
        size = self.ram.size
        block, parts = MemoryRegion.ram("ram", size, self.ram), ram_parts(self.config.type, size)
        if len(parts) == 1:
            self.map("mmio", parts[0][0], block, "RAM")
            return
        offset = 0
        for (start, length), name in zip(parts, ("ram-low", "ram-high"), strict=True):
            self.map("mmio", start, MemoryRegion.alias(name, block, offset, length), "RAM")
            offset += length

    def _allocate(self, size: int) -> RamBlock:
        try:
            ram = RamBlock(size)
        except (OSError, ValueError, OverflowError) as error:
            raise MachineError(f"{self.config.name}: cannot get {size:#x} bytes of RAM: {error}") from None
        self._cleanup.callback(ram.close)
        return ram

    def _reserve_chips(self) -> None:
        """Claim the addresses of the chips that a host models: accesses there never reach a device."""
        chips = CHIPS[self.config.type] if self.config.irqchip == "kernel" else ()
        for kind, space, start, size, name in chips:
            if kind == "irqchip" or self.config.pit == "kernel":
                owner = f"the {name} of `{kind}: kernel`" if self.config.type == "pc" else f"the {name}"
                self.layout.claim(space, start, size, owner)

    def _add_message_window(self) -> None:
        start, size = MESSAGE_WINDOWS[self.config.type]

        def send(offset: int, data: int, _size: int) -> None:
            for sink in self.message_sinks:
                sink(start + offset, data)

        self._window = MemoryRegion.io("messages", size, CutOps(None, send, Access((4, 4))))
        self._window.owner = _MessageReceiver()
        # Other regions take precedence.
        self._root.add_subregion(start, self._window, priority=BAR_PRIORITY - 1)

    def is_message(self, address: int) -> bool:
        """Whether a 32-bit write by a device at ``address`` (a multiple of 4) currently goes to ``message_sinks``."""
        section = self.memory.flat_view.find(address)
        return section is not None and section.region is self._window

    def add_pci(self) -> PciBus:
        """Return a new PCI bus, whose BARs are below all other regions.

        A machine without port space has the bus's ports in memory.
        """
        memory = MemoryRegion.container("pci-memory", 1 << 64)
        ports = MemoryRegion.container("pci-io", SPACE_SIZES["pio"])
        self._root.add_subregion(0, memory, priority=BAR_PRIORITY)
        if self.config.type == "virt":
            self.map("mmio", VIRT_PORTS, ports, "the port window of PCI")
        else:
            self._io_root.add_subregion(0, ports, priority=BAR_PRIORITY)
        return PciBus(memory, ports)

    def add_host_bridge(self, bus: PciBus, environment: Environment, on_reset: Callable[[], None]) -> PciDevice:
        """Plug the machine's host bridge into slot 0, map its ports, if it has some, and the ECAM window; return it.

        ``on_reset`` is called when the guest asks the bridge for a reset.
        """
        bridge: PciDevice
        if self.config.type == "virt":
            bridge = EcamHostBridge(environment)
        else:
            bridge = PciHostBridge(environment, bus)
            bridge.on_reset_port = on_reset
            self.map("pio", CONFIG_ADDRESS, bridge.ports, "the PCI host bridge")
        bus.add(bridge, 0)
        if self.config.ecam_address is not None:
            self.map("mmio", self.config.ecam_address, ecam_window(bus), "the ECAM window of PCI")
        return bridge

    def map(self, space: Space, address: int, region: MemoryRegion, owner: str) -> None:
        """Map a region of ``owner``. Raises MachineError if it overlaps another one, or the space does not exist."""
        if space == "pio" and self.config.type == "virt":
            raise MachineError(f"{owner} needs ports, and a machine of type virt has no port space")
        self.layout.claim(space, address, region.size, owner)
        (self._io_root if space == "pio" else self._root).add_subregion(address, region)

    def place(self, space: Space, address: int, region: MemoryRegion, owner: str, under: Collection[str]) -> None:
        """Map a region of a device, over those of the devices ``under`` if there are any. Raises MachineError."""
        if under:
            self._overlay(space, address, region, owner, under)
        else:
            self.map(space, address, region, owner)

    def _overlay(self, space: Space, address: int, region: MemoryRegion, owner: str, under: Collection[str]) -> None:
        """Map the registers of a region over the regions of the devices ``under``, which keep the other addresses.

        Raises MachineError if the region is no bank of registers, is outside the space, or overlaps anything else.
        """
        end = address + region.size
        if address < 0 or end > space_end(self.config.type, space):
            raise MachineError(f"{owner} at {address:#x}..{end - 1:#x} is outside the {SPACE_TITLES[space]} space")
        if not isinstance(region.ops, RegisterBank):
            raise MachineError(f"{owner} is memory and cannot share addresses (`overlaps`)")
        allowed = tuple(f"'{name}' (" for name in under)
        for other in self.layout.owners(space, address, end):
            if not other.startswith(allowed):
                raise MachineError(f"{owner} at {address:#x}..{end - 1:#x} overlaps {other}")
        root = self._io_root if space == "pio" else self._root
        for start, stop in region.ops.spans():
            part = MemoryRegion.alias(f"{region.name}+{start:#x}", region, start, min(stop, region.size) - start)
            root.add_subregion(address + start, part, OVERLAY_PRIORITY)

    def is_ram(self, address: int, length: int) -> bool:
        """Whether ``length`` bytes of guest memory at ``address`` are the machine's RAM."""
        parts = ram_parts(self.config.type, 0 if self.ram is None else self.ram.size)
        return any(start <= address and address + length <= start + size for start, size in parts)


class _MessageReceiver:
    """Owner of the message window. A message runs no handler of a device, so it is never refused as re-entry."""

    engaged = 0
