"""One command to QEMU's monitor, over its machine protocol (QEMU's docs/interop/qmp-spec.rst)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from typing import Any, Final

LONGEST_ANSWER: Final = 1 << 20
"""Bytes that a QEMU may send in all before its answer; events are among them."""


class QmpError(Exception):
    """The command has not been carried out; the text says why."""


def send_qmp_command(path: str, command: str, arguments: Mapping[str, Any], seconds: float) -> None:
    """Have the QEMU whose monitor listens at ``path`` carry out ``command``; all of it takes at most ``seconds``.

    Raises:
        QmpError: nothing listens there, it refuses the command, does not answer in time, or does not speak QMP.
    """
    monitor = _Monitor(time.monotonic() + seconds)
    try:
        monitor.connect(path)
        monitor.receive("QMP")
        monitor.execute("qmp_capabilities", {})
        monitor.execute(command, arguments)
    except TimeoutError:
        raise QmpError(f"no answer within {seconds:g} s") from None
    except OSError as error:
        raise QmpError(error.strerror or str(error)) from None
    finally:
        monitor.socket.close()


class _Monitor:
    """A connection to a monitor, of which everything is done by ``end`` (of the monotonic clock)."""

    def __init__(self, end: float) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._end = end
        self._received = 0
        self._rest = b""

    def connect(self, path: str) -> None:
        self._limit()
        self.socket.connect(path)

    def execute(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Send a command and wait for its answer, which is no error."""
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        self._limit()
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        answer = self.receive("return", "error")
        if "error" in answer:
            error = answer["error"]
            description = error.get("desc") if isinstance(error, dict) else error
            raise QmpError(f"QEMU refuses {command}: {str(description)[:200]!r}")

    def receive(self, *keys: str) -> dict[str, Any]:
        """The next message that has one of ``keys``; events before it are skipped."""
        while True:
            message = self._message()
            if any(key in message for key in keys):
                return message

    def _message(self) -> dict[str, Any]:
        while b"\n" not in self._rest:
            self._limit()
            data = self.socket.recv(4096)
            self._received += len(data)
            if not data:
                raise QmpError("the connection was closed before the answer")
            if self._received > LONGEST_ANSWER:
                raise QmpError(f"more than {LONGEST_ANSWER} bytes and no answer")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise QmpError(f"what answers does not speak QMP: {line[:40]!r}")
        return message

    def _limit(self) -> None:
        """Let the next call of the socket take no longer than is left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)
