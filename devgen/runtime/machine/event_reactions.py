"""Runs shell and QMP commands at events of devices, in its own thread: a device never waits for them.

One command runs at a time, for at most `LIMIT` seconds, and at most `WAITING` events are queued. Failed commands and
dropped events are reported on stderr.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from devgen.runtime.machine.backend_names import say
from devgen.runtime.machine.event_actions import QmpAction, RunAction
from devgen.runtime.machine.qmp_command import QmpError, send_qmp_command

LIMIT: Final = 10.0
"""Seconds that one command may take before it is killed."""

WAITING: Final = 16
"""Maximum number of queued events; further events are dropped."""

PATIENCE: Final = 5.0
"""Seconds that `EventReactions.close` waits; then it kills the running command and drops the queued events."""


@dataclass(slots=True, frozen=True)
class _Occurrence:
    device: str
    event: str
    values: Mapping[str, int]
    action: RunAction | QmpAction

    @property
    def place(self) -> str:
        return f"{self.device}: {self.event}"


class EventReactions:
    """Carries out the actions of ``react`` until ``close``.

    ``say`` is called with a line about a failure, in another thread. For ``limit`` and ``patience`` see `LIMIT` and
    `PATIENCE`.
    """

    def __init__(self, say: Callable[[str], object] = say, *, limit: float = LIMIT, patience: float = PATIENCE) -> None:
        self._say = say
        self._limit = limit
        self._patience = patience
        self._waiting: queue.Queue[_Occurrence | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._dropped = 0

    def react(self, device: str, event: str, values: Mapping[str, int], action: RunAction | QmpAction) -> None:
        """Queue ``action``. Never waits and never raises; the caller may hold the machine's lock."""
        if self._closing:
            return
        if self._waiting.qsize() >= WAITING:
            if not self._dropped:
                self._tell(f"{device}: {event}: commands of {WAITING} events wait; further events are dropped")
            self._dropped += 1
            return
        self._waiting.put(_Occurrence(device, event, dict(values), action))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="devgen-events", daemon=True)
            self._thread.start()

    def _tell(self, line: str) -> None:
        with suppress(OSError, ValueError):  # for example stderr is closed: the commands go on
            self._say(line)

    def _work(self) -> None:
        while (occurrence := self._waiting.get()) is not None:
            failure = self._carry_out(occurrence)
            if failure:
                self._tell(f"{occurrence.place}: {failure}")

    def _carry_out(self, occurrence: _Occurrence) -> str:
        """Carry out the action; return why it failed, or an empty string."""
        match occurrence.action:
            case RunAction(command):
                return self._run(command, occurrence)
            case QmpAction(path, command, arguments):
                try:
                    send_qmp_command(path, command, arguments, self._limit)
                except QmpError as error:
                    return f"{command} at {path}: {error}"
        return ""

    def _run(self, command: str, occurrence: _Occurrence) -> str:
        try:
            self._process = process = subprocess.Popen(
                ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=_errors(), env=_environment(occurrence),
                start_new_session=True,  # its own process group, so that its children can be killed too
            )  # fmt: skip
        except (OSError, ValueError) as error:
            return f"cannot run {command!r}: {error}"
        try:
            code = process.wait(self._limit)
        except subprocess.TimeoutExpired:
            _kill(process)
            return f"{command!r} was killed after {self._limit:g} s"
        return f"{command!r} has failed with exit code {code}" if code else ""

    def close(self) -> None:
        """Wait up to ``patience`` seconds for the queued commands, then kill them. May be called again."""
        thread, self._closing = self._thread, True
        if thread is None:
            return
        self._thread = None
        self._waiting.put(None)
        thread.join(self._patience)
        if thread.is_alive():
            self._abandon(thread)
        if self._dropped:
            self._tell(f"{self._dropped} events were dropped while commands of earlier ones ran")

    def _abandon(self, thread: threading.Thread) -> None:
        """Drop the queued events and kill the running command; a QMP command ends at its own limit."""
        with suppress(queue.Empty):
            while self._waiting.get_nowait() is not None:
                self._dropped += 1
        self._waiting.put(None)
        if self._process is not None and self._process.poll() is None:
            _kill(self._process)
        thread.join(1)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its group, and reap the process."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    end = time.monotonic() + 1
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


def _environment(occurrence: _Occurrence) -> dict[str, str]:
    """The environment, with variables for the device, the event and its values."""
    values = {f"DEVGEN_VALUE_{name}": str(value) for name, value in occurrence.values.items()}
    return {**os.environ, "DEVGEN_DEVICE": occurrence.device, "DEVGEN_EVENT": occurrence.event, **values}


def _errors() -> int:
    """The descriptor for a command's output: stderr, since stdout may be a device's stream."""
    try:
        return sys.stderr.fileno()
    except (OSError, ValueError, AttributeError):  # closed, or replaced by a test runner
        return subprocess.DEVNULL
