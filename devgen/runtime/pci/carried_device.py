"""A device of another bus inside a PCI function: its regions in BARs, its interrupt lines as INTA# and as MSI-X.

    function_class = carry(Pl031, {})          # BAR 0: registers, BAR 1: MSI-X table; vector 0: intr

The function is an object of the device's own class, so that properties, streams, GPIO, events, traces and saved states
stay what they are. It accesses guest memory only while bus mastering is enabled.

Each region gets a BAR of its own, in the order of declaration: a memory BAR of at least a page, which user space can
map, or an I/O BAR. If six base address registers are too few, all memory regions share one BAR and all port regions
another. INTA# is asserted while any interrupt line is high. With MSI-X, each line has the vector of its position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.device.device import BarIndex, Device, Space
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.pci.config_space import Bar, PciIdentity
from devgen.runtime.pci.message_interrupts import MSIX_VECTORS, MsiX
from devgen.runtime.pci.pci_device import PciDevice
from devgen.runtime.time.clock import Clocks

CARRIER_ID: Final = (0x1AF4, 0x10F0)
"""Default vendor and device ID: 1af4:10f0 to 1af4:10ff are for experiments without registration, says QEMU's list of
IDs (docs/specs/pci-ids.rst). A product needs an ID of its own."""

_BARS: Final = 6
_PAGE: Final = 4096
_LARGEST_PORTS: Final = 1 << 14
"""A larger I/O BAR cannot lie in the 64 KiB of ports beside address 0 and the last port."""
_MEM32: Final = 1 << 28
"""Memory BARs beyond this size have 64-bit addresses: the window below 4 GiB is small."""
_LARGEST_MEMORY: Final = 1 << 46
"""A larger memory BAR exceeds the physical addresses of common processors."""

_SHOWN: Final = 8
"""Most lines that `describe_carriage` names."""
_SPACES: Final[tuple[Space, ...]] = ("mmio", "pio")

Places = Mapping[str, tuple[BarIndex, int]]
"""Region → BAR and offset in it, in bytes."""


class CarriedDevice(PciDevice):
    """Base of the classes that `carry` makes, beside the class of the carried device."""

    _places: ClassVar[Places] = {}

    def __init__(self, env: Environment, /, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        self._high = 0
        self.intx = IrqLine("intx")
        self.intx.connect(self._update_intx)

    def add_region(
        self, region: MemoryRegion, *, space: Space = "mmio", bar: BarIndex | None = None, offset: int = 0
    ) -> MemoryRegion:
        """Add a region of the device at its place in a BAR."""
        if region.name not in self._places:
            raise DeviceError(f"{self.name}: region '{region.name}' was not there when its BARs were laid out")
        bar, offset = self._places[region.name]
        return super().add_region(region, bar=bar, offset=offset)

    def add_irq(self, name: str) -> IrqLine:
        """Add an interrupt output that drives INTA#, or raises the vector of its position at each rising edge."""
        vector = len(self.irqs)
        line = super().add_irq(name)
        line.connect(self._line_changed)
        line.connect(partial(self._vector_changed, vector))
        return line

    def _line_changed(self, level: int) -> None:
        self._high += 1 if level else -1
        if self.intx is not None:
            self.intx.set(self._high)


