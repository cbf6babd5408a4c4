"""The start state of a guest image: memory to write and registers to load, the same for every CPU host.

- ``real``: 16-bit, as after a jump from firmware: CS:IP is the entry, all other segments are 0.
- ``protected``: 32-bit, CS 0x08 and the data segments 0x10, base 0, limit 4 GiB, paging off.
- ``long``: 64-bit, the first 4 GiB identity-mapped by 2 MiB pages.

Interrupts are disabled, the direction flag is clear (RFLAGS 2). Tables are below 0x7000: GDT at 0x500, PML4 at 0x1000,
PDPT at 0x2000, page directories at 0x3000-0x6fff; the stack grows down from 0x7000 (real) or 0x1000 (the others).
Source: Intel SDM volume 3, chapters 3.4 (segments), 4.5 (4-level paging), 10.8 (mode switches).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

GDT = 0x500
PML4 = 0x1000
PDPT = 0x2000
DIRECTORIES = 0x3000
TABLES_END = 0x7000

CR0_PE = 1 << 0
CR0_ET = 1 << 4
CR0_NE = 1 << 5
CR0_PG = 1 << 31
CR4_PAE = 1 << 5
CR4_OSFXSR = 1 << 9
EFER_LME = 1 << 8
EFER_LMA = 1 << 10

_PRESENT_WRITABLE = 0b11
_LARGE = 1 << 7

# Null, code of the mode, data; limit 4 GiB, present, ring 0, accessed.
_CODE = {"protected": 0x00CF9B000000FFFF, "long": 0x00AF9B000000FFFF}
_DATA = 0x00CF93000000FFFF


@dataclass(slots=True, frozen=True)
class Segment:
    """A segment register with its hidden part; ``type`` and the flags are as in a descriptor."""

    selector: int
    base: int
    limit: int
    type: int
    db: int = 0
    long: int = 0
    granular: int = 0


@dataclass(slots=True, frozen=True)
class BootState:
    """Memory to write (address, data) and values of registers before the first instruction."""

    writes: tuple[tuple[int, bytes], ...]
    ip: int
    sp: int
    code: Segment
    data: Segment
    cr0: int
    cr3: int
    cr4: int
    efer: int
    gdt_base: int
    gdt_limit: int
    rflags: int = 2
    si: int = 0
    """RSI: the address of a kernel's boot parameters."""


def boot_state(mode: str, entry: int) -> BootState:
    """Return the start state for physical address ``entry`` in ``real``, ``protected`` or ``long`` mode.

    Raises ValueError for another mode, or for an entry outside the mode's range (real: 1 MiB; others: 4 GiB).
    """
    match mode:
        case "real":
            return _real(entry)
        case "protected":
            return _protected(entry)
        case "long":
            return _long(entry)
    raise ValueError(f"unknown CPU mode {mode!r}; expected real, protected or long")


def _real(entry: int) -> BootState:
    if not 0 <= entry < 1 << 20:
        raise ValueError(f"entry {entry:#x} is not below 0x100000, the limit of real mode")
    # Images are linked at their load address, so CS is 0 if the entry is in the first 64 KiB.
    selector = entry >> 4 & 0xF000
    return BootState(
        writes=(),
        ip=entry - (selector << 4),
        sp=0x7000,
        code=Segment(selector, selector << 4, 0xFFFF, 0xB),
        data=Segment(0, 0, 0xFFFF, 0x3),
        cr0=CR0_ET,
        cr3=0,
        cr4=0,
        efer=0,
        gdt_base=0,
        gdt_limit=0xFFFF,
    )


def _protected(entry: int) -> BootState:
    _check_flat(entry)
    gdt = _gdt("protected")
    return BootState(
        writes=((GDT, gdt),),
        ip=entry,
        sp=0x1000,
        code=Segment(0x08, 0, 0xFFFFFFFF, 0xB, db=1, granular=1),
        data=Segment(0x10, 0, 0xFFFFFFFF, 0x3, db=1, granular=1),
        cr0=CR0_PE | CR0_ET | CR0_NE,
        cr3=0,
        cr4=CR4_OSFXSR,
        efer=0,
        gdt_base=GDT,
        gdt_limit=len(gdt) - 1,
    )


def _long(entry: int) -> BootState:
    _check_flat(entry)
    gdt = _gdt("long")
    return BootState(
        writes=((GDT, gdt), (PML4, _page_tables())),
        ip=entry,
        sp=0x1000,
        code=Segment(0x08, 0, 0xFFFFFFFF, 0xB, long=1, granular=1),
        data=Segment(0x10, 0, 0xFFFFFFFF, 0x3, db=1, granular=1),
        cr0=CR0_PE | CR0_ET | CR0_NE | CR0_PG,
        cr3=PML4,
        cr4=CR4_PAE | CR4_OSFXSR,
        efer=EFER_LME | EFER_LMA,
        gdt_base=GDT,
        gdt_limit=len(gdt) - 1,
    )


def linux_state(entry: int, parameters: int) -> BootState:
    """Return the state at the 64-bit entry of a Linux kernel, with ``parameters``, the zero page's address, in RSI.

    The segments are those of Documentation/arch/x86/boot.rst: CS is 0x10, the others are 0x18.
    """
    state = _long(entry)
    gdt = struct.pack("<4Q", 0, 0, _CODE["long"], _DATA)
    return replace(
        state,
        writes=((GDT, gdt), *state.writes[1:]),
        code=replace(state.code, selector=0x10),
        data=replace(state.data, selector=0x18),
        gdt_limit=len(gdt) - 1,
        si=parameters,
    )


def _check_flat(entry: int) -> None:
    if not 0 <= entry < 1 << 32:
        raise ValueError(f"entry {entry:#x} is above 4 GiB")


def _gdt(mode: str) -> bytes:
    return struct.pack("<3Q", 0, _CODE[mode], _DATA)


def _page_tables() -> bytes:
    """Return the PML4, the PDPT and four page directories as consecutive bytes from address ``PML4``."""
    tables = bytearray(TABLES_END - PML4)
    struct.pack_into("<Q", tables, 0, PDPT | _PRESENT_WRITABLE)
    for gib in range(4):
        struct.pack_into("<Q", tables, PDPT - PML4 + 8 * gib, DIRECTORIES + 0x1000 * gib | _PRESENT_WRITABLE)
    for page in range(4 * 512):
        entry = page << 21 | _LARGE | _PRESENT_WRITABLE
        struct.pack_into("<Q", tables, DIRECTORIES - PML4 + 8 * page, entry)
    return bytes(tables)
