"""The fixed ACPI description table.

A board is hardware-reduced, with the sleep and reset registers of its devices, unless a device has the PM1 blocks of
ACPI hardware; then the table names those, and their interrupt is the SCI. Source: ACPI specification 6.4, 5.2.9.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from devgen.runtime.boot.pc_tables.acpi_tables import HEADER_SIZE, generic_address, table
from devgen.runtime.boot.pc_tables.pc_devices import AddressRange, PlacedDevice, with_register
from devgen.runtime.device.firmware_identity import FadtUse

_SIZE: Final = 276
_NO_BUTTONS = 1 << 4 | 1 << 5  # neither a power nor a sleep button of the fixed hardware
_WBINVD = 1 << 0
_NO_RTC_WAKE = 1 << 6  # the RTC's alarm is not in the PM1 registers
_RESET_SUPPORTED = 1 << 10
_HARDWARE_REDUCED = 1 << 20
_TIMER_32 = 1 << 8
_LEGACY_DEVICES = 1 << 0
_I8042 = 1 << 1
_NO_VGA = 1 << 2
_NO_RTC = 1 << 5
_RESET_PORT = AddressRange(True, 0xCF9, 1)
_RESET_VALUE = 6
_IO_SPACE = 1  # of a generic address
_KEYBOARD = "PNP0303"
_CLOCK = "PNP0B00"
_CENTURY = 0x32  # the byte of the CMOS RAM that holds the century

_BLOCKS: Final[tuple[tuple[FadtUse, int, int, int, int], ...]] = (
    ("pm1_event", 56, 88, 148, 4),
    ("pm1_control", 64, 89, 172, 2),
    ("pm_timer", 76, 91, 208, 4),
)
"""Blocks of ACPI hardware: use, offset of the 32-bit address, of the length, of the generic address; length in bytes.
"""


def needs_facs(devices: tuple[PlacedDevice, ...]) -> bool:
    """Whether the board is not hardware-reduced."""
    return with_register(devices, "pm1_event") is not None


def fadt(dsdt: int, facs: int, devices: tuple[PlacedDevice, ...], reset_port: bool) -> bytes:
    """Return the table for the DSDT and the FACS (0: none) at these addresses.

    ``reset_port``: the host bridge has the reset control register at port 0xcf9.
    """
    body = bytearray(_SIZE)
    hardware = with_register(devices, "pm1_event")
    struct.pack_into("<II", body, 36, facs, dsdt)
    struct.pack_into("<Q", body, 140, dsdt)
    struct.pack_into("<H", body, 109, _boot_flags(devices))
    flags = _WBINVD | _NO_BUTTONS | _NO_RTC_WAKE | (0 if hardware else _HARDWARE_REDUCED)
    flags |= _put_reset(body, devices, reset_port)
    if hardware is not None:
        flags |= _put_hardware(body, hardware)
    struct.pack_into("<I", body, 112, flags)
    struct.pack_into("<HH", body, 96, 101, 1001)  # neither C2 nor C3
    body[108] = _CENTURY
    body[131] = 5  # minor version: ACPI 6.5
    body[244:256] = generic_address(_place(devices, "sleep_control"))
    body[256:268] = generic_address(_place(devices, "sleep_status"))
    return table(b"FACP", 6, bytes(body[HEADER_SIZE:]))


def _place(devices: tuple[PlacedDevice, ...], use: FadtUse) -> AddressRange | None:
    found = with_register(devices, use)
    return None if found is None else found.register(use)


def _boot_flags(devices: Iterable[PlacedDevice]) -> int:
    """IAPC_BOOT_ARCH: which legacy hardware there is."""
    known = {entry.identity.hid for entry in devices}
    flags = _LEGACY_DEVICES | _NO_VGA
    flags |= _I8042 if _KEYBOARD in known else 0
    return flags | (0 if _CLOCK in known else _NO_RTC)


def _put_reset(body: bytearray, devices: tuple[PlacedDevice, ...], reset_port: bool) -> int:
    """Name the register that resets the machine; return the flag that it is there."""
    found = with_register(devices, "reset")
    if found is not None:
        body[116:128] = generic_address(found.register("reset"))
        body[128] = found.identity.reset_value
    elif reset_port:
        body[116:128] = generic_address(_RESET_PORT)
        body[128] = _RESET_VALUE
    else:
        return 0
    return _RESET_SUPPORTED


def _put_hardware(body: bytearray, device: PlacedDevice) -> int:
    """Name the PM1 blocks and the timer of ``device``; return the flags that they need."""
    lines = device.interrupts
    struct.pack_into("<H", body, 46, lines[0] if lines else 0)
    flags = 0
    for use, old, length_at, new, length in _BLOCKS:
        place = device.register(use)
        if place is None:
            continue
        block = AddressRange(place.io, place.start, length)
        struct.pack_into("<I", body, old, place.start)
        body[length_at] = length
        body[new : new + 12] = generic_address(block)
        flags |= _TIMER_32 if use == "pm_timer" else 0
    return flags


def restart_code(table: bytes) -> bytes:
    """Return real-mode code of at most 16 bytes that writes to the reset register of a FADT, and then halts.

    Linux prefers EFI's reset to the register when ACPI is hardware-reduced (arch/x86/platform/efi/quirks.c:
    efi_reboot_required). Without EFI it then jumps to the firmware's entry in real mode.
    """
    port, value = int.from_bytes(table[120:128], "little"), table[128]
    write = b"\xba" + port.to_bytes(2, "little") + b"\xb0" + bytes((value,)) + b"\xee"  # mov dx; mov al; out dx, al
    is_port = table[116] == _IO_SPACE and 0 < port <= 0xFFFF
    return (write if is_port else b"") + b"\xfa\xf4\xeb\xfd"  # cli; hlt; jmp to hlt
