"""Commands at events: a shell's and a QEMU monitor's, bounded in time, never waited for by the device."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devgen.runtime.machine import event_reactions
from devgen.runtime.machine.event_actions import QmpAction, RunAction
from devgen.runtime.machine.event_reactions import WAITING, EventReactions
from devgen.runtime.machine.qmp_command import LONGEST_ANSWER, QmpError, send_qmp_command

GREETING = b'{"QMP": {"version": {}, "capabilities": []}}\n'
DONE = b'{"return": {}}\n'
EVENT = b'{"event": "RESET", "data": {}}\n'


class Monitor:
    """A QEMU monitor that greets with ``pieces[0]`` and answers each line with the next of ``pieces``.

    Then it waits, or hangs up.
    """

    def __init__(self, path: Path, *pieces: bytes, hang_up: bool = False) -> None:
        self.path = str(path)
        self.heard: list[dict[str, object]] = []
        self._pieces = pieces
        self._hang_up = hang_up
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(4)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rb") as lines:
                for number, piece in enumerate(self._pieces):
                    if number:
                        self.heard.append(json.loads(lines.readline()))
                    connection.sendall(piece)
                if not self._hang_up:
                    self._over.wait(30)

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._listener.close()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def reactions(said: list[str]) -> Iterator[EventReactions]:
    reactions = EventReactions(said.append, limit=20, patience=20)
    yield reactions
    reactions.close()


# --- a program -----------------------------------------------------------------------------------


def test_a_command_hears_of_the_event(reactions: EventReactions, said: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = f'echo "$DEVGEN_DEVICE $DEVGEN_EVENT $DEVGEN_VALUE_code" >{out}'
    reactions.react("exit", "EXIT", {"code": 3}, RunAction(command))
    reactions.close()
    assert (out.read_text(), said) == ("exit EXIT 3\n", [])


def test_its_output_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    reactions = EventReactions()
    reactions.react("dog", "WATCHDOG", {}, RunAction("echo out; echo err >&2"))
    reactions.close()
    out, err = capfd.readouterr()
    assert (out, sorted(err.split())) == ("", ["err", "out"])


def test_commands_are_run_in_the_order_of_events(reactions: EventReactions, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for number in range(5):
        reactions.react("d", "E", {"n": number}, RunAction(f"echo $DEVGEN_VALUE_n >>{out}"))
    reactions.close()
    assert out.read_text().split() == list("01234")


def test_a_command_that_fails_is_told(reactions: EventReactions, said: list[str]) -> None:
    reactions.react("dog", "WATCHDOG", {}, RunAction("exit 4"))
    reactions.close()
    assert said == ["dog: WATCHDOG: 'exit 4' has failed with exit code 4"]


def test_a_command_that_does_not_end_is_killed_with_its_children(said: list[str], tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    reactions = EventReactions(said.append, limit=0.5, patience=20)
    reactions.react("dog", "WATCHDOG", {}, RunAction(f"sleep 1000 & echo $! >{pid}; wait"))
    reactions.close()
    assert said == [f"dog: WATCHDOG: 'sleep 1000 & echo $! >{pid}; wait' was killed after 0.5 s"]
    assert has_ended(int(pid.read_text()))


def has_ended(pid: int) -> bool:
    """Whether a process ends soon, or is a zombie whose status was not read."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_close_kills_what_still_runs_and_drops_what_waits(said: list[str], tmp_path: Path) -> None:
    begun, out = tmp_path / "begun", tmp_path / "out"
    reactions = EventReactions(said.append, limit=1000, patience=0.1)
    reactions.react("d", "E", {}, RunAction(f"echo $$ >{begun}.new; mv {begun}.new {begun}; exec sleep 1000"))
    reactions.react("d", "E", {}, RunAction(f"echo >{out}"))
    while not begun.exists():
        time.sleep(0.01)
    reactions.close()
    assert has_ended(int(begun.read_text()))
    assert not out.exists()
    assert "1 events were dropped while commands of earlier ones ran" in said


