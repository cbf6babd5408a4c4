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
"""Bytes of a PCI Express function's configuration space."""
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
"""Resolved accesses to a device's own registers that are kept."""

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
    """What the header says of a function. ``class_code``: class, subclass, prog-if in 24 bits; pin 0 none, 1 INTA#."""

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
        """Bytes of the register: 8 for a 64-bit BAR, which takes the next slot too."""
        return 8 if self.type == "mem64" else 4

    @property
    def flags(self) -> int:
        """The read-only low bits."""
        kind = {"io": 1, "mem32": 0, "mem64": 4, "rom": 0}[self.type]
        return kind | (8 if self.prefetchable and self.type != "rom" else 0)

    @property
    def granularity(self) -> int:
        """The smallest size that the address bits can express: 4 for ports, 16 for memory, 2 KiB for a ROM."""
        return {"io": 4, "mem32": 16, "mem64": 16, "rom": 2048}[self.type]


class _Answer(NamedTuple):
    """A resolved access to a device's own registers; ``stored`` bits of it are a capability's bytes."""

    read: Reader
    write: Writer
    stored: int


class PciConfig:
    """``size`` bytes of configuration space. No access to it raises, whatever its offset, size and value.

    ``changed(offset, size)`` is called after each write to the header. Raises DeviceError for BARs that overlap.
    """

    def __init__(self, identity: PciIdentity, bars: Sequence[Bar] = (), size: int = SIZE) -> None:
        self.size = size
        self.data = bytearray(size)
        self.writable = bytearray(size)
        self.cleared = bytearray(size)
        """Bits that a write of 1 clears."""
        self.driven = bytearray(size)
        """Bits that the function itself changes: a snapshot's may differ there."""
        self.kept = bytearray(size)
        """Bits that a reset of the function alone leaves as they are."""
        self.asleep = False
        """In a power state other than D0: nothing but configuration space answers."""
        self.bars = tuple(bars)
        self.changed: Callable[[int, int], None] = _nothing
        self.observer: AccessObserver | None = None
        """Hears the guest's accesses; for a recorder."""
        self._banks: list[IoOps] = []
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
        """Set ``size`` bytes whatever their masks: the hardware's side."""
        self.data[offset : offset + size] = value.to_bytes(size, "little")

    def get(self, offset: int, size: int) -> int:
        """``size`` bytes as stored: the hardware's side."""
        return int.from_bytes(self.data[offset : offset + size], "little")

    def allow(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits the guest may write."""
        self.writable[offset : offset + size] = mask.to_bytes(size, "little")

    def clear(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits a guest clears by writing 1."""
        self.cleared[offset : offset + size] = mask.to_bytes(size, "little")

    def drive(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits the function itself changes."""
        self.driven[offset : offset + size] = mask.to_bytes(size, "little")

    def watch(self, offset: int, size: int, callback: Callable[[], None]) -> None:
        """Call ``callback()`` after each write of the guest that touches ``size`` bytes at ``offset``."""
        self._watches.append((offset, offset + size, callback))

    def keep(self, offset: int, mask: int, size: int) -> None:
        """Declare which bits a reset of the function alone leaves as they are."""
        self.kept[offset : offset + size] = mask.to_bytes(size, "little")

    def add_capability(self, identifier: int, body: bytes, writable: bytes = b"", at: int | None = None) -> int:
        """Append a capability to the list, at offset ``at`` or behind the one before; returns its offset.

        ``body`` follows its two header bytes; a reset puts ``writable`` bits to what it has there. Raises DeviceError
        when there is no room for it.
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
        """Append an extended capability to their list, as ``add_capability`` does. ``body`` follows the header's dword.

        The first one stands at 0x100.
        """
        offset = self._next_extended if at is None else at
        end = offset + 4 + len(body)
        if self._last_extended is None and offset != FIRST_EXTENDED:
            raise DeviceError(f"the first extended capability stands at {FIRST_EXTENDED:#x}, not at {offset:#x}")
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
        """Let ``ops`` answer where it has something declared: a device's own registers behind the header.

        Its offsets are those of the whole space.
        """
        self._banks.append(ops)
        self._answers.clear()

    # --- the guest's side ----------------------------------------------------------------

    def read(self, offset: int, size: int) -> int:
        """A little-endian read of 1..8 bytes; bytes beyond the space are ones."""
        if self.observer is None:
            return self._read(offset, size)
        self.observer.before(False, offset, size, 0)
        value = self._read(offset, size)
        self.observer.after(False, offset, size, value)
        return value

    def write(self, offset: int, value: int, size: int) -> None:
        """A little-endian write of 1..8 bytes; bits that are read-only keep their values."""
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
        for place in range(offset, min(offset + size, self.size)):
            shift = 8 * (place - offset)
            byte, mask = value >> shift & 0xFF, lanes >> shift & 0xFF
            changed = self.writable[place] & mask
            cleared = self.cleared[place] & mask
            self.data[place] = (self.data[place] & ~changed | byte & changed) & ~(byte & cleared)
        if lanes:
            self._tell(offset, size)
        if offset < FIRST_CAPABILITY:
            self.changed(offset, size)

    def _answer(self, offset: int, size: int) -> _Answer | None:
        """What the device's own registers do with an access; None if none of them answers it."""
        if not self._banks:
            return None
        key = (offset, size)
        if key in self._answers:
            return self._answers[key]
        bank = self.bank_at(offset, size)
        if bank is None:
            return self._answers.keep(key, None)
        read, write = bank.resolve_read(offset, size), bank.resolve_write(offset, size)
        return self._answers.keep(key, _Answer(read, write, self._stored(bank, offset, size)))

    def _tell(self, offset: int, size: int) -> None:
        for start, end, written in self._watches:
            if offset < end and start < offset + size:
                written()

    def _stored(self, bank: IoOps, offset: int, size: int) -> int:
        """Which bits of an access that ``bank`` answers are a capability's bytes under none of its registers."""
        lanes = 0
        for at in range(size):
            if self._owned[offset + at] and not bank.cacheable(offset + at, 1):
                lanes |= 0xFF << 8 * at
        return lanes

    def bank_at(self, offset: int, size: int) -> IoOps | None:
        """The device's own registers that answer an access there, if any."""
        if offset < FIRST_CAPABILITY or offset + size > self.size:
            return None
        return next((bank for bank in self._banks if bank.cacheable(offset, size)), None)

    @property
    def command(self) -> int:
        """The command register, 16 bits."""
        return self.get(COMMAND, 2)

    def bar_address(self, bar: Bar) -> int | None:
        """Where the guest has placed ``bar``; None while it is not decoded.

        Not decoded: its decode bit is off, the function is asleep, the address is 0, or it does not end below its
        space's limit. The last holds while a guest sizes the BAR by writing ones, so that sizing maps nothing.
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
        """Place ``bar`` as firmware would (its low bits stay)."""
        self.write(bar.register, address | (_ROM_ENABLE if bar.type == "rom" else 0), bar.width)

    def reset(self) -> None:
        """Bus reset: all that the guest can write takes its first value, which is 0 but in some capabilities."""
        free = _bits(self.writable) | _bits(self.cleared)
        self.put(0, _bits(self.data) & ~free | _bits(self._defaults), self.size)
        self.changed(0, FIRST_CAPABILITY)

    def kept_bits(self) -> int:
        """The values of the bits that a reset of the function alone leaves as they are."""
        return _bits(self.data) & _bits(self.kept)

    def put_kept(self, bits: int) -> None:
        """Put back what ``kept_bits`` gave."""
        self.put(0, _bits(self.data) & ~_bits(self.kept) | bits, self.size)

    # --- snapshots -----------------------------------------------------------------------

    def save(self) -> str:
        """The space's bytes as hex."""
        return self.data.hex()

    def check_state(self, data: Json) -> bytes:
        """The bytes that ``save`` gave. Raises StateError if read-only bits differ from this function's."""
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
        """Put checked bytes in force."""
        self.data[:] = saved
        self.changed(0, FIRST_CAPABILITY)


def _bits(data: bytes | bytearray) -> int:
    return int.from_bytes(data, "little")


def _nothing(_offset: int, _size: int) -> None:
    """Nobody hears of changes yet."""
