"""A PCI function's configuration space: the type 0 header, its write masks, BARs and capabilities.

Sources: PCI Local Bus Specification 3.0, sections 6.1 (header), 6.2.2 and 6.2.3 (command, status), 6.2.5 (BARs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.base.faults import DeviceError, StateError
from devgen.runtime.base.plain_state import Json

if TYPE_CHECKING:
    from devgen.runtime.device.device import BarIndex
    from devgen.runtime.memory.access import AccessObserver, IoOps, Reader, Writer

BarType = Literal["io", "mem32", "mem64", "rom"]

SIZE = 256
EXTENDED_SIZE = 4096
"""Size in bytes of a PCI Express function's configuration space."""
COMMAND = 0x04
STATUS = 0x06
CACHE_LINE = 0x0C
HEADER_TYPE = 0x0E
BAR0 = 0x10
ROM = 0x30
CAPABILITIES = 0x34
INTERRUPT_LINE = 0x3C
INTERRUPT_PIN = 0x3D
FIRST_CAPABILITY = 0x40
FIRST_EXTENDED = 0x100
KEPT: Final = 1024
"""Most cached accesses to a device's own registers."""

COMMAND_IO = 1 << 0
COMMAND_MEMORY = 1 << 1
COMMAND_MASTER = 1 << 2
COMMAND_INTX_DISABLE = 1 << 10
_COMMAND_WRITABLE = 0x0547  # io, memory, master, parity response, SERR#, INTx disable
STATUS_INTERRUPT = 1 << 3
STATUS_CAPABILITIES = 1 << 4
_STATUS_CLEARED = 0xF900  # the error bits: write 1 to clear

_IO_LIMIT = 1 << 16
_MEM32_LIMIT = 1 << 32
_ROM_ENABLE = 1


@dataclass(slots=True, frozen=True)
class PciIdentity:
    """Identification registers. ``class_code``: class, subclass, prog-if (24 bits). ``interrupt_pin``: 1 is INTA#."""

    vendor: int
    device: int
    revision: int = 0
    class_code: int = 0xFF0000
    subsystem_vendor: int = 0
    subsystem_device: int = 0
    interrupt_pin: int = 0


@dataclass(slots=True, frozen=True)
class Bar:
    """A base address register: index 0..5 or "rom"; ``size`` in bytes, a power of two."""

    index: BarIndex
    type: BarType
    size: int
    prefetchable: bool = False

    @property
    def register(self) -> int:
        """Offset of the register in the header."""
        return ROM if self.index == "rom" else BAR0 + 4 * int(self.index)

    @property
    def width(self) -> int:
        """Size of the register in bytes: 8 for a 64-bit BAR, which also uses the next BAR's register."""
        return 8 if self.type == "mem64" else 4

    @property
    def flags(self) -> int:
        """The read-only low bits."""
        kind = {"io": 1, "mem32": 0, "mem64": 4, "rom": 0}[self.type]
        return kind | (8 if self.prefetchable and self.type != "rom" else 0)

    @property
    def granularity(self) -> int:
        """The smallest size in bytes that the address bits can express: 4 for I/O, 16 for memory, 2 KiB for a ROM."""
        return {"io": 4, "mem32": 16, "mem64": 16, "rom": 2048}[self.type]


class _Answer(NamedTuple):
    """A resolved access to a device's own registers; the bits in ``stored`` belong to a capability instead."""

    read: Reader
    write: Writer
    stored: int


