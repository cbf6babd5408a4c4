"""The static ACPI tables: RSDP, XSDT, MADT, MCFG, HPET and SPCR.

Source: ACPI specification 6.4, chapters 5.2.5 (RSDP), 5.2.8 (XSDT), 5.2.12 (MADT); PCI firmware specification 3.3,
chapter 4.1.2 (MCFG); IA-PC HPET specification 1.0a, chapter 3.2.4; Serial port console redirection table, revision 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from devgen.runtime.boot.pc_tables.pc_devices import AddressRange, PlacedDevice

OEM: Final = b"DEVGEN"
TABLE_ID: Final = b"DEVGENPC"
CREATOR: Final = b"DVGN"
HEADER_SIZE: Final = 36

LOCAL_APIC: Final = 0xFEE0_0000
IO_APIC: Final = 0xFEC0_0000

_LEGACY_LINES = 16
_LEVEL_HIGH = 0xD  # polarity active high (1), trigger level (3)
_ANSI = 3


def checksum(data: bytes | bytearray) -> int:
    """Return the byte that makes the sum of all bytes 0."""
    return -sum(data) & 0xFF


def table(signature: bytes, revision: int, body: bytes) -> bytes:
    """Return a table with its header (5.2.6)."""
    length = HEADER_SIZE + len(body)
    head = struct.pack("<4sIBB6s8sI4sI", signature, length, revision, 0, OEM, TABLE_ID, 1, CREATOR, 1)
    data = bytearray(head + body)
    data[9] = checksum(data)
    return bytes(data)


def generic_address(place: AddressRange | None) -> bytes:
    """Return a generic address structure (5.2.3.2); all zeros for no register."""
    if place is None:
        return bytes(12)
    return struct.pack("<BBBBQ", int(place.io), 8 * place.size, 0, place.size.bit_length(), place.start)


def rsdp(xsdt: int) -> bytes:
    """Return the root pointer to the XSDT at address ``xsdt``."""
    data = bytearray(struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, OEM, 2, 0, HEADER_SIZE, xsdt, 0))
    data[8] = checksum(data[:20])
    data[32] = checksum(data)
    return bytes(data)


def xsdt(addresses: Iterable[int]) -> bytes:
    """Return the list of the tables at ``addresses``."""
    return table(b"XSDT", 1, b"".join(struct.pack("<Q", address) for address in addresses))


def facs() -> bytes:
    """Return the firmware's shared memory (5.2.10): no waking vector, the global lock free. It has no checksum."""
    return struct.pack("<4sI24xB31x", b"FACS", 64, 2)


def madt(cpus: int, intx: Iterable[int]) -> bytes:
    """Return the table of the interrupt controllers. GSIs of ``intx`` below 16 are level-triggered."""
    entries = [struct.pack("<II", LOCAL_APIC, 1)]
    entries += [struct.pack("<BBBBI", 0, 8, cpu, cpu, 1) for cpu in range(cpus)]
    entries.append(struct.pack("<BBBBII", 1, 12, cpus, 0, IO_APIC, 0))
    legacy = sorted({gsi for gsi in intx if gsi < _LEGACY_LINES})
    entries += [struct.pack("<BBBBIH", 2, 10, 0, gsi, gsi, _LEVEL_HIGH) for gsi in legacy]
    entries.append(struct.pack("<BBBHB", 4, 6, 0xFF, 0, 1))  # LINT1 of every processor is the NMI
    return table(b"APIC", 4, b"".join(entries))


def mcfg(ecam: int) -> bytes:
    """Return the table of the ECAM window of bus 0."""
    return table(b"MCFG", 1, struct.pack("<8xQHBB4x", ecam, 0, 0, 0))


def hpet(device: PlacedDevice, capabilities: int) -> bytes:
    """Return the table of an HPET whose register GCAP_ID has ``capabilities`` as its low 32 bits."""
    place = device.ranges[0]
    block = generic_address(AddressRange(place.io, place.start, 8))
    return table(b"HPET", 1, struct.pack("<I", capabilities) + block + struct.pack("<BHB", 0, 0, 0))


def spcr(device: PlacedDevice) -> bytes:
    """Return the table of the serial console: a 16550 at 115,200 bits a second, 8 data bits, 1 stop bit, no parity."""
    place = device.ranges[0]
    lines: Sequence[int] = device.interrupts
    line = lines[0] if lines else 0
    kinds = (2 if lines else 0) | (1 if lines and line < _LEGACY_LINES else 0)  # IOAPIC, PIC
    body = struct.pack("<B3x", 0) + generic_address(AddressRange(place.io, place.start, 1))
    body += struct.pack("<BBI", kinds, line if line < _LEGACY_LINES else 0, line)
    body += struct.pack("<BBBBBB", 7, 0, 1, 0, _ANSI, 0)
    body += struct.pack("<HHBBBIBI", 0xFFFF, 0xFFFF, 0, 0, 0, 0, 0, 0)  # no PCI device
    return table(b"SPCR", 2, body)
