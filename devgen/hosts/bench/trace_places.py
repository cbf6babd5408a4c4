"""Find the address space and address of a trace's access."""

from __future__ import annotations

from devgen.hosts.bench.bench import Bench
from devgen.hosts.bench.trace_header import bars_of
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.observe.trace_format import Line
from devgen.runtime.pci import PciDevice


class TracePlaces:
    """Maps the spaces and regions of a trace to addresses; call ``clear`` when a BAR may have moved."""

    def __init__(self, bench: Bench, header: Line, served: bool) -> None:
        self.bench = bench
        self.header = header
        self._served = served
        self._known: dict[str, tuple[AddressSpace, int]] = {}

    def clear(self) -> None:
        """Empty the cache."""
        self._known.clear()

    def find(self, line: Line) -> tuple[AddressSpace, int]:
        """Return the address space and address of an access. Raises TraceError."""
        name = line.text("space")
        place = self._known.get(name)
        if place is None:
            place = self._known[name] = self._locate(line, name)
        return place[0], place[1] + line.integer("offset", 0, (1 << 48) - 1)

    def _locate(self, line: Line, name: str) -> tuple[AddressSpace, int]:
        bench, device = self.bench, self.bench.dut
        if self._served and isinstance(device, PciDevice):
            return _served_place(line, name, device)
        if name in device.regions:
            return bench.locate(name)
        if isinstance(device, PciDevice):
            return self._locate_bar(line, name)
        matching = [place.region.name for place in device.placements if place.space == name]
        if not matching:
            raise line.fail(f"{device.NAME} has no region or space {name!r}")
        return bench.locate(matching[0])

    def _locate_bar(self, line: Line, name: str) -> tuple[AddressSpace, int]:
        """Find a whole BAR: at the header's address even if it has moved since, else the first BAR of that space."""
        device, machine = self.bench.dut, self.bench.machine
        assert isinstance(device, PciDevice)
        for entry in bars_of(self.header).values():
            address = entry.get("address")
            if entry.get("region") == name and isinstance(address, int):
                return (machine.io if entry.get("kind") == "io" else machine.memory), address
        for bar in device.BARS:
            address = device.config.bar_address(bar)
            if address is not None and name == ("pio" if bar.type == "io" else "mmio"):
                return (machine.io if name == "pio" else machine.memory), address
        raise line.fail(f"{device.NAME} has no region, space or decoded BAR {name!r}")


def _served_place(line: Line, name: str, device: PciDevice) -> tuple[AddressSpace, int]:
    """Find a region of a served device by its offset in the BAR, since the client chooses the BAR's address."""
    place = next((place for place in device.placements if place.region.name == name and place.bar is not None), None)
    if place is None or place.bar is None:
        raise line.fail(f"{device.NAME} has no region {name!r} in a BAR")
    return AddressSpace(name, device.bars[place.bar]), place.offset
