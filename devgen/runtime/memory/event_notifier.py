"""Event notifiers (Linux eventfd) and the doorbells that signal them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field


class EventNotifier:
    """A counter that the kernel can signal; the descriptor is opened on first use, so that idle ones cost nothing.

    `set` may be called from any thread.
    """

    __slots__ = ("_closed", "_fd")

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self._fd = -1
        self._closed = False

    def fileno(self) -> int:
        """The eventfd, non-blocking and close-on-exec.

        Raises:
            ValueError: the notifier is closed.
            OSError: no more descriptors.
        """
        if self._closed:
            raise ValueError("the event notifier is closed")
        if self._fd < 0:
            self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        return self._fd

    def set(self) -> None:
        """Add one to the count; saturates silently, a closed notifier ignores it."""
        if self._closed:
            return
        try:
            os.eventfd_write(self.fileno(), 1)
        except BlockingIOError:  # the count stands at 2^64 - 2: it is set already
            return

    def test_and_clear(self) -> int:
        """The count since the last call, 0 if none or closed."""
        if self._closed or self._fd < 0:
            return 0
        try:
            return os.eventfd_read(self._fd)
        except BlockingIOError:
            return 0

    def renew(self) -> None:
        """Close the descriptor and forget its count: the next `fileno` opens another, which nobody else has."""
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
    """The count of an eventfd, which is 0 then. Never waits, even if another process clears O_NONBLOCK meanwhile.

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
    """A doorbell: a guest write that signals ``notifier`` instead of reaching the region's registers.

    Matching follows the kernel (virt/kvm/eventfd.c): ``length`` 0 looks at the address alone; otherwise the write must
    be of exactly ``length`` bytes and, unless ``match`` is None, carry that value.

    ``handler(count)`` is the device's side, called under the machine's lock with the number of rings merged into one.
    """

    offset: int
    length: int
    match: int | None
    notifier: EventNotifier
    handler: Callable[[int], None]
    name: str = field(default="doorbell")

    def __post_init__(self) -> None:
        """Refuse what no kernel would take.

        Raises:
            ValueError: a length that is not 0, 1, 2, 4 or 8, a match wider than it, or one with length 0.
        """
        if self.length not in (0, 1, 2, 4, 8):
            raise ValueError(f"{self.name}: a doorbell is 0, 1, 2, 4 or 8 bytes long, not {self.length}")
        if self.match is not None and (not self.length or not 0 <= self.match < 1 << (8 * self.length)):
            raise ValueError(f"{self.name}: match {self.match:#x} does not fit {self.length} bytes")
