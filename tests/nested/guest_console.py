"""The shell of a guest at its serial console, which a UNIX socket leads to (devgen/qemu/init.sh).

Each wait has a time limit. Each failure is an AssertionError that shows the end of the console's text.
"""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable
from pathlib import Path

BOOT = 240.0
"""Seconds that a boot may take; in the nested lab on a busy machine it takes up to 100."""
GRACE = 60.0


class GuestConsole:
    """A connection to the socket at ``path``. ``end()`` returns how the run has ended, or None."""

    def __init__(self, path: Path, end: Callable[[], object | None]) -> None:
        self._path = path
        self._end = end
        self._said = b""
        self._stream = b""
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(self._path))

    def reconnect(self, away: float) -> None:
        """Close the connection, and connect again after ``away`` seconds."""
        self._socket.close()
        time.sleep(away)
        self._connect()

    def wait_until_ready(self) -> None:
        """Wait until the guest, which is booting, takes scripts."""
        _, failed = self._expect(b"@guest ready", time.monotonic() + BOOT)
        assert not failed.strip(), self.story(f"modules that cannot be loaded:{failed.decode()}")

    def sh(self, script: str, seconds: int = 60, status: int = 0) -> str:
        """What ``script`` prints, less white space at its ends; it is to exit with ``status`` within ``seconds``."""
        self.send(script, seconds)
        return self.result_of(script, seconds, status)

    def result_of(self, script: str, seconds: int = 60, status: int = 0) -> str:
        """What a script that was sent prints, as `sh` does."""
        output, found = self._expect(b"@guest done", time.monotonic() + seconds + GRACE)
        text = output.decode(errors="replace").replace("\r", "").strip()
        assert int(found) == status, self.story(f"{script}\nends with status {int(found)}; it has printed:\n{text}")
        return text

    def send(self, script: str, seconds: int = 60, pause: float = 0) -> None:
        """Have the guest run ``script``, without waiting; ``pause``: seconds between the characters, as of a typist."""
        text = base64.b64encode(script.encode())
        line = b"%d %s %d\n" % (seconds, text, len(text))
        for at in range(0, len(line), 1 if pause else len(line)):
            self._socket.sendall(line[at : at + 1] if pause else line)
            time.sleep(pause)

    def _expect(self, marker: bytes, end: float) -> tuple[bytes, bytes]:
        """What comes before a line that begins with ``marker``, and the rest of that line."""
        while True:
            before, found, rest = self._stream.partition(marker)
            if found and b"\n" in rest:
                line, _, self._stream = rest.partition(b"\n")
                return before, line
            assert time.monotonic() < end, self.story("the guest takes too long")
            ended = self._end()
            assert ended is None, self.story(f"the run has ended: {ended}")
            self._socket.settimeout(0.5)
            try:
                received = self._socket.recv(65536)
            except TimeoutError:
                continue
            self._stream += received
            self._said += received

    def story(self, what: str) -> str:
        """``what``, and the end of what the guest has printed."""
        return f"{what}\nthe end of the console:\n{self._said[-4000:].decode(errors='replace')}"

    def close(self) -> None:
        """Close the connection. May be called again."""
        self._socket.close()
