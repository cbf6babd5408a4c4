"""RDMSR of IA32_APICBASE. Unicorn has no local APIC and returns 0 for it.

Unicorn has no hook for RDMSR. So this module searches each page of code in which a run begins or a block is translated,
and each translated block. A load of ECX with 0x1b that is followed by RDMSR within a few bytes gets two code hooks, one
before and one after the RDMSR. They put the value into EDX:EAX. An RDMSR whose number is computed otherwise reads 0.
Writes have no effect: the APIC keeps its address.
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

_PAGE_MASK: Final = PAGE_SIZE - 1
_NUMBER: Final = 0x1B
_LOAD_ECX: Final = b"\xb9\x1b\x00\x00\x00"
_RDMSR: Final = b"\x0f\x32"
_REACH: Final = 24
"""Bytes after the load of ECX that are searched for RDMSR."""
_PLACES: Final = 16
"""Maximum of RDMSRs with hooks: each hook costs a comparison at every instruction."""
_SEEN: Final = 4096
"""Pages remembered as searched."""


class ApicBaseReads:
    """Watches the code that ``engine`` translates. ``read(address, size)`` reads code at a linear address, or b""."""

    def __init__(self, engine: Engine, read: Callable[[int, int], bytes]) -> None:
        """Raises UcError."""
        self._engine = engine
        self._read = read
        self._seen: BoundedCache[int, None] = BoundedCache(_SEEN)
        self._places: set[int] = set()
        self._reading = False
        engine.hook_add(UC_HOOK_EDGE_GENERATED, self._translated)

    def begin(self, address: int) -> None:
        """Search the page of linear ``address``, where a run begins."""
        page = address & ~_PAGE_MASK
        if page not in self._seen:
            self._seen.keep(page, None)
            self._search(page, PAGE_SIZE)

    def _translated(self, _engine: object, block: Any, _previous: object, _data: object) -> None:
        self.begin(block.pc)
        self._search(block.pc, block.size)

    def _search(self, address: int, size: int) -> None:
        code = self._read(address, size)
        at = code.find(_LOAD_ECX)
        while at >= 0:
            behind = at + len(_LOAD_ECX)
            place = code.find(_RDMSR, behind, behind + _REACH)
            if place >= 0:
                self._watch(address + place)
            at = code.find(_LOAD_ECX, behind)

    def _watch(self, place: int) -> None:
        if place in self._places or len(self._places) >= _PLACES:
            return
        self._places.add(place)
        behind = place + len(_RDMSR)
        self._engine.hook_add(UC_HOOK_CODE, self._before, begin=place, end=place)
        self._engine.hook_add(UC_HOOK_CODE, self._behind, begin=behind, end=behind)

    def _before(self, *_: object) -> None:
        self._reading = self._engine.reg_read(x86.UC_X86_REG_ECX) == _NUMBER

    def _behind(self, *_: object) -> None:
        if self._reading:
            self._reading = False
            self._engine.reg_write(x86.UC_X86_REG_RAX, VALUE)
            self._engine.reg_write(x86.UC_X86_REG_RDX, 0)
