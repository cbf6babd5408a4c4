"""Reads the segments and the entry of an ELF program.

A file is untrusted: every offset and size is checked, and nothing is allocated that the file does not hold.
Source: System V Application Binary Interface, chapters 4 (ELF header) and 5 (program header).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from devgen.runtime.base.faults import MachineError

MAGIC: Final = b"\x7fELF"
EM_386: Final = 3
EM_X86_64: Final = 62
EM_AARCH64: Final = 183

_PT_LOAD = 1
_ET_EXEC = 2
_MOST_SEGMENTS = 128
_HEADERS = {1: struct.Struct("<HHIIIIIHHH"), 2: struct.Struct("<HHIQQQIHHH")}
_PROGRAM = {1: struct.Struct("<IIIIII"), 2: struct.Struct("<IIQQQQQ")}


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
    kind, order = data[4:5], data[5:6]
    if not is_elf(data) or kind not in (b"\1", b"\2") or order != b"\1":
        raise MachineError(f"{name}: not a little-endian ELF file")
    header = _HEADERS[kind[0]]
    if len(data) < 16 + header.size:
        raise MachineError(f"{name}: the ELF header is cut off")
    file_type, machine, _, entry, table, _, _, _, entry_size, count = header.unpack_from(data, 16)
    if file_type != _ET_EXEC:
        raise MachineError(f"{name}: an ELF file of type {file_type}, not an executable with fixed addresses (type 2)")
    program = _PROGRAM[kind[0]]
    if not 0 < count <= _MOST_SEGMENTS or entry_size < program.size or table + count * entry_size > len(data):
        raise MachineError(f"{name}: the ELF file's program headers are damaged")
    headers = (program.unpack_from(data, table + index * entry_size) for index in range(count))
    segments = tuple(_segments(memoryview(data), headers, kind[0], name))
    if not segments:
        raise MachineError(f"{name}: the ELF file has nothing to load")
    return ElfProgram(32 if kind == b"\1" else 64, machine, entry, segments)


def _segments(data: memoryview, headers: Iterator[tuple[int, ...]], kind: int, name: str) -> Iterator[Segment]:
    for words in headers:
        if kind == 1:
            what, offset, _, address, stored, size = words
        else:
            what, _, offset, _, address, stored, size = words
        if what == _PT_LOAD:
            yield _segment(data, offset, address, stored, size, name)


def _segment(data: memoryview, offset: int, address: int, stored: int, size: int, name: str) -> Segment:
    if offset + stored > len(data):
        raise MachineError(f"{name}: a segment of the ELF file is cut off")
    return Segment(address, data[offset : offset + stored], max(size, stored))
