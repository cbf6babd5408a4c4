"""Signals that end `devgen serve`: the first one in order, the second one immediately."""

from __future__ import annotations

import os
import resource
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from devgen import DeviceServer

STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping:
    """Lets SIGINT, SIGTERM and SIGHUP end ``server`` while the context lasts.

    After the first signal the server finishes the current message. The second signal aborts it with KeyboardInterrupt,
    but not the steps after ``run``: saving the state and removing the socket. The third signal removes the socket and
    ends the process at once. A SIGHUP that was already ignored, as by nohup(1), stays ignored.
    """

    def __init__(self) -> None:
        self.server: DeviceServer | None = None
        """The server to stop; None until it is created."""
        self._ended = False
        self._heard = 0
        self._before: dict[int, Any] = {}

    def run(self, server: DeviceServer) -> None:
        """Run ``server`` until it ends."""
        try:
            server.run()
        finally:
            self._ended = True

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard += 1
        if self.server is not None and self._heard > 2:
            self.server.vacate()
            os._exit(128 + number)
        if self.server is None or (self._heard > 1 and not self._ended):
            raise KeyboardInterrupt
        self.server.stop()

    def __enter__(self) -> Stopping:
        """Install the signal handlers."""
        heard = [number for number in STOPPING if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._hear) for number in heard}
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous signal handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


def leave_hung_descriptors(server: DeviceServer, code: int) -> None:
    """End the process with exit code ``code`` if closing a client's descriptors hangs; return otherwise.

    The helpers that close them share this process's descriptor table, and would keep its pipes open after its end.
    """
    if server.server.hung_descriptors():
        sys.stdout.flush()
        sys.stderr.flush()
        os.closerange(0, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        os._exit(code)
