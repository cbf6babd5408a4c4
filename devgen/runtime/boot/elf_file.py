"""Reads the segments and the entry of an ELF program.

A file is untrusted: every offset and size is checked, and nothing is allocated that the file does not hold.
The headers are read by `devgen.common.elf_headers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.common.elf_headers import MAGIC, ElfLoad, elf_loads, is_little_endian_elf, read_header
from devgen.runtime.base.faults import MachineError

EM_386: Final = 3
EM_X86_64: Final = 62
EM_AARCH64: Final = 183

_ET_EXEC = 2


@dataclass(slots=True, frozen=True)
class Segment:
    """Bytes ``data`` at physical address ``address``, followed by zeros up to ``size`` bytes."""

    address: int
    data: memoryview
    size: int

    @property
    def end(self) -> int:
        """The address after the segment."""
        return self.address + self.size


@dataclass(slots=True, frozen=True)
class ElfProgram:
    """A program: ``bits`` 32 or 64, the machine (``EM_*``), the entry as the file has it, and its segments."""

    bits: int
    machine: int
    entry: int
    segments: tuple[Segment, ...]


def is_elf(data: bytes) -> bool:
    """Whether a file with this content says that it is an ELF file."""
    return data[:4] == MAGIC


def read_elf(data: bytes, name: str) -> ElfProgram:
    """Return the program in ``data``. Raises MachineError, which begins with ``name``, for a file that is none."""
    if not is_little_endian_elf(data):
        raise MachineError(f"{name}: not a little-endian ELF file")
    header = read_header(data)
    if header is None:
        raise MachineError(f"{name}: the ELF header is cut off")
    if header.type != _ET_EXEC:
        raise MachineError(
            f"{name}: an ELF file of type {header.type}, not an executable with fixed addresses (type 2)"
        )
    if not header.is_sound or header.table_end > len(data):
        raise MachineError(f"{name}: the ELF file's program headers are damaged")
    segments = tuple(_segment(memoryview(data), load, name) for load in elf_loads(data, header))
    if not segments:
        raise MachineError(f"{name}: the ELF file has nothing to load")
    return ElfProgram(header.bits, header.machine, header.entry, segments)


def _segment(data: memoryview, load: ElfLoad, name: str) -> Segment:
    if load.offset + load.stored > len(data):
        raise MachineError(f"{name}: a segment of the ELF file is cut off")
    return Segment(load.address, data[load.offset : load.offset + load.stored], load.size)
