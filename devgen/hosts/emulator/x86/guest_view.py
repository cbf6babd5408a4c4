"""The guest's memory as its processor addresses it: linear addresses, segments, descriptors."""

from __future__ import annotations

from typing import Final

from devgen.hosts.emulator.x86.cpu import CR0_PG, FLAG_VM, Cpu
from devgen.hosts.emulator.x86.descriptor import Descriptor
from devgen.hosts.emulator.x86.paging import Paging
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.ram_block import PAGE_SIZE

GENERAL_PROTECTION: Final = 13
PAGE_FAULT: Final = 14
INVALID_TSS: Final = 10
NOT_PRESENT: Final = 11
_WRITE: Final = 2
"""The page fault's error code for a store to a page that is not present (SDM volume 3, 4.7)."""


class GuestFault(Exception):
    """A fault during an implicit memory access of the processor, for example to the IDT or the stack."""

    def __init__(self, vector: int, error: int = 0, address: int | None = None) -> None:
        """``vector`` and ``error``, its error code; ``address``: the linear address of a page fault."""
        super().__init__(f"fault {vector}, error code {error:#x}")
        self.vector = vector
        self.error = error
        self.address = address


class GuestView:
    """Memory as the processor sees it now. It reads control registers once, so create one for each use."""

    def __init__(self, cpu: Cpu, memory: AddressSpace) -> None:
        """The processor must not be running."""
        self._cpu = cpu
        self._memory = memory
        cr0 = cpu.cr0
        self.protected = bool(cr0 & 1)
        self.long = cpu.long
        self.virtual_8086 = self.protected and bool(cpu.flags & FLAG_VM)
        self._paging = Paging(bool(cr0 & CR0_PG), cpu.cr3, cpu.cr4, self.long)

    def _physical(self, linear: int, *, write: bool = False) -> int:
        if not self.long:
            linear &= 0xFFFFFFFF
        address = self._paging.translate(linear, self._table_entry)
        if address is None:
            raise GuestFault(PAGE_FAULT, _WRITE if write else 0, linear)
        return address

    def _table_entry(self, address: int, size: int) -> int:
        """A page table's entry; read as DMA, so that observers do not count it as an access of the guest."""
        return int.from_bytes(self._memory.read_bytes(address, size), "little")

    def read(self, linear: int, size: int) -> int:
        """Read an integer of ``size`` bytes. Raises GuestFault where no page is present."""
        return int.from_bytes(self.read_bytes(linear, size), "little")

    def read_bytes(self, linear: int, size: int) -> bytes:
        """Read ``size`` bytes. Raises GuestFault where no page is present."""
        found = b""
        while len(found) < size:
            at = linear + len(found)
            length = min(size - len(found), PAGE_SIZE - at % PAGE_SIZE)
            found += self._memory.read_bytes(self._physical(at), length)
        return found

    def write(self, linear: int, value: int, size: int) -> None:
        """Store an integer of ``size`` bytes. Raises GuestFault, with nothing written, where no page is present."""
        data = value.to_bytes(size, "little")
        places = [self._physical(linear + index, write=True) for index in range(size)]
        if places[-1] - places[0] == size - 1:
            self._memory.write_bytes(places[0], data)
            return
        for place, byte in zip(places, data, strict=True):
            self._memory.write_bytes(place, bytes((byte,)))

    def descriptor(self, selector: int, *, external: int = 0) -> Descriptor:
        """The GDT's descriptor of ``selector``. Raises GuestFault for the null selector and one beyond the table."""
        code = selector & 0xFFF8 | external
        if not selector & ~3:
            raise GuestFault(GENERAL_PROTECTION, external)
        base, limit = self._cpu.gdt
        if selector & 4 or (selector | 7) > limit:
            raise GuestFault(GENERAL_PROTECTION, selector & 0xFFFC | external)
        return Descriptor(self.read(base + (code & 0xFFF8), 8))

    def segment(self, selector: int) -> tuple[int, bool]:
        """Base of a loaded segment, and whether offsets in it are 32 bits wide."""
        if not self.protected or self.virtual_8086:
            return selector << 4, False
        try:
            descriptor = self.descriptor(selector)
        except GuestFault:
            return 0, True
        return descriptor.base, descriptor.big

    def code_address(self, pc: int) -> int:
        """Linear address of offset ``pc`` in the code segment."""
        if self._cpu.runs_64_bit_code:
            return pc
        return self.segment(self._cpu.cs)[0] + pc & 0xFFFFFFFF

    def opcode(self, pc: int) -> bytes:
        """The first bytes of the instruction at ``pc``, without prefixes; empty where there is no memory."""
        try:
            code = self.read_bytes(self.code_address(pc), 8)
        except GuestFault:
            return b""
        prefixes = _PREFIXES | _REX if self.long else _PREFIXES
        return code.lstrip(bytes(prefixes))

    def before(self, pc: int) -> bytes:
        """The two bytes before ``pc``; zeros where there is no memory."""
        try:
            return self.read_bytes(self.code_address(pc) - 2 & 0xFFFF_FFFF_FFFF_FFFF, 2)
        except GuestFault:
            return b"\0\0"


_PREFIXES: Final = frozenset((0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF2, 0xF3))
_REX: Final = frozenset(range(0x40, 0x50))
