"""Event notifiers (Linux eventfd) and the doorbells that signal them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field


class EventNotifier:
    """A Linux eventfd, which the kernel can signal; the descriptor is opened on first use.

    `set` may be called from any thread.
    """

    __slots__ = ("_closed", "_fd")

    def __init__(self) -> None:
        """Make a notifier without a descriptor."""
        self._fd = -1
        self._closed = False

    def fileno(self) -> int:
        """Return the eventfd's descriptor, which is non-blocking and close-on-exec; open it if necessary.

        Raises:
            ValueError: the notifier is closed.
            OSError: the process has too many open descriptors.
        """
        if self._closed:
            raise ValueError("the event notifier is closed")
        if self._fd < 0:
            self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        return self._fd

    def set(self) -> None:
        """Add 1 to the count. Does nothing if the count is at its maximum or the notifier is closed."""
        if self._closed:
            return
        try:
            os.eventfd_write(self.fileno(), 1)
        except BlockingIOError:  # the count is 2^64 - 2, its maximum: the notifier is set already
            return

    def test_and_clear(self) -> int:
        """Return the count since the last call and reset it to 0; a closed notifier returns 0."""
        if self._closed or self._fd < 0:
            return 0
        try:
            return os.eventfd_read(self._fd)
        except BlockingIOError:
            return 0

    def renew(self) -> None:
        """Close the descriptor and drop its count; the next `fileno` opens a new one that no other process has."""
        if not self._closed:
            self.close()
            self._closed = False

    def close(self) -> None:
        """Close the descriptor; may be called again."""
        self._closed = True
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def take_count(fd: int) -> int:
    """Return the count of an eventfd and reset it to 0. Never blocks, even if another process clears O_NONBLOCK.

    Raises OSError (EOPNOTSUPP) on Linux before 5.8.
    """
    count = bytearray(8)
    try:
        os.preadv(fd, [count], -1, os.RWF_NOWAIT)
    except BlockingIOError:
        return 0
    return int.from_bytes(count, sys.byteorder)


@dataclass(slots=True, frozen=True, eq=False)
class IoEventFd:
    """A doorbell: a guest's write that signals ``notifier`` instead of writing a register of the region.

    Matching follows the kernel (virt/kvm/eventfd.c). With ``length`` 0, any write to the address matches. Otherwise the
    write must have exactly ``length`` bytes and, unless ``match`` is None, this value.

    ``handler(count)`` is the device's method; it is called under the machine's lock with the number of merged rings.
    """

    offset: int
    length: int
    match: int | None
    notifier: EventNotifier
    handler: Callable[[int], None]
    name: str = field(default="doorbell")

    def __post_init__(self) -> None:
        """Refuse a doorbell that the kernel would refuse.

        Raises:
            ValueError: a length that is not 0, 1, 2, 4 or 8, or a match that does not fit the length.
        """
        if self.length not in (0, 1, 2, 4, 8):
            raise ValueError(f"{self.name}: a doorbell is 0, 1, 2, 4 or 8 bytes long, not {self.length}")
        if self.match is not None and (not self.length or not 0 <= self.match < 1 << (8 * self.length)):
            raise ValueError(f"{self.name}: match {self.match:#x} does not fit {self.length} bytes")
