"""The RAM of a machine, as the loader of a guest writes it."""

from __future__ import annotations

from collections.abc import Iterable

from devgen.common.machine_map import ram_parts
from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.elf_file import Segment
from devgen.runtime.machine.machine import Machine


class GuestMemory:
    """The first part of the RAM of ``machine``: on a PC that below 4 GiB. Methods raise MachineError for what does not
    fit.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.size = 0 if machine.ram is None else machine.ram.size
        """Bytes of RAM."""
        self.start, size = ram_parts(machine.config.type, self.size)[0]
        """The address of the RAM."""
        self.low_end = self.start + size
        """The address after the part of RAM that begins at ``start``."""

    def has(self, start: int, size: int) -> bool:
        """Whether ``size`` bytes at ``start`` are in this part of RAM."""
        return start >= self.start and start + size <= self.low_end

    def write(self, start: int, data: bytes | memoryview, what: str) -> None:
        """Write ``data``; ``what`` names it in an error."""
        ram = self._machine.ram
        if ram is None or not self.has(start, len(data)):
            raise MachineError(f"{what}: {len(data):#x} bytes at {start:#x} do not fit into RAM")
        offset = start - self.start
        ram.view[offset : offset + len(data)] = data
        ram.mark_dirty(offset, len(data))

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
            offset = start - self.start
            ram.view[offset : offset + size] = bytes(size)
            ram.mark_dirty(offset, size)