@dataclass(slots=True)
class _Layout:
    """BARs and the places of regions, while they are being laid out."""

    bars: list[Bar]
    places: dict[str, tuple[BarIndex, int]]
    index: int = 0

    def add(self, space: Space, sizes: Mapping[str, int]) -> None:
        """Add a BAR for regions (name → size), each at a multiple of its own size."""
        index, end = self.index, 0
        for name, size in sizes.items():
            step = _round_up(size, space)
            offset = -(-end // step) * step
            self.places[name] = index, offset
            end = offset + size
        bar = _bar(index, space, _round_up(end, space))
        self.bars.append(bar)
        self.index += bar.width // 4

    def add_messages(self, vectors: int) -> MsiX:
        """Add a BAR for an MSI-X table and its pending bit array; return the capability."""
        capability = MsiX(vectors, bar=self.index, table=0, pending=16 * vectors, pending_bar=self.index)
        size = capability.pending + capability.pending_size
        self.bars.append(_bar(self.index, "mmio", _round_up(size, "mmio")))
        return capability


def carry(
    device_class: type[Device],
    properties: Mapping[str, PropertyValue],
    identity: tuple[int, int] = CARRIER_ID,
    *,
    msix: bool = True,
) -> type[CarriedDevice]:
    """Return a class of PCI functions, each of which is a device of ``device_class`` with ``properties``.

    ``identity``: vendor and device ID, which are also those of the subsystem. Without ``msix`` the function interrupts
    by INTA# only.

    Raises:
        DeviceError: the device is on PCI itself, a property is wrong, vendor 0xffff (an empty slot reads so), regions
            that need a larger BAR than there can be, more interrupt lines than MSI-X has vectors, or no line where
            ``msix`` is False.
    """
    name = device_class.NAME
    if issubclass(device_class, PciDevice):
        raise DeviceError(f"{name} is on PCI already: serve it without a PCI function around it")
    vendor, device = identity
    if not (0 <= vendor < 0xFFFF and 0 <= device <= 0xFFFF):
        raise DeviceError(
            f"{vendor:04x}:{device:04x} is no PCI ID: the vendor is 0000 to fffe, the device 0000 to ffff"
        )
    regions, lines = _parts(device_class, properties)
    if not lines and not msix:
        raise DeviceError(f"{name} has no interrupt line and so no MSI-X: serve it as it is")
    if msix and lines > MSIX_VECTORS:
        raise DeviceError(
            f"{name} has {lines} interrupt lines, and MSI-X at most {MSIX_VECTORS} vectors: serve it without"
        )
    layout = _lay_out(regions, bool(lines and msix))
    for bar in layout.bars:
        largest = _LARGEST_PORTS if bar.type == "io" else _LARGEST_MEMORY
        if bar.size > largest:
            inside = ", ".join(region for region, (index, _) in layout.places.items() if index == bar.index)
            raise DeviceError(f"{name}: {inside} would need a BAR of {bar.size:#x} bytes; the largest has {largest:#x}")
    parts: dict[str, object] = {
        "__doc__": device_class.__doc__,
        "BUS": "pci",
        "PCI": PciIdentity(vendor, device, 0, 0xFF0000, vendor, device, interrupt_pin=1 if lines else 0),
        "CAPABILITIES": (layout.add_messages(lines),) if lines and msix else (),
        "BARS": tuple(layout.bars),
        "_places": layout.places,
    }
    return type(device_class.__name__, (device_class, CarriedDevice), parts)


def _parts(
    device_class: type[Device], properties: Mapping[str, PropertyValue]
) -> tuple[list[tuple[Space, str, int]], int]:
    """Return the regions (space, name, size in bytes) and the number of interrupt lines of a device."""
    device = device_class(Environment(Clocks.manual()), **properties)
    try:
        return [(place.space, place.region.name, place.region.size) for place in device.placements], len(device.irqs)
    finally:
        device.close()


def _lay_out(regions: Sequence[tuple[Space, str, int]], interrupts: bool) -> _Layout:
    """Give each region a BAR; if there are too few BARs, one for all memory and one for all ports."""
    free = _BARS - interrupts
    layout = _Layout([], {})
    for space, name, size in regions:
        layout.add(space, {name: size})
    if layout.index <= free:
        return layout
    layout = _Layout([], {})
    for shared in _SPACES:
        sizes = {name: size for space, name, size in regions if space == shared}
        if sizes:
            layout.add(shared, sizes)
    return layout


def _round_up(size: int, space: Space) -> int:
    """Return the size of a BAR for ``size`` bytes: a power of two, for memory at least a page."""
    return max(1 << (size - 1).bit_length(), 4 if space == "pio" else _PAGE)


def _bar(index: int, space: Space, size: int) -> Bar:
    if space == "pio":
        return Bar(index, "io", size)
    return Bar(index, "mem64" if size > _MEM32 else "mem32", size)


def describe_carriage(device: CarriedDevice) -> str:
    """Return a line about the function: its ID, the regions in its BARs, its interrupts."""
    parts = [f"PCI function {device.PCI.vendor:04x}:{device.PCI.device:04x}"]
    for bar in device.BARS:
        regions = [
            place.region.name + (f" at {place.offset:#x}" if place.offset else "")
            for place in device.placements
            if place.bar == bar.index
        ]
        kind = "I/O" if bar.type == "io" else "memory"
        parts.append(f"BAR {bar.index} ({kind}, {bar.size:#x} bytes): {', '.join(regions) or 'MSI-X table'}")
    if device.irqs:
        parts.append("INTA#: any of its lines" if len(device.irqs) > 1 else f"INTA#: {next(iter(device.irqs))}")
    if device.messages:
        shown = [f"{name} is vector {number}" for number, name in enumerate(device.irqs)]
        parts.append(f"MSI-X: {', '.join(shown[:_SHOWN])}" + (", ..." if len(shown) > _SHOWN else ""))
    return "; ".join(parts)
