"""Configuration space of a served object, and the interrupt capabilities that it declares there.

Sources: PCI Local Bus Specification 3.0, sections 6.1 (header), 6.7 (capability list), 6.8.1 (MSI), 6.8.2 (MSI-X).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.pci import Bar, PciConfig, PciIdentity
from devgen.runtime.pci.config_space import (
    CAPABILITIES,
    EXTENDED_SIZE,
    FIRST_CAPABILITY,
    SIZE,
    STATUS,
    STATUS_CAPABILITIES,
)
from devgen.runtime.pci.message_interrupts import MSI_ID, MSIX_ID
from devgen.runtime.pci.pci_express import EXPRESS_ID

if TYPE_CHECKING:
    from devgen.hosts.vfio_user.pci_function import PciFunction
    from devgen.runtime.pci.message_interrupts import MessagePath

Kind = Literal["msi", "msix"]

_ENABLE: Final[dict[Kind, int]] = {"msi": 1 << 0, "msix": 1 << 15}
_MSI_64_BIT: Final = 1 << 7
_MSI_MASKING: Final = 1 << 8


class FunctionConfig(PciConfig):
    """The configuration space of ``function``. ``written`` is called after each write of the client.

    Raises DeviceError for BARs that overlap, or whose type differs from their register in configuration space.
    """

    def __init__(self, function: PciFunction, written: Callable[[], None]) -> None:
        self._function = function
        self._was_written = written
        size = EXTENDED_SIZE if any(found == EXPRESS_ID for found, _ in capabilities(function.read_config)) else SIZE
        super().__init__(PciIdentity(0xFFFF, 0xFFFF), tuple(function.bars), size)
        for bar in self.bars:
            self._check_type(bar)

    def _check_type(self, bar: Bar) -> None:
        """The low bits of a BAR's register are its type (PCI 3.0, 6.2.5.1); a ROM's are its enable bit."""
        found = self._function.read_config(bar.register, 4) & (0xF if bar.flags & 1 == 0 else 3)
        if bar.type != "rom" and found != bar.flags:
            raise DeviceError(
                f"{self._function.name}: BAR {bar.index} is declared {bar.type}, whose low bits are {bar.flags:#x}; "
                f"its register in configuration space has {found:#x}"
            )

    def get(self, offset: int, size: int) -> int:
        """Return ``size`` bytes as the function reads them."""
        return self._read(offset, size)

    def _read(self, offset: int, size: int) -> int:
        parts = _parts(offset, size, self.size)
        return sum(self._function.read_config(at, length) << 8 * (at - offset) for at, length in parts)

    def _write(self, offset: int, value: int, size: int) -> None:
        for at, length in _parts(offset, size, self.size):
            self._function.write_config(at, value >> 8 * (at - offset) & (1 << 8 * length) - 1, length)
        self._was_written()


class FunctionMessages:
    """The MSI or MSI-X capability at ``offset`` of a function's configuration space.

    This class applies MSI's mask bits. The client emulates the MSI-X table itself and removes the eventfds of masked
    vectors. Without a ``path`` no client is connected, and messages are lost.
    """

    def __init__(self, kind: Kind, config: FunctionConfig, offset: int) -> None:
        self.kind: Final[Kind] = kind
        self.path: MessagePath | None = None
        self._config = config
        self._offset = offset
        self._waiting: set[int] = set()
        self.vectors = (self._control & 0x7FF) + 1 if kind == "msix" else 1 << (self._control >> 1 & 7)

    @property
    def _control(self) -> int:
        return self._config.get(self._offset + 2, 2)

    @property
    def enabled(self) -> bool:
        """Whether the guest has enabled these messages."""
        return bool(self._control & _ENABLE[self.kind])

    def granted(self, vector: int) -> int:
        """The vector to send for ``vector``: the guest may grant MSI fewer vectors than the function requests."""
        return vector if self.kind == "msix" else vector % (1 << (self._control >> 4 & 7))

    def raise_vector(self, vector: int) -> None:
        """Send the message of ``vector``; keep it pending while MSI's mask bits mask it."""
        if self._masks >> vector & 1:
            self._waiting.add(vector)
        elif self.path is not None:
            self.path.send(vector, 0, 0)

    @property
    def _masks(self) -> int:
        """MSI's mask bits, 0 without them; their offset depends on the width of the message address."""
        control = self._control
        if self.kind == "msix" or not control & _MSI_MASKING:
            return 0
        return self._config.get(self._offset + (16 if control & _MSI_64_BIT else 12), 4)

    def set_pending(self, vector: int, pending: bool) -> None:
        """Do nothing: the function maintains its pending bits itself."""

    def config_written(self) -> None:
        """Send the pending messages that are unmasked now; drop all of them when messages are disabled."""
        if not self.enabled:
            self.forget()
            return
        for vector in sorted(self._waiting):
            if not self._masks >> vector & 1:
                self._waiting.discard(vector)
                self.raise_vector(vector)

    def forget(self) -> None:
        """Drop the pending messages: the guest has disabled messages, or the function was reset."""
        self._waiting.clear()
        if self.path is not None:
            self.path.drop()


def messages_of(config: FunctionConfig) -> dict[str, FunctionMessages]:
    """The message capabilities of configuration space, MSI-X first: it takes precedence if both are enabled."""
    found = dict(capabilities(config.get))
    kinds: tuple[tuple[Kind, int], ...] = (("msix", MSIX_ID), ("msi", MSI_ID))
    return {kind: FunctionMessages(kind, config, found[number]) for kind, number in kinds if number in found}


def capabilities(read: Callable[[int, int], int]) -> Iterator[tuple[int, int]]:
    """(identifier, offset) of each capability of the list; a circular list ends after 48 of them."""
    if not read(STATUS, 2) & STATUS_CAPABILITIES:
        return
    offset = read(CAPABILITIES, 1) & ~3
    for _ in range((SIZE - FIRST_CAPABILITY) // 4):
        if not FIRST_CAPABILITY <= offset < SIZE:
            return
        yield read(offset, 1), offset
        offset = read(offset + 1, 1) & ~3


def _parts(offset: int, size: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut an access into aligned accesses of 4, 2 or 1 bytes, up to ``end``."""
    last = min(offset + size, end)
    while offset < last:
        length = next(length for length in (4, 2, 1) if offset % length == 0 and offset + length <= last)
        yield offset, length
        offset += length
