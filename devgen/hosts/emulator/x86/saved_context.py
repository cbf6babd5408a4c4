"""Processor state that Unicorn's register calls do not give, read and written through a saved context.

A saved context is a copy of Unicorn's processor structure. Unicorn does not document its layout, so `find_layout` finds
it on a scratch engine: it sets known registers, raises known faults, and runs a few instructions whose results depend
on the fields. An engine with another layout is refused.

This state is the hidden parts of the segment registers, the interrupt shadow of STI and MOV SS, whether NMIs are
blocked, and of the last exception its error code, whether an instruction (INT n) asked for it, and where it returns.
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from unicorn import UC_HOOK_INTR
from unicorn import x86_const as x86

from devgen.hosts.emulator.unicorn_engine import UnknownUnicorn, version
from devgen.hosts.emulator.x86.x86_engine import X86Engine, new_engine

ES, CS, SS, DS, FS, GS = range(6)

HF_CPL: Final = 3
HF_INHIBIT_IRQ: Final = 1 << 3
HF_CS32: Final = 1 << 4
HF_SS32: Final = 1 << 5
HF_ADDSEG: Final = 1 << 6
HF_CS64: Final = 1 << 15
HF2_NMI: Final = 1 << 2

MSR_EFER: Final = 0xC0000080

_MARKS: Final = tuple(0x5EED_0000_1111_0000 + 0x1_0001 * n for n in range(4))
_MARKED: Final = (x86.UC_X86_REG_RAX, x86.UC_X86_REG_RCX, x86.UC_X86_REG_RDX, x86.UC_X86_REG_RBX)
_CODE: Final = 0x1000
_GP_SELECTOR: Final = 0xFF8


class SegmentCache(ctypes.Structure):
    """A segment register with its hidden parts; ``flags`` is the descriptor's high dword."""

    _fields_ = (
        ("selector", ctypes.c_uint32),
        ("base", ctypes.c_uint64),
        ("limit", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
    )
    selector: int
    base: int
    limit: int
    flags: int


class Processor(ctypes.Structure):
    """The head of the processor's structure. ``hflags``: mode, privilege level and interrupt shadow."""

    _fields_ = (
        ("regs", ctypes.c_uint64 * 16),
        ("eip", ctypes.c_uint64),
        ("eflags", ctypes.c_uint64),
        ("cc", ctypes.c_uint64 * 4),
        ("hflags", ctypes.c_uint32),
        ("hflags2", ctypes.c_uint32),
        ("segs", SegmentCache * 6),
    )
    eip: int
    hflags: int
    hflags2: int
    segs: Any


@dataclass(slots=True, frozen=True)
class Layout:
    """Byte offsets in a saved context: the processor's head, the last exception's three fields, and ``old_exception``.

    The error code (4 bytes), the flag for an INT n (4 bytes) and the return address (8 bytes) are adjacent.
    """

    head: int
    exception: int
    old_exception: int


class SavedContext:
    """A context of ``engine``, which must not be running. ``refresh`` reads it, ``apply`` writes it back."""

    def __init__(self, engine: X86Engine, layout: Layout) -> None:
        """Raises UcError when the host has no memory for it."""
        self._engine = engine
        self._context = engine.context_save()
        address = ctypes.cast(self._context.context, ctypes.c_void_p).value
        assert address is not None
        self.head = Processor.from_address(address + layout.head)
        self._error = ctypes.c_uint32.from_address(address + layout.exception)
        self._is_int = ctypes.c_int32.from_address(address + layout.exception + 4)
        self._next = ctypes.c_uint64.from_address(address + layout.exception + 8)
        self._old = ctypes.c_int32.from_address(address + layout.old_exception)

    def refresh(self) -> Processor:
        """Copy the engine's state into this context; return its head."""
        self._engine.context_update(self._context)
        return self.head

    def apply(self) -> None:
        """Copy this context into the engine. Everything else that changed since ``refresh`` is lost."""
        self._engine.context_restore(self._context)

    def exception(self) -> tuple[int, bool, int]:
        """The last exception, after ``refresh``: error code, whether INT n raised it, return address."""
        return self._error.value, bool(self._is_int.value), self._next.value

    def forget_exception(self) -> None:
        """Mark the last exception as delivered; else Unicorn would make the next one a double fault.

        Takes effect at ``apply``.
        """
        self._old.value = -1


# --- finding the layout ------------------------------------------------------------------------


@cache
def find_layout() -> Layout:
    """Return the layout of this Unicorn's contexts, found and tested on scratch engines once in a process.

    Raises UnknownUnicorn, UcError.
    """
    engine = new_engine()
    engine.mem_map(0, 0x10000)
    engine.hook_add(UC_HOOK_INTR, lambda *_: engine.emu_stop())
    for register, mark in zip(_MARKED, _MARKS, strict=True):
        engine.reg_write(register, mark)
    fresh = _bytes(engine)
    head = fresh.find(struct.pack("<4Q", *_MARKS))
    engine.reg_write(x86.UC_X86_REG_RAX, _GP_SELECTOR)
    engine.mem_write(_CODE, b"\x8e\xe0\xcd\x33")  # mov %eax, %fs; int $0x33
    after_int, after_fault, after_second = (_after(engine, place) for place in (_CODE + 2, _CODE, _CODE))
    exception = after_fault.find(struct.pack("<IIQ", _GP_SELECTOR, 0, _CODE), head + ctypes.sizeof(Processor))
    places = range(head & 3, len(fresh) - 3, 4)
    old = [
        at
        for at in places
        if [_int32(context, at) for context in (fresh, after_int, after_fault, after_second)] == [-1, -1, 13, 8]
    ]
    if (
        head < 0
        or exception < 0
        or len(old) != 1
        or struct.unpack_from("<iQ", after_int, exception + 4) != (1, _CODE + 4)
    ):
        raise _unknown("the fields of its exceptions were not found")
    layout = Layout(head, exception, old[0])
    _try_faults(layout)
    _try_segments(layout)
    return layout


def _unknown(what: str) -> UnknownUnicorn:
    return UnknownUnicorn(
        f"Unicorn {version()} is a version that this emulator does not support: {what}. Install unicorn 2.1.4."
    )


def _bytes(engine: X86Engine) -> bytes:
    context = engine.context_save()
    return ctypes.string_at(context.context, context.size)


def _int32(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<i", data, at)[0])


def _after(engine: X86Engine, place: int) -> bytes:
    """The context after the instruction at ``place``, which raises an exception."""
    engine.emu_start(place, 0, count=1)
    return _bytes(engine)


def _try_faults(layout: Layout) -> None:
    """After ``forget_exception``, a second fault must be reported with its own vector, not as a double fault."""
    engine = new_engine()
    engine.mem_map(0, 0x10000)
    vectors: list[int] = []

    def note(_engine: object, vector: int, _data: object) -> None:
        vectors.append(vector)
        engine.emu_stop()

    engine.hook_add(UC_HOOK_INTR, note)
    engine.mem_write(_CODE, b"\x8e\xe0")
    context = SavedContext(engine, layout)
    for _ in range(3):
        engine.reg_write(x86.UC_X86_REG_RAX, _GP_SELECTOR)
        engine.emu_start(_CODE, 0, count=1)
        context.refresh()
        context.forget_exception()
        context.apply()
    if vectors != [13, 13, 13] or context.exception() != (_GP_SELECTOR, False, _CODE):
        raise _unknown("a second fault is not reported with its own vector")


def _try_segments(layout: Layout) -> None:
    """In real mode, instructions must use the segments and flags that were written through the context."""
    engine = new_engine()
    leave_long_mode(engine)
    engine.reg_write(x86.UC_X86_REG_CR0, 0x10)
    engine.mem_map(0, 0x10000)
    context = SavedContext(engine, layout)
    head = context.refresh()
    for index, selector in ((CS, 0x200), (SS, 0x300)):
        head.segs[index] = SegmentCache(selector, selector << 4, 0xFFFF, 0x9300)
    head.hflags = head.hflags & ~(HF_CS32 | HF_SS32) | HF_ADDSEG
    head.hflags2 |= HF2_NMI
    context.apply()
    engine.mem_write(0x2000, bytes.fromhex("b83412 bb7856 cf"))  # mov $0x1234, %ax; mov $0x5678, %bx; iret
    engine.mem_write(0x3100, struct.pack("<3H", 0x10, 0x200, 2))
    engine.reg_write(x86.UC_X86_REG_RSP, 0x100)
    engine.emu_start(0, 0, count=2)
    blocked = context.refresh().hflags2 & HF2_NMI
    engine.emu_start(6, 0, count=1)
    head = context.refresh()
    registers = (x86.UC_X86_REG_AX, x86.UC_X86_REG_BX, x86.UC_X86_REG_RSP, x86.UC_X86_REG_CS)
    found = [int(engine.reg_read(register)) for register in registers]
    if found != [0x1234, 0x5678, 0x106, 0x200] or head.eip != 0x10 or not blocked or head.hflags2 & HF2_NMI:
        raise _unknown("its segment registers were not found")


def leave_long_mode(engine: X86Engine) -> None:
    """Take a fresh engine, which begins in long mode without paging, to protected mode. Raises UcError.

    Clearing CR0.PG leaves long mode, so paging is enabled first (SDM volume 3, 10.8.5.4).
    """
    engine.reg_write(x86.UC_X86_REG_CR4, 1 << 5)
    engine.reg_write(x86.UC_X86_REG_CR0, 0x80000011)
    engine.reg_write(x86.UC_X86_REG_CR0, 0x11)
    engine.msr_write(MSR_EFER, 0)
    engine.reg_write(x86.UC_X86_REG_CR4, 0)
