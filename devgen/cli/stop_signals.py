"""How signals end `devgen serve`: in order, and the second one when that takes too long."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from devgen import DeviceServer

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Lets Ctrl-C and a polite kill end ``server``, from the beginning of the context to its end.

    The first lets the present message be done with. The second breaks that off, by KeyboardInterrupt, but not what
    comes when ``run`` has ended: the state is being saved and the socket removed. The third ends the process at once,
    but for the socket.
    """

    def __init__(self) -> None:
        self.server: DeviceServer | None = None
        """Who is to be stopped, once it is there."""
        self._ended = False
        self._heard = 0
        self._before: dict[int, Any] = {}

    def run(self, server: DeviceServer) -> None:
        """Have it serve."""
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
        """Hear signals."""
        self._before = {number: signal.signal(number, self._hear) for number in STOPPING}
        return self

    def __exit__(self, *_: object) -> None:
        """Leave them to who heard them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
