"""RDMSR of IA32_APICBASE. Unicorn has no local APIC and returns 0 for it.

Unicorn has no hook for RDMSR. So this module searches the code at which a run begins and each block that is translated.
Each RDMSR gets a code hook, which looks at ECX. The first time that it reads IA32_APICBASE there, a second hook is
added behind the instruction; it puts the value into EDX:EAX. An RDMSR directly behind a load of ECX with another number
needs no hook. Writes have no effect: the APIC keeps its address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from unicorn import UC_HOOK_CODE, UC_HOOK_EDGE_GENERATED
from unicorn import x86_const as x86

from devgen.hosts.emulator.unicorn_engine import Engine
from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.memory.ram_block import PAGE_SIZE

VALUE: Final = 0xFEE00900
"""Base 0xfee00000, enabled, bootstrap processor (SDM volume 3, 11.4.4)."""

_NUMBER: Final = 0x1B
_LOAD_ECX: Final = b"\xb9"
"""MOV ECX, with a number of 32 bits behind it."""
_LOAD_SIZE: Final = 5
_RDMSR: Final = b"\x0f\x32"
_PLACES: Final = 64
"""Maximum of RDMSRs with hooks: each hook costs a comparison at every instruction."""
_SEEN: Final = 4096
"""Addresses remembered as searched, at which runs began."""


class ApicBaseReads:
    """Watches the code that ``engine`` translates. ``read(address, size)`` reads code at a linear address, or b""."""

    def __init__(self, engine: Engine, read: Callable[[int, int], bytes]) -> None:
        """Raises UcError."""
        self._engine = engine
        self._read = read
        self._seen: BoundedCache[int, None] = BoundedCache(_SEEN)
        self._places: dict[int, bool] = {}
        self._reading = False
        engine.hook_add(UC_HOOK_EDGE_GENERATED, self._translated)

    def begin(self, address: int) -> None:
        """Search from linear ``address`` to the page's end: a run begins there, and Unicorn tells no first block."""
        if address not in self._seen:
            self._seen.keep(address, None)
            self._search(address, PAGE_SIZE - address % PAGE_SIZE)

    def _translated(self, _engine: object, block: Any, _previous: object, _data: object) -> None:
        self._search(block.pc, block.size)

    def _search(self, address: int, size: int) -> None:
        code = self._read(address, size)
        at = code.find(_RDMSR)
        while at >= 0:
            if not _loads_another(code, at):
                self._watch(address + at)
            at = code.find(_RDMSR, at + len(_RDMSR))

    def _watch(self, place: int) -> None:
        """Have the RDMSR at ``place`` looked at. Bytes that only look like one cost a hook that is never called."""
        if place not in self._places and len(self._places) < _PLACES:
            self._places[place] = False
            self._engine.hook_add(UC_HOOK_CODE, self._before, begin=place, end=place)

    def _before(self, _engine: object, place: int, _size: int, _data: object) -> None:
        self._reading = self._engine.reg_read(x86.UC_X86_REG_ECX) == _NUMBER
        if self._reading and not self._places[place]:
            self._places[place] = True
            behind = place + len(_RDMSR)
            self._engine.hook_add(UC_HOOK_CODE, self._behind, begin=behind, end=behind)

    def _behind(self, *_: object) -> None:
        if self._reading:
            self._reading = False
            self._engine.reg_write(x86.UC_X86_REG_RAX, VALUE)
            self._engine.reg_write(x86.UC_X86_REG_RDX, 0)


def _loads_another(code: bytes, at: int) -> bool:
    """Whether the instruction before an RDMSR loads ECX with the number of another register."""
    load = code[max(at - _LOAD_SIZE, 0) : at]
    return load.startswith(_LOAD_ECX) and len(load) == _LOAD_SIZE and int.from_bytes(load[1:], "little") != _NUMBER
