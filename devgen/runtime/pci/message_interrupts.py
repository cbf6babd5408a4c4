"""Message-signalled interrupts: the MSI and MSI-X capabilities and their behaviour.

A message is a 32-bit write by which a function interrupts; the guest programs its address and data. MSI has one address
and a block of data values in the capability. MSI-X has an address and data for each vector in a table in memory space,
and a pending bit array (PBA) for interrupts of masked vectors.

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
"""Size in bytes of an entry of the MSI-X table."""

_MSI_ENABLE = 1 << 0
_MSI_64_BIT = 1 << 7
_MSI_MASKING = 1 << 8
_MSI_CONTROL_WRITABLE = 0x0071  # enable, multiple message enable
_MSIX_ENABLE = 1 << 15
_MSIX_MASK_ALL = 1 << 14
_MSIX_CONTROL_WRITABLE = _MSIX_ENABLE | _MSIX_MASK_ALL
_ENTRY: Final = ("ADDRESS", "UPPER_ADDRESS", "DATA", "CONTROL")
"""The dwords of a table entry (PCI 3.0, 6.8.2)."""

_TABLE_ACCESS = Access((4, 8), (4, 4))

Send = Callable[[int, int], None]
"""``send(address, data)`` performs the function's 32-bit write."""


class MessagePath(Protocol):
    """A host's faster delivery of a capability's messages, for example by irqfds."""

    def send(self, vector: int, address: int, data: int) -> bool:
        """Deliver the message of ``vector``; return False if the function must write the message itself."""
        ...

    def drop(self) -> None:
        """Discard everything cached for the vectors: the capability was disabled, reset or restored."""
        ...


@dataclass(slots=True, frozen=True)
class Msi:
    """An MSI capability with 64-bit addresses. ``vectors`` is a power of two up to 32; ``masking`` is per vector.

    ``at`` is the offset in configuration space; None places it after the previous capability.
    """

    vectors: int = 1
    masking: bool = False
    at: int | None = None


