"""The memory of a machine: its RAM, its two address spaces, and what lies at fixed addresses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from devgen.common.machine_map import CHIPS, CONFIG_ADDRESS, HIGH_RAM, LOW_RAM, Space
from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine_config import MachineConfig
from devgen.runtime.machine.placement import Layout
from devgen.runtime.memory.access import Access, CutOps
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.pci import PciBus, PciHostBridge, ecam_window

MessageSink = Callable[[int, int], object]

BAR_PRIORITY: Final = -1
MESSAGE_WINDOW: Final = 0xFEE0_0000
"""A 32-bit write by a device here is an interrupt message (Intel SDM 3, 11.11). Other regions take precedence."""

MESSAGE_WINDOW_SIZE: Final = 1 << 20


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
        self.layout = Layout()
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
        block = MemoryRegion.ram("ram", size, self.ram)
        if size <= LOW_RAM:
            self.map("mmio", 0, block, "RAM")
            return
        self.map("mmio", 0, MemoryRegion.alias("ram-low", block, 0, LOW_RAM), "RAM")
        self.map("mmio", HIGH_RAM, MemoryRegion.alias("ram-high", block, LOW_RAM, size - LOW_RAM), "RAM")

    def _allocate(self, size: int) -> RamBlock:
        try:
            ram = RamBlock(size)
        except (OSError, ValueError, OverflowError) as error:
            raise MachineError(f"{self.config.name}: cannot get {size:#x} bytes of RAM: {error}") from None
        self._cleanup.callback(ram.close)
        return ram

    def _reserve_chips(self) -> None:
        """Claim the addresses of the chips that a host models: accesses there never reach a device."""
        chips = CHIPS if self.config.irqchip == "kernel" else ()
        for kind, space, start, size, name in chips:
            if kind == "irqchip" or self.config.pit == "kernel":
                self.layout.claim(space, start, size, f"the {name} of `{kind}: kernel`")

    def _add_message_window(self) -> None:
        ops = CutOps(None, self._message, Access((4, 4)))
        self._window = MemoryRegion.io("messages", MESSAGE_WINDOW_SIZE, ops)
        self._window.owner = _LocalApics()
        self._root.add_subregion(MESSAGE_WINDOW, self._window, priority=BAR_PRIORITY - 1)

    def is_message(self, address: int) -> bool:
        """Whether a 32-bit write by a device at ``address`` (a multiple of 4) currently goes to ``message_sinks``."""
        section = self.memory.flat_view.find(address)
        return section is not None and section.region is self._window

    def _message(self, offset: int, data: int, _size: int) -> None:
        for sink in self.message_sinks:
            sink(MESSAGE_WINDOW + offset, data)

    def add_pci(self) -> PciBus:
        """Return a new PCI bus, whose BARs are below all other regions."""
        memory = MemoryRegion.container("pci-memory", 1 << 64)
        ports = MemoryRegion.container("pci-io", 1 << 16)
        self._root.add_subregion(0, memory, priority=BAR_PRIORITY)
        self._io_root.add_subregion(0, ports, priority=BAR_PRIORITY)
        return PciBus(memory, ports)

    def add_host_bridge(self, bus: PciBus, bridge: PciHostBridge) -> None:
        """Plug the host bridge into slot 0, and map its ports and the ECAM window."""
        bus.add(bridge, 0)
        self.map("pio", CONFIG_ADDRESS, bridge.ports, "the PCI host bridge")
        if self.config.ecam is not None:
            self.map("mmio", self.config.ecam, ecam_window(bus), "the ECAM window of PCI")

    def map(self, space: Space, address: int, region: MemoryRegion, owner: str) -> None:
        """Map a region of ``owner``. Raises MachineError if it overlaps another one."""
        self.layout.claim(space, address, region.size, owner)
        (self._io_root if space == "pio" else self._root).add_subregion(address, region)

    def is_ram(self, address: int, length: int) -> bool:
        """Whether ``length`` bytes of guest memory at ``address`` are the machine's RAM."""
        size = 0 if self.ram is None else self.ram.size
        if address >= HIGH_RAM:
            return address + length <= HIGH_RAM + size - LOW_RAM
        return address + length <= min(size, LOW_RAM)


class _LocalApics:
    """Owner of the message window. A message runs no handler of a device, so it is never refused as re-entry."""

    engaged = 0
