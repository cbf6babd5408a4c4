"""The header and the program headers of an ELF file, as far as loading a program needs them.

Source: System V Application Binary Interface, chapters 4 (ELF header) and 5 (program header).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

MAGIC: Final = b"\x7fELF"
MOST_SEGMENTS: Final = 128
"""Most program headers of a program that is loaded."""

_PT_LOAD = 1
_HEADERS = {1: struct.Struct("<HHIIIIIHHH"), 2: struct.Struct("<HHIQQQIHHH")}
_PROGRAM = {1: struct.Struct("<IIIIII"), 2: struct.Struct("<IIQQQQQ")}
_CLASS = 4
_DATA = 5
_IDENTIFICATION = 16


class ElfHeader(NamedTuple):
    """The header: ``bits`` 32 or 64, e_type, e_machine, e_entry, and the table of ``entries`` program headers."""

    bits: int
    type: int
    machine: int
    entry: int
    table: int
    entry_size: int
    entries: int

    @property
    def table_end(self) -> int:
        """The offset after the program headers."""
        return self.table + self.entries * self.entry_size

    @property
    def is_sound(self) -> bool:
        """Whether the number and the size of the program headers are possible."""
        return 0 < self.entries <= MOST_SEGMENTS and self.entry_size >= _PROGRAM[self.bits // 32].size


class ElfLoad(NamedTuple):
    """A segment to load: ``stored`` bytes at ``offset`` of the file go to ``address``, with zeros up to ``size``."""

    offset: int
    address: int
    stored: int
    size: int


def is_little_endian_elf(data: bytes) -> bool:
    """Whether the first bytes are those of an ELF file whose numbers are little-endian."""
    return data[:4] == MAGIC and data[_CLASS : _CLASS + 1] in (b"\1", b"\2") and data[_DATA : _DATA + 1] == b"\1"


def read_header(data: bytes) -> ElfHeader | None:
    """Return the header of a little-endian ELF file, or None if it is cut off. ``data``: its first bytes or all."""
    layout = _HEADERS[data[_CLASS]]
    if len(data) < _IDENTIFICATION + layout.size:
        return None
    kind, machine, _, entry, table, _, _, _, entry_size, count = layout.unpack_from(data, _IDENTIFICATION)
    return ElfHeader(32 * data[_CLASS], kind, machine, entry, table, entry_size, count)


def elf_loads(data: bytes, header: ElfHeader) -> Iterator[ElfLoad]:
    """Yield the segments to load; ``data`` has all program headers, and ``header`` is sound."""
    layout = _PROGRAM[header.bits // 32]
    for index in range(header.entries):
        words = layout.unpack_from(data, header.table + index * header.entry_size)
        if words[0] != _PT_LOAD:
            continue
        offset, address, stored, size = (words[at] for at in ((1, 3, 4, 5) if header.bits == 32 else (2, 4, 5, 6)))
        yield ElfLoad(offset, address, stored, max(size, stored))
