"""The RAM of a machine, as the loader of a guest writes it."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.common.machine_map import LOW_RAM
from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.elf_file import Segment
from devgen.runtime.machine.machine import Machine


class GuestMemory:
    """The RAM of ``machine`` below 4 GiB. Methods raise MachineError for what does not fit."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.size = 0 if machine.ram is None else machine.ram.size
        """Bytes of RAM."""
        self.low_end = min(self.size, LOW_RAM)
        """The address after the RAM below 4 GiB."""

    def has(self, start: int, size: int) -> bool:
        """Whether ``size`` bytes at ``start`` are RAM below 4 GiB."""
        return start >= 0 and start + size <= self.low_end

    def write(self, start: int, data: bytes | memoryview, what: str) -> None:
        """Write ``data``; ``what`` names it in an error."""
        ram = self._machine.ram
        if ram is None or not self.has(start, len(data)):
            raise MachineError(f"{what}: {len(data):#x} bytes at {start:#x} do not fit into RAM")
        ram.view[start : start + len(data)] = data
        ram.mark_dirty(start, len(data))

    def write_segments(self, segments: Iterable[Segment], name: str) -> None:
        """Write the segments of an ELF file and the zeros that follow them."""
        for segment in segments:
            if not self.has(segment.address, segment.size):
                raise MachineError(
                    f"{name}: a segment of {segment.size:#x} bytes at {segment.address:#x} does not fit into RAM"
                )
            self.write(segment.address, segment.data, name)
            self._clear(segment.address + len(segment.data), segment.size - len(segment.data))

    def _clear(self, start: int, size: int) -> None:
        ram = self._machine.ram
        if ram is not None and size:
            ram.view[start : start + size] = bytes(size)
            ram.mark_dirty(start, size)
