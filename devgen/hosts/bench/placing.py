"""Choose addresses for a bench's device, which has no board."""

from __future__ import annotations

from collections.abc import Mapping

from devgen.runtime.device.device import Device
from devgen.runtime.pci import Bar, PciDevice
from devgen.runtime.pci.config_space import CAPABILITIES, COMMAND, COMMAND_IO, COMMAND_MASTER, COMMAND_MEMORY
from devgen.runtime.pci.power_management import D0, POWER_ID

MMIO_BASE = 0xFE00_0000
PIO_BASE = 0x1000
BAR_BASE = {"io": 0xC000, "mem32": 0xE000_0000, "rom": 0xF000_0000, "mem64": 1 << 40}

DECODING = COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER


def align(address: int, size: int) -> int:
    """Round ``address`` up to a multiple of ``size``, itself rounded up to a power of two of at least 256."""
    step = max(256, 1 << (size - 1).bit_length())
    return (address + step - 1) // step * step


def region_addresses(device: Device, wanted: Mapping[str, int]) -> dict[str, int]:
    """Return an address for each region of a device that is not on PCI; ``wanted`` addresses are used as given."""
    following = {"mmio": MMIO_BASE, "pio": PIO_BASE}
    found: dict[str, int] = {}
    for place in device.placements:
        name, size = place.region.name, place.region.size
        if name not in wanted:
            found[name] = align(following[place.space], size)
            following[place.space] = found[name] + size
        else:
            found[name] = wanted[name]
    return found


def place_bars(device: PciDevice, wanted: Mapping[str, int], command: int = DECODING) -> None:
    """Put the function into D0, set each BAR (``wanted``: index → address), and write the command register."""
    if device.config.asleep:
        wake(device)
    following = dict(BAR_BASE)
    for bar in device.BARS:
        address = wanted.get(str(bar.index))
        if address is None:
            address = _next(following, bar)
        device.config.set_bar(bar, address)
    device.config.write(COMMAND, command, 2)


def wake(device: PciDevice) -> None:
    """Write D0 to the power management capability."""
    at = device.config.read(CAPABILITIES, 1)
    while at and device.config.read(at, 1) != POWER_ID:
        at = device.config.read(at + 1, 1)
    if at:
        device.config.write(at + 4, D0, 2)


def _next(following: dict[str, int], bar: Bar) -> int:
    address = (following[bar.type] + bar.size - 1) // bar.size * bar.size
    following[bar.type] = address + bar.size
    return address
