"""Syndrome and fault address of the exception that Unicorn has reported.

Unicorn's register calls do not give them. They are read from a saved context, a copy of Unicorn's processor structure.
Its layout is not documented: `find_record` finds them on a scratch engine, and refuses an engine with another layout.
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from functools import cache
from typing import Final

from unicorn import UC_HOOK_INTR

from devgen.hosts.emulator.arm64.arm64_engine import SCTLR, TCR, TTBR0, Arm64Engine, new_engine
from devgen.hosts.emulator.unicorn_engine import UnknownUnicorn, version

_CODE: Final = 0x1000
_TABLE: Final = 0x2000
_TCR_39_BITS: Final = 25 | 1 << 23
"""Addresses of 39 bits by TTBR0, none by TTBR1."""
_BLOCK: Final = 0x401
"""A block descriptor with the access flag."""
_ADDRESS: Final = 8
"""Offset of the fault address behind the syndrome."""


@dataclass(slots=True, frozen=True)
class Exception64:
    """An exception: the value for ESR_EL1, and the address for FAR_EL1 if it is an abort."""

    syndrome: int
    address: int


class ExceptionRecord:
    """Reads the last exception of ``engine``, which must not be running."""

    def __init__(self, engine: Arm64Engine) -> None:
        """Raises UnknownUnicorn, UcError."""
        self._engine = engine
        offset = find_record()
        self._context = engine.context_save()
        address = ctypes.cast(self._context.context, ctypes.c_void_p).value
        assert address is not None
        self._syndrome = ctypes.c_uint32.from_address(address + offset)
        self._address = ctypes.c_uint64.from_address(address + offset + _ADDRESS)

    def read(self) -> Exception64:
        """Return the last exception."""
        self._engine.context_update(self._context)
        return Exception64(self._syndrome.value, self._address.value)


@cache
def find_record() -> int:
    """Return the byte offset of the syndrome in this Unicorn's contexts, found and tested once in a process.

    Raises UnknownUnicorn, UcError.
    """
    places = _places("<I", 0x5600_5A5A, b"\x41\x4b\x0b\xd4", translated=False)  # svc #0x5a5a
    places &= _places("<I", 0xF200_1234, b"\x80\x46\x22\xd4", translated=False)  # brk #0x1234
    load = b"\x20\x00\x40\xf9"  # ldr x0, [x1], with a translation fault at level 1
    places &= _places("<I", 0x9600_0005, load, translated=True)
    places &= {place - _ADDRESS for place in _places("<Q", _X1, load, translated=True)}
    if len(places) != 1:
        raise UnknownUnicorn(
            f"Unicorn {version()} is a version that this emulator does not support for arm64: the fields of its "
            "exceptions were not found. Install unicorn 2.1.4."
        )
    return places.pop()


_X1: Final = 0x8000_1238
_MOVE: Final = b"\x01\x47\x82\xd2\x01\x00\xb0\xf2"  # mov x1, #0x1238; movk x1, #0x8000, lsl #16


def _places(kind: str, value: int, instruction: bytes, *, translated: bool) -> set[int]:
    """The offsets of ``value`` in the context after the exception of ``instruction``."""
    engine = new_engine()
    engine.mem_map(0, 0x1_0000)
    engine.hook_add(UC_HOOK_INTR, lambda *_: engine.emu_stop())
    engine.mem_write(_CODE, _MOVE + instruction)
    if translated:
        engine.mem_write(_TABLE, struct.pack("<Q", _BLOCK))
        engine.cpr_write(*TTBR0, _TABLE)
        engine.cpr_write(*TCR, _TCR_39_BITS)
        engine.cpr_write(*SCTLR, engine.cpr_read(*SCTLR) | 1)
    engine.emu_start(_CODE, 0, count=3)
    context = engine.context_save()
    data = ctypes.string_at(context.context, context.size)
    size = struct.calcsize(kind)
    return {at for at in range(0, len(data) - size + 1, 4) if struct.unpack_from(kind, data, at)[0] == value}