class PciConfig:
    """The configuration space of a function, ``size`` bytes. No access of any offset, size and value raises.

    ``changed(offset, size)`` is called after each write to the header. Raises DeviceError for BARs that overlap, do not
    fit into the header or have an impossible size.
    """

    def __init__(self, identity: PciIdentity, bars: Sequence[Bar] = (), size: int = SIZE) -> None:
        self.size = size
        self.data = bytearray(size)
        self.writable = bytearray(size)
        self.cleared = bytearray(size)
        """Bits that are cleared by writing 1."""
        self.driven = bytearray(size)
        """Bits that the function itself changes; a saved state may differ in them."""
        self.kept = bytearray(size)
        """Bits that a function-level reset does not change (sticky bits)."""
        self.asleep = False
        """Whether the power state is not D0: the function then responds to configuration accesses only."""
        self.bars = tuple(bars)
        self.changed: Callable[[int, int], None] = _nothing
        self.observer: AccessObserver | None = None
        """Called for the guest's accesses; used by a recorder."""
        self.banks: list[IoOps] = []
        self._answers: BoundedCache[tuple[int, int], _Answer | None] = BoundedCache(KEPT)
        self._watches: list[tuple[int, int, Callable[[], None]]] = []
        self._owned = bytearray(size)
        self._defaults = bytearray(size)
        self._next_capability = FIRST_CAPABILITY
        self._last_capability = CAPABILITIES
        self._next_extended = FIRST_EXTENDED
        self._last_extended: int | None = None
        self._identify(identity)
        self._add_bars()

    def _identify(self, identity: PciIdentity) -> None:
        self.put(0x00, identity.vendor, 2)
        self.put(0x02, identity.device, 2)
        self.put(0x08, identity.revision, 1)
        self.put(0x09, identity.class_code, 3)
        self.put(0x2C, identity.subsystem_vendor, 2)
        self.put(0x2E, identity.subsystem_device, 2)
        self.put(INTERRUPT_PIN, identity.interrupt_pin, 1)
        self.allow(COMMAND, _COMMAND_WRITABLE, 2)
        self.allow(CACHE_LINE, 0xFF, 1)
        self.allow(INTERRUPT_LINE, 0xFF, 1)
        self.clear(STATUS, _STATUS_CLEARED, 2)
        self.drive(STATUS, STATUS_INTERRUPT, 2)

    def _add_bars(self) -> None:
        taken: set[int] = set()
        for bar in self.bars:
            slots = set(range(bar.register, bar.register + bar.width, 4))
            fits = bar.register == ROM or max(slots) < BAR0 + 24
            if slots & taken or not fits:
                raise DeviceError(f"BAR {bar.index} overlaps another or does not fit into the header")
            if bar.size & (bar.size - 1) or bar.size < bar.granularity:
                raise DeviceError(f"BAR {bar.index}: size {bar.size:#x} is not a power of two of {bar.granularity} up")
            taken |= slots
            self.put(bar.register, bar.flags, bar.width)
            enable = _ROM_ENABLE if bar.type == "rom" else 0
            self.allow(bar.register, -bar.size & ((1 << 8 * bar.width) - 1) | enable, bar.width)

    # --- building ----------------------------------------------------------------------

    def put(self, offset: int, value: int, size: int) -> None:
        """Set ``size`` bytes for the device, ignoring the write masks."""
        self.data[offset : offset + size] = value.to_bytes(size, "little")

    def get(self, offset: int, size: int) -> int:
        """Return the stored value of ``size`` bytes, for the device."""
        return int.from_bytes(self.data[offset : offset + size], "little")

    def allow(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits the guest may write."""
        self.writable[offset : offset + size] = mask.to_bytes(size, "little")

    def clear(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits are cleared by writing 1 (RW1C)."""
        self.cleared[offset : offset + size] = mask.to_bytes(size, "little")

    def drive(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits the function itself changes."""
        self.driven[offset : offset + size] = mask.to_bytes(size, "little")

    def watch(self, offset: int, size: int, callback: Callable[[], None]) -> None:
        """Call ``callback()`` after each guest write that overlaps the ``size`` bytes at ``offset``."""
        self._watches.append((offset, offset + size, callback))

    def keep(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits a function-level reset does not change (sticky bits)."""
        self.kept[offset : offset + size] = mask.to_bytes(size, "little")

    def add_capability(self, identifier: int, body: bytes, writable: bytes = b"", at: int | None = None) -> int:
        """Append a capability to the list, at offset ``at`` or after the previous capability; return its offset.

        ``body`` follows the two header bytes. ``writable`` is the write mask of ``body``; a reset sets the writable
        bits to their values in ``body``. Raises DeviceError if the capability does not fit there.
        """
        offset = self._next_capability if at is None else at
        end = offset + 2 + len(body)
        self._take(f"capability {identifier:#x}", offset, end, FIRST_CAPABILITY, SIZE)
        self.data[offset : offset + 2] = bytes((identifier, 0))
        self._fill(offset + 2, body, writable)
        self.data[self._last_capability] = offset
        self._last_capability = offset + 1
        self._next_capability = (end + 3) & ~3
        self.data[STATUS] |= STATUS_CAPABILITIES
        return offset

    def add_extended(self, identifier: int, version: int, body: bytes, at: int | None = None) -> int:
        """Append an extended capability, the first at 0x100; return its offset. ``body`` follows the header's dword."""
        offset = self._next_extended if at is None else at
        end = offset + 4 + len(body)
        if self._last_extended is None and offset != FIRST_EXTENDED:
            raise DeviceError(f"the first extended capability must be at {FIRST_EXTENDED:#x}, not at {offset:#x}")
        self._take(f"extended capability {identifier:#x}", offset, end, FIRST_EXTENDED, self.size)
        if self._last_extended is not None:
            self.put(self._last_extended, self.get(self._last_extended, 4) | offset << 20, 4)
        self.put(offset, identifier | version << 16, 4)
        self._fill(offset + 4, body)
        self._last_extended = offset
        self._next_extended = (end + 3) & ~3
        return offset

    def _take(self, name: str, start: int, end: int, low: int, high: int) -> None:
        if start < low or end > high or start & 3 or any(self._owned[start:end]):
            raise DeviceError(f"no room in configuration space for {name} at {start:#x}")
        self._owned[start:end] = b"\1" * (end - start)
        self._answers.clear()

    def _fill(self, offset: int, body: bytes, writable: bytes = b"") -> None:
        self.data[offset : offset + len(body)] = body
        self.writable[offset : offset + len(writable)] = writable
        self._defaults[offset : offset + len(writable)] = bytes(a & b for a, b in zip(body, writable, strict=False))

    def add_bank(self, ops: IoOps) -> None:
        """Add the device's own registers: ``ops`` carry out accesses after the header where a register is declared.

        Offsets of ``ops`` are offsets of configuration space.
        """
        self.banks.append(ops)
        self._answers.clear()

    # --- accesses by the guest -----------------------------------------------------------

    def read(self, offset: int, size: int) -> int:
        """Read a little-endian value of 1 to 8 bytes; bytes beyond the end of the space read as 0xff."""
        if self.observer is None:
            return self._read(offset, size)
        self.observer.before(False, offset, size, 0)
        value = self._read(offset, size)
        self.observer.after(False, offset, size, value)
        return value

    def write(self, offset: int, value: int, size: int) -> None:
        """Write a little-endian value of 1 to 8 bytes; read-only bits keep their values."""
        if self.observer is None:
            self._write(offset, value, size)
            return
        self.observer.before(True, offset, size, value)
        self._write(offset, value, size)
        self.observer.after(True, offset, size, value)

    def _read(self, offset: int, size: int) -> int:
        answer = self._answer(offset, size)
        if answer is not None:
            return answer.read() & ~answer.stored | self.get(offset, size) & answer.stored
        found = bytes(self.data[offset : offset + size])
        return int.from_bytes(found + b"\xff" * (size - len(found)), "little")

    def _write(self, offset: int, value: int, size: int) -> None:
        answer = self._answer(offset, size)
        lanes = (1 << 8 * size) - 1
        if answer is not None:
            answer.write(value & lanes)
            lanes = answer.stored
        for at in range(offset, min(offset + size, self.size)):
            shift = 8 * (at - offset)
            byte, mask = value >> shift & 0xFF, lanes >> shift & 0xFF
            changed = self.writable[at] & mask
            cleared = self.cleared[at] & mask
            self.data[at] = (self.data[at] & ~changed | byte & changed) & ~(byte & cleared)
        if lanes:
            self._notify(offset, size)
        if offset < FIRST_CAPABILITY:
            self.changed(offset, size)

    def _answer(self, offset: int, size: int) -> _Answer | None:
        """Resolve an access to the device's own registers; None if it accesses none of them."""
        if not self.banks:
            return None
        key = (offset, size)
        if key in self._answers:
            return self._answers[key]
        bank = self.bank_at(offset, size)
        if bank is None:
            return self._answers.keep(key, None)
        read, write = bank.resolve_read(offset, size), bank.resolve_write(offset, size)
        return self._answers.keep(key, _Answer(read, write, self._stored(bank, offset, size)))

    def _notify(self, offset: int, size: int) -> None:
        for start, end, callback in self._watches:
            if offset < end and start < offset + size:
                callback()

    def _stored(self, bank: IoOps, offset: int, size: int) -> int:
        """Return the mask of an access's bits that belong to a capability and not to a register of ``bank``."""
        lanes = 0
        for at in range(size):
            if self._owned[offset + at] and not bank.cacheable(offset + at, 1):
                lanes |= 0xFF << 8 * at
        return lanes

    def bank_at(self, offset: int, size: int) -> IoOps | None:
        """Return the device's own registers that an access overlaps, or None."""
        if offset < FIRST_CAPABILITY or offset + size > self.size:
            return None
        return next((bank for bank in self.banks if bank.cacheable(offset, size)), None)

    @property
    def command(self) -> int:
        """The command register, 16 bits."""
        return self.get(COMMAND, 2)

    def bar_address(self, bar: Bar) -> int | None:
        """Return the address of ``bar``, or None while it is not decoded.

        A BAR is not decoded if its decode bit is clear, the function is asleep, the address is 0, or the BAR does not
        end below the limit of its address space. The last is the case while a guest sizes the BAR by writing all ones,
        so sizing maps nothing.
        """
        needed = COMMAND_IO if bar.type == "io" else COMMAND_MEMORY
        if self.asleep or not self.command & needed:
            return None
        value = self.get(bar.register, bar.width)
        if bar.type == "rom" and not value & _ROM_ENABLE:
            return None
        address = value & -bar.size
        limit = {"io": _IO_LIMIT, "mem32": _MEM32_LIMIT, "rom": _MEM32_LIMIT, "mem64": 1 << 64}[bar.type]
        return address if address > 0 and address + bar.size < limit else None

    def set_bar(self, bar: Bar, address: int) -> None:
        """Write ``address`` to ``bar`` as firmware does; a ROM BAR is also enabled."""
        self.write(bar.register, address | (_ROM_ENABLE if bar.type == "rom" else 0), bar.width)

    def reset(self) -> None:
        """Bus reset: set all writable bits to their reset values, which are 0 except in some capabilities."""
        free = _bits(self.writable) | _bits(self.cleared)
        self.put(0, _bits(self.data) & ~free | _bits(self._defaults), self.size)
        self.changed(0, FIRST_CAPABILITY)

    def kept_bits(self) -> int:
        """Return the values of the bits that a function-level reset does not change."""
        return _bits(self.data) & _bits(self.kept)

    def put_kept(self, bits: int) -> None:
        """Restore the value that ``kept_bits`` returned."""
        self.put(0, _bits(self.data) & ~_bits(self.kept) | bits, self.size)

    # --- snapshots -----------------------------------------------------------------------

    def save(self) -> str:
        """Return all bytes as hexadecimal text."""
        return self.data.hex()

    def check_state(self, data: Json) -> bytes:
        """Return the bytes of saved data. Raises StateError for another size or if read-only bits differ."""
        try:
            saved = bytes.fromhex(data) if isinstance(data, str) else b""
        except ValueError:
            saved = b""
        if len(saved) != self.size:
            raise StateError(f"configuration space must be {self.size} bytes in hex")
        free = _bits(self.writable) | _bits(self.cleared) | _bits(self.driven)
        differing = (_bits(saved) ^ _bits(self.data)) & ~free
        if differing:
            place = ((differing & -differing).bit_length() - 1) // 8
            raise StateError(f"configuration space differs in read-only bits at {place:#04x}")
        return saved

    def load(self, saved: bytes) -> None:
        """Restore checked bytes."""
        self.data[:] = saved
        self.changed(0, FIRST_CAPABILITY)


def _bits(data: bytes | bytearray) -> int:
    return int.from_bytes(data, "little")


def _nothing(_offset: int, _size: int) -> None:
    """Do nothing: the default callback."""