@dataclass(slots=True, frozen=True)
class MsiX:
    """An MSI-X capability with up to 2048 ``vectors``; ``table`` and ``pending`` are byte offsets in their BARs."""

    vectors: int
    bar: int
    table: int
    pending: int
    pending_bar: int
    at: int | None = None

    @property
    def table_size(self) -> int:
        """Size of the table in bytes."""
        return ENTRY * self.vectors

    @property
    def pending_size(self) -> int:
        """Size of the pending bit array in bytes, a multiple of 8."""
        return 8 * (-(-self.vectors // 64))


class MsiMessages:
    """The behaviour of an `Msi` capability. Raises DeviceError for a number of vectors that MSI cannot express."""

    kind: Final[Literal["msi"]] = "msi"

    def __init__(self, config: PciConfig, capability: Msi, send: Send, changed: Callable[[], None]) -> None:
        if capability.vectors not in MSI_VECTORS:
            raise DeviceError(f"MSI with {capability.vectors} vectors; the number must be a power of two up to 32")
        self.vectors = capability.vectors
        self.masking = capability.masking
        self.path: MessagePath | None = None
        self._config = config
        self._send = send
        self._changed = changed
        control = capability.vectors.bit_length() - 1 << 1 | _MSI_64_BIT | (_MSI_MASKING if capability.masking else 0)
        size = 24 if capability.masking else 14
        body, writable = bytearray(size - 2), bytearray(size - 2)
        body[0:2] = control.to_bytes(2, "little")
        writable[0:2] = _MSI_CONTROL_WRITABLE.to_bytes(2, "little")
        writable[2:10] = (-4 & (1 << 64) - 1).to_bytes(8, "little")
        writable[10:12] = b"\xff\xff"
        mask = (1 << capability.vectors) - 1
        if capability.masking:
            writable[14:18] = mask.to_bytes(4, "little")
        self.offset = config.add_capability(MSI_ID, bytes(body), bytes(writable), at=capability.at)
        if capability.masking:
            config.drive(self.offset + 20, mask, 4)
        config.watch(self.offset, size, self._written)

    @property
    def enabled(self) -> bool:
        """Whether the guest has enabled MSI."""
        return bool(self._control & _MSI_ENABLE)

    @property
    def allocated(self) -> int:
        """Number of vectors that the guest has allocated, at most ``vectors``."""
        return min(1 << (self._control >> 4 & 7), self.vectors)

    def granted(self, vector: int) -> int:
        """Return the vector that is sent for ``vector`` when the guest has allocated fewer vectors."""
        return vector % self.allocated

    def raise_vector(self, vector: int) -> None:
        """Send the message of ``vector``, or set its pending bit if it is masked.

        If the guest has allocated fewer vectors than requested, ``vector`` modulo their number is used.
        """
        vector = self.granted(vector)
        if self.masking and self._get(16, 4) >> vector & 1:
            self.set_pending(vector, True)
        else:
            self._deliver(vector)

    def set_pending(self, vector: int, pending: bool) -> None:
        """Set or clear the pending bit of ``vector``. Does nothing without per-vector masking."""
        if self.masking:
            bits = self._get(20, 4) & ~(1 << vector)
            self._config.put(self.offset + 20, bits | pending << vector, 4)

    def open_messages(self, vectors: range) -> Iterator[tuple[int, int, int]]:
        """Yield (vector, address, data) for each of ``vectors`` that is enabled and not masked."""
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
        """Bus reset: clear the pending bits; `PciConfig.reset` resets the capability's registers."""
        _drop(self.path)
        if self.masking:
            self._config.put(self.offset + 20, 0, 4)

    def save(self) -> Json:
        """Return None: all state is in configuration space."""
        return None

    def check_state(self, data: Json) -> None:
        """Raise StateError for data that ``save`` cannot return."""
        if data is not None:
            raise StateError("MSI has no state of its own")

    def load_state(self, data: Json) -> None:
        """Discard cached messages; the state itself is restored with configuration space."""
        _drop(self.path)


class MsiXMessages:
    """The behaviour of an `MsiX` capability, with a region for the table and a region for the pending bit array.

    Raises DeviceError for a number of vectors or offsets that MSI-X cannot express.
    """

    kind: Final[Literal["msix"]] = "msix"

    def __init__(self, config: PciConfig, capability: MsiX, send: Send, changed: Callable[[], None]) -> None:
        if not 1 <= capability.vectors <= MSIX_VECTORS:
            raise DeviceError(f"MSI-X with {capability.vectors} vectors; the number must be 1 to {MSIX_VECTORS}")
        if capability.table % 8 or capability.pending % 8:
            raise DeviceError("the offsets of the MSI-X table and of its pending bit array must be multiples of 8")
        self.vectors = capability.vectors
        self.masking = True
        self.path: MessagePath | None = None
        self._config = config
        self._send = send
        self._changed = changed
        self._enabled = False
        self._entries = [[0, 0, 0, 1] for _ in range(capability.vectors)]
        self._pending = 0
        body = (capability.vectors - 1).to_bytes(2, "little")
        body += (capability.table | capability.bar).to_bytes(4, "little")
        body += (capability.pending | capability.pending_bar).to_bytes(4, "little")
        self.offset = config.add_capability(
            MSIX_ID, body, _MSIX_CONTROL_WRITABLE.to_bytes(2, "little"), at=capability.at
        )
        config.watch(self.offset, 4, self._written)
        self.table = MemoryRegion.io("msix-table", capability.table_size, self._table_bank(capability))
        self.pba = MemoryRegion.io("msix-pending", capability.pending_size, self._pending_bank(capability))

    def _table_bank(self, capability: MsiX) -> RegisterBank:
        registers = tuple(
            Reg(
                f"MSIX.{name}",
                4 * word,
                32,
                partial(self._read_word, word),
                partial(self._write_word, word),
                count=capability.vectors,
                stride=16,
                write_mask=True,
            )
            for word, name in enumerate(_ENTRY)
        )
        return RegisterBank("msix-table", capability.table_size, _TABLE_ACCESS, registers=registers)

    def _pending_bank(self, capability: MsiX) -> RegisterBank:
        words = capability.pending_size // 8
        register = Reg("MSIX_PENDING", 0, 64, self._read_pending, None, count=words, stride=8)
        return RegisterBank("msix-pending", capability.pending_size, _TABLE_ACCESS, registers=(register,))

    @property
    def enabled(self) -> bool:
        """Whether the guest has enabled MSI-X."""
        return bool(self._control & _MSIX_ENABLE)

    def granted(self, vector: int) -> int:
        """Return ``vector``: each vector has its own table entry."""
        return vector

    def raise_vector(self, vector: int) -> None:
        """Send the message of ``vector``, or set its pending bit if it or the function is masked.

        A vector beyond the table is ignored.
        """
        if vector >= self.vectors:
            return
        if self._control & _MSIX_MASK_ALL or self._entries[vector][3] & 1:
            self.set_pending(vector, True)
        else:
            self._deliver(vector)

    def set_pending(self, vector: int, pending: bool) -> None:
        """Set or clear the pending bit of ``vector``."""
        self._pending = self._pending & ~(1 << vector) | pending << vector

    def open_messages(self, vectors: range) -> Iterator[tuple[int, int, int]]:
        """Yield (vector, address, data) for each of ``vectors`` that is enabled and not masked."""
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
        """Send the pending messages of ``vectors`` that are no longer masked."""
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
        """Bus reset: mask every vector and clear all pending bits."""
        _drop(self.path)
        for entry in self._entries:
            entry[:] = 0, 0, 0, 1
        self._pending = 0

    def save(self) -> Json:
        """Return the table's dwords and the pending bits as plain data."""
        return {"table": [word for entry in self._entries for word in entry], "pending": f"{self._pending:x}"}

    def check_state(self, data: Json) -> None:
        """Raise StateError for data that ``save`` cannot return."""
        fields = mapping(data, "'msix'", ("table", "pending"))
        for word in sequence(fields["table"], 4 * self.vectors, "the MSI-X table"):
            integer(word, 0, 0xFFFFFFFF, "a word of the MSI-X table")
        self._parse_pending(fields["pending"])

    def _parse_pending(self, text: Json) -> int:
        if isinstance(text, str) and 0 < len(text) <= MSIX_VECTORS // 4 and set(text) <= set("0123456789abcdef"):
            value = int(text, 16)
            if not value >> self.vectors:
                return value
        raise StateError("the MSI-X pending bits must be hexadecimal, one bit per vector")

    def load_state(self, data: Json) -> None:
        """Restore checked state."""
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
