"""Message-signalled interrupts: the MSI and MSI-X capabilities and what stands behind them.

A message is a write of 32 bits by which a function interrupts: the guest chooses its address and data. MSI keeps one
address and a block of data values in the capability; MSI-X keeps a pair for each vector in a table in memory space, and
shows what waits for a masked vector in its pending bit array (PBA).

Sources: PCI Local Bus Specification 3.0, sections 6.8.1 (MSI) and 6.8.2 (MSI-X).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, Protocol

from devgen.runtime.base.faults import DeviceError, StateError
from devgen.runtime.base.plain_state import Json, integer, mapping, sequence
from devgen.runtime.memory.access import Access
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.pci.config_space import PciConfig

MSI_ID: Final = 0x05
MSIX_ID: Final = 0x11
MSI_VECTORS: Final = (1, 2, 4, 8, 16, 32)
MSIX_VECTORS: Final = 2048
ENTRY: Final = 16
"""Bytes of an entry of the MSI-X table."""

_MSI_ENABLE = 1 << 0
_MSI_64_BIT = 1 << 7
_MSI_MASKING = 1 << 8
_MSI_CONTROL_WRITABLE = 0x0071  # enable, multiple message enable
_MSIX_ENABLE = 1 << 15
_MSIX_MASK_ALL = 1 << 14
_MSIX_CONTROL_WRITABLE = _MSIX_ENABLE | _MSIX_MASK_ALL
_ENTRY: Final = ("ADDRESS", "UPPER_ADDRESS", "DATA", "CONTROL")
"""The words of a table entry (PCI 3.0, 6.8.2)."""

_TABLE_ACCESS = Access((4, 8), (4, 4))

Send = Callable[[int, int], None]
"""``send(address, data)``: the function writes 32 bits."""


class MessagePath(Protocol):
    """A host's own way for the messages of one capability, where it has a quicker one than the function's write."""

    def send(self, vector: int, address: int, data: int) -> bool:
        """Deliver the message of ``vector``; False: the function shall write it, as it would without a host."""
        ...

    def drop(self) -> None:
        """The capability is off, reset or restored: nothing that was kept for its vectors is good any more."""
        ...


@dataclass(slots=True, frozen=True)
class Msi:
    """An MSI capability with 64-bit addresses: ``vectors`` is a power of two up to 32; ``masking`` is per vector.

    ``at`` is its offset in configuration space; None: behind the capability before it.
    """

    vectors: int = 1
    masking: bool = False
    at: int | None = None


@dataclass(slots=True, frozen=True)
class MsiX:
    """An MSI-X capability: ``vectors`` up to 2048, the ``table`` and the ``pending`` bits at offsets of their BARs."""

    vectors: int
    bar: int
    table: int
    pending: int
    pending_bar: int
    at: int | None = None

    @property
    def table_size(self) -> int:
        """Bytes of the table."""
        return ENTRY * self.vectors

    @property
    def pending_size(self) -> int:
        """Bytes of the pending bit array: whole 64-bit words."""
        return 8 * (-(-self.vectors // 64))


class MsiMessages:
    """The state behind an `Msi` capability. Raises DeviceError for a number of vectors that MSI cannot express."""

    kind: Final[Literal["msi"]] = "msi"

    def __init__(self, config: PciConfig, what: Msi, send: Send, changed: Callable[[], None]) -> None:
        if what.vectors not in MSI_VECTORS:
            raise DeviceError(f"MSI with {what.vectors} vectors; they are a power of two up to 32")
        self.vectors = what.vectors
        self.masking = what.masking
        self.path: MessagePath | None = None
        self._config = config
        self._send = send
        self._changed = changed
        control = what.vectors.bit_length() - 1 << 1 | _MSI_64_BIT | (_MSI_MASKING if what.masking else 0)
        size = 24 if what.masking else 14
        body, writable = bytearray(size - 2), bytearray(size - 2)
        body[0:2] = control.to_bytes(2, "little")
        writable[0:2] = _MSI_CONTROL_WRITABLE.to_bytes(2, "little")
        writable[2:10] = (-4 & (1 << 64) - 1).to_bytes(8, "little")
        writable[10:12] = b"\xff\xff"
        mask = (1 << what.vectors) - 1
        if what.masking:
            writable[14:18] = mask.to_bytes(4, "little")
        self.offset = config.add_capability(MSI_ID, bytes(body), bytes(writable), at=what.at)
        if what.masking:
            config.drive(self.offset + 20, mask, 4)
        config.watch(self.offset, size, self._written)

    @property
    def enabled(self) -> bool:
        """Whether the guest has turned MSI on."""
        return bool(self._control & _MSI_ENABLE)

    @property
    def allocated(self) -> int:
        """Vectors that the guest has given, at most those wanted."""
        return min(1 << (self._control >> 4 & 7), self.vectors)

    def granted(self, vector: int) -> int:
        """Which vector the guest hears instead of ``vector``."""
        return vector % self.allocated

    def raise_vector(self, vector: int) -> None:
        """Send the message of ``vector``; while it is masked, keep it pending.

        A guest may give fewer vectors than were asked for: those that are left share them, in turn.
        """
        vector = self.granted(vector)
        if self.masking and self._get(16, 4) >> vector & 1:
            self.set_pending(vector, True)
        else:
            self._deliver(vector)

    def set_pending(self, vector: int, pending: bool) -> None:
        """Show ``vector`` as pending, or no longer. Without masking there is nowhere to show it."""
        if self.masking:
            bits = self._get(20, 4) & ~(1 << vector)
            self._config.put(self.offset + 20, bits | pending << vector, 4)

    def open_messages(self, vectors: range) -> Iterator[tuple[int, int, int]]:
        """Vector, address and data of each of ``vectors`` that would be sent at once if it were raised now."""
        if self.enabled:
            masked = self._get(16, 4) if self.masking else 0
            for vector in vectors:
                if vector < self.allocated and not masked >> vector & 1:
                    yield vector, *self._message(vector)

    def _message(self, vector: int) -> tuple[int, int]:
        return self._get(4, 8), self._get(12, 2) & ~(self.allocated - 1) | vector

    def _deliver(self, vector: int) -> None:
        _deliver(self.path, self._send, vector, *self._message(vector))

    def _written(self) -> None:
        self._changed()
        if not self.enabled:
            _drop(self.path)
        if not self.masking:
            return
        due = self._get(20, 4) & ~self._get(16, 4) if self.enabled else 0
        for vector in range(self.vectors):
            if due >> vector & 1:
                self.set_pending(vector, False)
                self._deliver(vector)

    @property
    def _control(self) -> int:
        return self._get(2, 2)

    def _get(self, offset: int, size: int) -> int:
        return self._config.get(self.offset + offset, size)

    def reset(self) -> None:
        """Bus reset; configuration space clears what the guest has written by itself."""
        _drop(self.path)
        if self.masking:
            self._config.put(self.offset + 20, 0, 4)

    def save(self) -> Json:
        """Nothing: all of it stands in configuration space."""
        return None

    def check_state(self, data: Json) -> None:
        """Raises StateError for anything but what ``save`` gives."""
        if data is not None:
            raise StateError("MSI has no state of its own")

    def load_state(self, data: Json) -> None:
        """All of it is restored with configuration space."""
        _drop(self.path)


class MsiXMessages:
    """The state behind an `MsiX` capability: the table, as a region for its BAR, and the pending bits as another.

    Raises DeviceError for a number of vectors or offsets that MSI-X cannot express.
    """

    kind: Final[Literal["msix"]] = "msix"

    def __init__(self, config: PciConfig, what: MsiX, send: Send, changed: Callable[[], None]) -> None:
        if not 1 <= what.vectors <= MSIX_VECTORS:
            raise DeviceError(f"MSI-X with {what.vectors} vectors; there are 1 to {MSIX_VECTORS}")
        if what.table % 8 or what.pending % 8:
            raise DeviceError("the MSI-X table and its pending bits start at multiples of 8")
        self.vectors = what.vectors
        self.masking = True
        self.path: MessagePath | None = None
        self._config = config
        self._send = send
        self._changed = changed
        self._enabled = False
        self._entries = [[0, 0, 0, 1] for _ in range(what.vectors)]
        self._pending = 0
        body = (what.vectors - 1).to_bytes(2, "little")
        body += (what.table | what.bar).to_bytes(4, "little")
        body += (what.pending | what.pending_bar).to_bytes(4, "little")
        self.offset = config.add_capability(MSIX_ID, body, _MSIX_CONTROL_WRITABLE.to_bytes(2, "little"), at=what.at)
        config.watch(self.offset, 4, self._written)
        self.table = MemoryRegion.io("msix-table", what.table_size, self._table_bank(what))
        self.pba = MemoryRegion.io("msix-pending", what.pending_size, self._pending_bank(what))

    def _table_bank(self, what: MsiX) -> RegisterBank:
        registers = tuple(
            Reg(
                f"MSIX.{name}",
                4 * word,
                32,
                partial(self._read_word, word),
                partial(self._write_word, word),
                count=what.vectors,
                stride=16,
                write_mask=True,
            )
            for word, name in enumerate(_ENTRY)
        )
        return RegisterBank("msix-table", what.table_size, _TABLE_ACCESS, registers=registers)

    def _pending_bank(self, what: MsiX) -> RegisterBank:
        words = what.pending_size // 8
        register = Reg("MSIX_PENDING", 0, 64, self._read_pending, None, count=words, stride=8)
        return RegisterBank("msix-pending", what.pending_size, _TABLE_ACCESS, registers=(register,))

    @property
    def enabled(self) -> bool:
        """Whether the guest has turned MSI-X on."""
        return bool(self._control & _MSIX_ENABLE)

    def granted(self, vector: int) -> int:
        """The vector itself: each has an entry of its own."""
        return vector

    def raise_vector(self, vector: int) -> None:
        """Send the message of ``vector``; while it or all are masked, keep it pending. One beyond the table is lost."""
        if vector >= self.vectors:
            return
        if self._control & _MSIX_MASK_ALL or self._entries[vector][3] & 1:
            self.set_pending(vector, True)
        else:
            self._deliver(vector)

    def set_pending(self, vector: int, pending: bool) -> None:
        """Show ``vector`` as pending, or no longer."""
        self._pending = self._pending & ~(1 << vector) | pending << vector

    def open_messages(self, vectors: range) -> Iterator[tuple[int, int, int]]:
        """Vector, address and data of each of ``vectors`` that would be sent at once if it were raised now."""
        if self._control & (_MSIX_ENABLE | _MSIX_MASK_ALL) == _MSIX_ENABLE:
            for vector in vectors:
                if vector < self.vectors and not self._entries[vector][3] & 1:
                    yield vector, *self._message(vector)

    def _message(self, vector: int) -> tuple[int, int]:
        low, high, data, _ = self._entries[vector]
        return high << 32 | low, data

    def _deliver(self, vector: int) -> None:
        _deliver(self.path, self._send, vector, *self._message(vector))

    @property
    def _control(self) -> int:
        return self._config.get(self.offset + 2, 2)

    def _written(self) -> None:
        self._changed()
        if not self.enabled:
            _drop(self.path)
        self._fire(range(self.vectors))

    def _fire(self, vectors: range) -> None:
        """Send what has waited and waits no longer."""
        if not self._pending or self._control & (_MSIX_ENABLE | _MSIX_MASK_ALL) != _MSIX_ENABLE:
            return
        for vector in vectors:
            if self._pending >> vector & 1 and not self._entries[vector][3] & 1:
                self.set_pending(vector, False)
                self._deliver(vector)

    def _read_word(self, word: int, vector: int) -> int:
        return self._entries[vector][word]

    def _write_word(self, word: int, vector: int, value: int, mask: int = 0xFFFFFFFF) -> None:
        entry = self._entries[vector]
        mask &= (0xFFFFFFFC, 0xFFFFFFFF, 0xFFFFFFFF, 1)[word]
        entry[word] = entry[word] & ~mask | value & mask
        if word == 3:
            self._fire(range(vector, vector + 1))

    def _read_pending(self, index: int) -> int:
        return self._pending >> 64 * index & (1 << 64) - 1

    def reset(self) -> None:
        """Bus reset: every vector is masked, nothing is pending."""
        _drop(self.path)
        for entry in self._entries:
            entry[:] = 0, 0, 0, 1
        self._pending = 0

    def save(self) -> Json:
        """The table's words and the pending bits."""
        return {"table": [word for entry in self._entries for word in entry], "pending": f"{self._pending:x}"}

    def check_state(self, data: Json) -> None:
        """Raises StateError for what ``save`` cannot have given."""
        fields = mapping(data, "'msix'", ("table", "pending"))
        for word in sequence(fields["table"], 4 * self.vectors, "the MSI-X table"):
            integer(word, 0, 0xFFFFFFFF, "a word of the MSI-X table")
        self._parse_pending(fields["pending"])

    def _parse_pending(self, text: Json) -> int:
        if isinstance(text, str) and 0 < len(text) <= MSIX_VECTORS // 4 and set(text) <= set("0123456789abcdef"):
            value = int(text, 16)
            if not value >> self.vectors:
                return value
        raise StateError("the MSI-X pending bits must be hex, one bit a vector")

    def load_state(self, data: Json) -> None:
        """Put checked state in force."""
        _drop(self.path)
        fields = mapping(data, "'msix'")
        words = [
            integer(word, 0, 0xFFFFFFFF, "a word") for word in sequence(fields["table"], 4 * self.vectors, "table")
        ]
        for vector, entry in enumerate(self._entries):
            entry[:] = words[4 * vector : 4 * vector + 4]
        self._pending = self._parse_pending(fields["pending"])


def _deliver(path: MessagePath | None, send: Send, vector: int, address: int, data: int) -> None:
    if path is None or not path.send(vector, address, data):
        send(address, data)


def _drop(path: MessagePath | None) -> None:
    if path is not None:
        path.drop()


Messages = MsiMessages | MsiXMessages
