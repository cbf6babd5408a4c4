"""The MP table, for a guest that is started without ACPI.

Source: Intel MultiProcessor specification 1.4, chapter 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from devgen.runtime.boot.pc_tables.acpi_tables import IO_APIC, LOCAL_APIC, OEM, checksum
from devgen.runtime.pci import PciBus

_APIC_VERSION: Final = 0x14
_IO_APIC_VERSION: Final = 0x11
_BOOT_PROCESSOR: Final = 3
_ENABLED: Final = 1
_FAMILY: Final = 0x800F12
_FEATURES: Final = 0x178BFBFF
_LEGACY_LINES = 16
_CASCADE = 2
_SLOTS = 32
_PINS = 4
_PCI_BUS, _ISA_BUS = 0, 1
_LEVEL_HIGH = 0xD


def mp_table(address: int, cpus: int, intx: tuple[int, int, int, int] | None) -> bytes:
    """Return the floating pointer structure and the table behind it, for ``address``.

    ``intx``: the GSIs of INTA# to INTD# of PCI slot 0; None without PCI.
    """
    entries = [*_processors(cpus), *_buses(), struct.pack("<BBBBI", 2, cpus, _IO_APIC_VERSION, 1, IO_APIC)]
    entries += [*_lines(cpus, intx), *_local_lines()]
    body = b"".join(entries)
    header = struct.pack(
        "<4sHBB8s12sIHHIHBB",
        *(b"PCMP", 44 + len(body), 4, 0, OEM.ljust(8), b"PC".ljust(12), 0, 0, len(entries), LOCAL_APIC, 0, 0, 0),
    )
    table = bytearray(header + body)
    table[7] = checksum(table)
    pointer = bytearray(struct.pack("<4sIBBBBB3x", b"_MP_", address + 16, 1, 4, 0, 0, 0))
    pointer[10] = checksum(pointer)
    return bytes(pointer + table)


def _processors(cpus: int) -> Iterator[bytes]:
    for cpu in range(cpus):
        flags = _ENABLED if cpu else _BOOT_PROCESSOR
        yield struct.pack("<BBBBII8x", 0, cpu, _APIC_VERSION, flags, _FAMILY, _FEATURES)


def _buses() -> Iterator[bytes]:
    yield struct.pack("<BB6s", 1, _PCI_BUS, b"PCI   ")
    yield struct.pack("<BB6s", 1, _ISA_BUS, b"ISA   ")


def _lines(io_apic: int, intx: tuple[int, int, int, int] | None) -> Iterator[bytes]:
    """Each ISA line leads to the pin of its number; each PCI pin to that of its GSI."""
    shared = frozenset(intx or ())
    for line in range(_LEGACY_LINES):
        if line != _CASCADE:
            flags = _LEVEL_HIGH if line in shared else 0
            yield struct.pack("<BBHBBBB", 3, 0, flags, _ISA_BUS, line, io_apic, line)
    for slot in range(_SLOTS if intx else 0):
        for pin in range(_PINS):
            gsi = (intx or (0, 0, 0, 0))[PciBus.intx_index(slot, pin + 1)]
            yield struct.pack("<BBHBBBB", 3, 0, _LEVEL_HIGH, _PCI_BUS, slot << 2 | pin, io_apic, gsi)


def _local_lines() -> Iterator[bytes]:
    """LINT0 is the PIC, LINT1 the NMI, of every processor."""
    for line, kind in ((0, 3), (1, 1)):
        yield struct.pack("<BBHBBBB", 4, kind, 0, _ISA_BUS, 0, 0xFF, line)