def test_a_storm_of_events_waits_for_nothing_and_is_bounded(said: list[str], tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    reactions = EventReactions(said.append, limit=60, patience=60)
    for _ in range(10 * WAITING):
        reactions.react("d", "E", {}, RunAction(f"read line <{gate}; true"))
    dropped = reactions._dropped
    assert 8 * WAITING < dropped < 10 * WAITING
    reactions._patience = 0.1
    reactions.close()
    assert said[0] == f"d: E: commands of {WAITING} events wait; further events are dropped"


def test_a_shell_that_cannot_be_started_is_told(
    reactions: EventReactions, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(event_reactions.subprocess, "Popen", fail)
    reactions.react("d", "E", {}, RunAction("true"))
    reactions.close()
    assert said == ["d: E: cannot run 'true': [Errno 11] Resource temporarily unavailable"]


# --- QEMU's monitor ------------------------------------------------------------------------------


def test_a_command_of_the_monitor(reactions: EventReactions, said: list[str], tmp_path: Path) -> None:
    with Monitor(tmp_path / "q", GREETING, DONE, EVENT + DONE) as monitor:
        reactions.react("dog", "WATCHDOG", {}, QmpAction(monitor.path, "system_reset"))
        reactions.close()
    assert said == []
    assert monitor.heard == [{"execute": "qmp_capabilities"}, {"execute": "system_reset"}]


def test_arguments_are_sent(tmp_path: Path) -> None:
    with Monitor(tmp_path / "q", GREETING, DONE, DONE) as monitor:
        send_qmp_command(monitor.path, "set_link", {"name": "n0", "up": False}, 20)
    assert monitor.heard[1] == {"execute": "set_link", "arguments": {"name": "n0", "up": False}}


@pytest.mark.parametrize(
    "pieces",
    [(), (GREETING,), (GREETING, DONE), (GREETING, DONE, EVENT), (b"{",)],
    ids=["no greeting", "no capabilities", "no answer", "events only", "half a line"],
)
def test_a_monitor_that_does_not_answer_is_given_up(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    with (
        Monitor(tmp_path / "q", *pieces) as monitor,
        pytest.raises(QmpError, match=r"no answer within 0\.3 s"),
    ):
        send_qmp_command(monitor.path, "stop", {}, 0.3)


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ((GREETING, DONE, b'{"error": {"class": "X", "desc": "not here"}}\n'), "QEMU refuses stop: 'not here'"),
        ((GREETING, DONE, b'{"error": 5}\n'), "QEMU refuses stop: '5'"),
        ((b"SSH-2.0-OpenSSH\n",), "does not speak QMP"),
        ((b"[" * 100_000 + b"\n",), "does not speak QMP"),
        ((b"5\n",), "does not speak QMP"),
        ((GREETING, b""), "the connection was closed"),
        ((b"x" * (LONGEST_ANSWER + 1),), "bytes and no answer"),
        ((EVENT * (LONGEST_ANSWER // len(EVENT) + 1),), "bytes and no answer"),
    ],
)
def test_a_monitor_that_answers_wrongly(tmp_path: Path, pieces: tuple[bytes, ...], message: str) -> None:
    with Monitor(tmp_path / "q", *pieces, hang_up=True) as monitor, pytest.raises(QmpError, match=message):
        send_qmp_command(monitor.path, "stop", {}, 20)


@pytest.mark.parametrize("path", ["missing", "x" * 200])
def test_a_monitor_that_is_not_there_is_told(
    reactions: EventReactions, said: list[str], tmp_path: Path, path: str
) -> None:
    reactions.react("dog", "WATCHDOG", {}, QmpAction(str(tmp_path / path), "quit"))
    reactions.close()
    assert said and said[0].startswith(f"dog: WATCHDOG: quit at {tmp_path / path}: ")
