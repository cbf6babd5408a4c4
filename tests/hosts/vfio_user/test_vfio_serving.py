"""`devgen serve` of a project's own card: its streams and GPIO lines, its state in a file, what is said of faults."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from serving import CARD, command, environment, served, serving
from vfio_client import BAR0, CONFIG, MEMORY, Client

from devgen import DeviceServer
from devgen.hosts.vfio_user.protocol import Command
from devgen.runtime.base.faults import DeviceError

DATA, BUTTON, LAMP, SCRATCH = 0, 4, 8, 0x24


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the card has been described and built."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "devices").mkdir()
    (folder / "devices/serial-card.yaml").write_text(CARD)
    subprocess.run(command("build", "devices"), cwd=folder, env=environment(), check=True, capture_output=True)
    return folder


def connected(path: Path) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.settimeout(20)
    found.connect(str(path))
    return found


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true soon: what comes from outside meets the device between two messages."""
    for _ in range(2000):
        if condition():
            return True
        time.sleep(0.002)
    return False


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Of the served socket and of another."""
    yield tmp_path / "s", tmp_path / "other"


def test_a_stream_at_a_socket(project: Path, paths: tuple[Path, Path]) -> None:
    path, other = paths
    with (
        served(path, "--stream", f"line=socket:{other}", device="serial-card", folder=project) as client,
        connected(other) as line,
    ):
        line.sendall(b"A")
        assert eventually(lambda: client.read32(BAR0, DATA) == ord("A"))
        client.write32(BAR0, DATA, ord("B"))
        assert line.recv(1) == b"B"
    assert not other.exists()


def test_a_stream_goes_on_for_the_next_of_its_listeners_and_of_the_clients(
    project: Path, paths: tuple[Path, Path]
) -> None:
    path, other = paths
    with serving(path, "--stream", f"line=socket:{other}", device="serial-card", folder=project):
        for turn in b"xyz":
            with Client(path) as client, connected(other) as line:
                client.hello()
                line.sendall(bytes((turn,)))
                assert eventually(lambda turn=turn, client=client: client.read32(BAR0, DATA) == turn)  # type: ignore[misc]
            time.sleep(0.05)


def test_a_stream_from_a_file_and_to_one(project: Path, paths: tuple[Path, Path]) -> None:
    path, other = paths
    with served(path, "--stream", f"line=file:{other}", device="serial-card", folder=project) as client:
        for byte in b"hello\n":
            client.write32(BAR0, DATA, byte)
        assert other.read_bytes() == b"hello\n"


def test_a_stream_at_standard_input_and_output(project: Path, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "s", "--stream", "line=stdio", device="serial-card", folder=project) as process,
        Client(tmp_path / "s") as client,
    ):
        client.hello()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("Q")
        process.stdin.flush()
        assert eventually(lambda: client.read32(BAR0, DATA) == ord("Q"))
        client.write32(BAR0, DATA, ord("\n"))
        assert process.stdout.read(1) == "\n"
        process.stdin.close()  # the end of the input is not the end of the server
        process.stdin = None
        time.sleep(0.05)
        client.write32(BAR0, DATA, ord("R"))
        assert client.read32(BAR0, DATA) == ord("R")


def test_a_plain_file_as_standard_input_is_read_to_its_end(project: Path, tmp_path: Path) -> None:
    (tmp_path / "typed").write_bytes(b"abc")
    with (tmp_path / "typed").open("rb") as typed:
        process = subprocess.Popen(
            command("serve", "serial-card", "--socket", str(tmp_path / "s"), "--stream", "line=stdio"),
            stdin=typed, stderr=subprocess.PIPE, text=True, cwd=project, env=environment(),
        )  # fmt: skip
    with process:
        assert process.stderr is not None
        process.stderr.readline()
        with Client(tmp_path / "s") as client:
            client.hello()
            assert eventually(lambda: client.read32(BAR0, DATA) == ord("c"))
        process.terminate()
        assert process.wait(30) == 0


def test_lines_are_all_told_to_a_reader_that_is_slow(project: Path, paths: tuple[Path, Path]) -> None:
    """A socket holds some 280 pieces that nobody has read; these are 4,000."""
    path, other = paths
    with (
        served(path, "--lines", f"socket:{other}", device="serial-card", folder=project) as client,
        connected(other) as lines,
        lines.makefile("r") as heard,
    ):
        lines.sendall(b"button=0\n?\n")
        assert [heard.readline(), heard.readline()] == ["button=0\n", "lamp=0\n"]
        for number in range(4000):
            client.write(0, 8, bytes((~number & 1, 0, 0, 0)))
        assert [heard.readline() for _ in range(4000)] == ["lamp=1\n", "lamp=0\n"] * 2000


def test_gpio_lines_are_driven_and_heard(project: Path, paths: tuple[Path, Path]) -> None:
    path, other = paths
    with (
        served(path, "--lines", f"socket:{other}", device="serial-card", folder=project) as client,
        connected(other) as lines,
        lines.makefile("r") as heard,
    ):
        lines.sendall(b"button = 1\r\n")
        assert eventually(lambda: client.read32(BAR0, BUTTON) == 1)
        client.write32(BAR0, LAMP, 1)
        assert heard.readline() == "lamp=1\n"
        lines.sendall(b"?\nbuton=1\nbutton=2\n" + b"x" * 100_000 + b"\nbutton=0\n?\n")
        said = [heard.readline() for _ in range(7)]
        assert said[:2] == ["button=1\n", "lamp=1\n"]
        assert said[2].startswith("error: serial-card has no input 'buton' (did you mean 'button'?)")
        assert said[3] == "error: 'button=2': write button=0 or button=1\n"
        assert said[4].startswith("error: ")
        assert said[5:] == ["button=0\n", "lamp=1\n"]
        assert client.read32(BAR0, BUTTON) == 0


def test_the_escape_key_of_a_terminal_ends_the_server(project: Path, tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(project)
        os.execve(
            command()[0],
            command("serve", "serial-card", "--socket", str(tmp_path / "s"), "--stream", "line=stdio"),
            environment(),
        )
    try:
        said = b""
        while b"listens on" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, b"\x01x")
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    finally:
        os.close(terminal)


# --- events ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "said"), [(None, True), ("GUEST_PANICKED=log", True), ("GUEST_PANICKED=ignore", False)]
)
def test_events_are_printed_unless_they_are_to_be_ignored(tmp_path: Path, action: str | None, said: bool) -> None:
    options = () if action is None else ("--on-event", action)
    with serving(tmp_path / "s", *options, device="pvpanic-pci") as process, Client(tmp_path / "s") as client:
        client.hello()
        client.write(BAR0, 0, b"\1")
        client.close()
        assert process.stderr is not None
        heard = [process.stderr.readline() for _ in range(3 if said else 2)]
        assert ("pvpanic-pci: GUEST_PANICKED\n" in heard) == said


def test_an_event_may_end_the_server(tmp_path: Path) -> None:
    with serving(tmp_path / "s", "--on-event", "GUEST_PANICKED=exit", device="pvpanic-pci") as process:
        with Client(tmp_path / "s") as client:
            client.hello()
            client.write(BAR0, 0, b"\1")
            assert client.closed()
        assert process.wait(30) == 0


def test_an_error_of_the_driver_is_one_line_and_may_end_the_server(tmp_path: Path) -> None:
    options = ("--on-event", "BAD_CONFIGURATION=exit")
    with serving(tmp_path / "s", *options, device="nvme") as process:
        with Client(tmp_path / "s") as client:
            client.hello()
            client.write(BAR0, 0x14, b"\1\0\0\0")
            assert client.closed()
        process.wait(30)
        assert process.stderr is not None
        told = [line for line in process.stderr if "fatal" in line or "BAD_CONFIGURATION" in line]
    assert told == ["nvme: error: controller fatal status: enabled with CC 0x1, admin queues of 1 and 1\n"]


# --- state -----------------------------------------------------------------------------------------


def test_state_is_saved_in_the_end_and_restored(tmp_path: Path) -> None:
    path, state = tmp_path / "s", tmp_path / "state"
    with served(path, "--save", str(state)) as client:
        client.write(CONFIG, 4, b"\7\0")
        client.write32(BAR0, SCRATCH, 0xCAFE)
        client.write32(MEMORY, 0xFFFC, 0xF00D)
    assert stat.S_IMODE(state.stat().st_mode) & 0o111 == 0
    with served(path, "--restore", str(state)) as client:
        assert client.read(CONFIG, 4, 2) == b"\0\0"  # it is on a new bus
        assert not client.ask(Command.DEVICE_RESET).error  # with which a VMM begins
        assert (client.read32(BAR0, SCRATCH), client.read32(MEMORY, 0xFFFC)) == (0xCAFE, 0xF00D)
        client.write(CONFIG, 4, b"\7\0")
        assert not client.ask(Command.DEVICE_RESET).error  # a guest's
        assert client.read32(BAR0, SCRATCH) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_reset_after_decoding_was_turned_on_is_a_guests(tmp_path: Path) -> None:
    path, state = tmp_path / "s", tmp_path / "state"
    with served(path, "--save", str(state)) as client:
        client.write32(BAR0, SCRATCH, 0xCAFE)
    with served(path, "--restore", str(state)) as client:
        client.write(CONFIG, 4, b"\2\0")
        assert client.read32(BAR0, SCRATCH) == 0xCAFE
        assert not client.ask(Command.DEVICE_RESET).error
        assert client.read32(BAR0, SCRATCH) == 0


def test_state_is_saved_when_a_signal_says_so(tmp_path: Path) -> None:
    path, state = tmp_path / "s", tmp_path / "state"
    with serving(path, "--save", str(state)) as process, Client(path) as client:
        client.hello()
        assert process.stderr is not None
        assert not state.exists()
        for value in (1, 2):
            client.write32(BAR0, SCRATCH, value)
            process.send_signal(signal.SIGUSR1)
            while "saved to" not in process.stderr.readline():
                pass
            assert json.loads(state.read_text())["device"]["state"]["SCRATCH"] == value
        process.kill()
        process.wait(30)
    with served(path, "--restore", str(state)) as client:
        assert client.read32(BAR0, SCRATCH) == 2


def test_state_that_cannot_be_saved_does_not_end_the_server(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    path, state = tmp_path / "s", tmp_path / "folder" / "state"
    with serving(path, "--save", str(state)) as process:
        assert process.stderr is not None
        (tmp_path / "folder").rmdir()
        process.send_signal(signal.SIGUSR1)
        assert process.stderr.readline() == f"devgen: {state}: No such file or directory; the state is not saved\n"
        with Client(path) as client:
            client.hello()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 1
    assert not path.exists()


def saved(tmp_path: Path) -> dict[str, object]:
    with served(tmp_path / "s", "--save", str(tmp_path / "good")):
        pass
    found = json.loads((tmp_path / "good").read_text())
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
def test_a_file_that_is_no_saved_state_is_told_in_a_line(tmp_path: Path) -> None:
    good = saved(tmp_path)
    device = good["device"]
    assert isinstance(device, dict)
    bad = {
        "": "not JSON",
        "{": "not JSON",
        "[" * 100_000: "not JSON",
        "[]": "must be an object, not an array",
        "{}": "lacks 'format'",
        '{"format": ' + "9" * 10_000 + "}": "not JSON",
        json.dumps({**good, "version": 2}): "is a 'devgen-served-device' version 2, not",
        json.dumps({**good, "format": "x" * 9999}): "not 'devgen-served-device' version 1",
        json.dumps({**good, "clock": -1}): "the clock must be within",
        json.dumps({**good, "more": 1}): "has 'more', which is not known here",
        json.dumps({**good, "device": {**device, "device": "edu"}}): "this is the state of 'edu', not of 'dma-engine'",
        json.dumps({**good, "device": {**device, "properties": {"a": 1}}}): "saved with other properties",
        json.dumps(
            {**good, "device": {**device, "memory": {"memory": "eA=="}}}
        ): "memory of 'memory' must unpack to 65536 bytes",
    }
    for text, message in bad.items():
        (tmp_path / "bad").write_text(text)
        done = subprocess.run(
            command("serve", "dma-engine", "--socket", str(tmp_path / "s"), "--restore", str(tmp_path / "bad")),
            capture_output=True, text=True, timeout=60, env=environment(), check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (1, ""), text[:100]
        assert done.stderr.count("\n") == 1
        assert message in done.stderr, done.stderr[:500]
        assert len(done.stderr) < 500
    assert not (tmp_path / "s").exists()


# --- what is said of faults --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stream", "line"], "--stream line: write NAME=BACKEND, as serial=pty"),
        (["--stream", "lime=pty"], "serial-card: no stream 'lime' (did you mean 'line'?); it has line"),
        (["--stream", "line=ptty"], "stream 'line': unknown stream backend 'ptty' (did you mean 'pty'?)"),
        (["--stream", "line=file:no/such/file"], "stream 'line': cannot open stream backend"),
        (["--lines", "sockets:x"], "stream 'GPIO lines': unknown stream backend"),
        (["--on-event", "PANIC=exit"], "--on-event PANIC: serial-card has no such event; it has none"),
        (["--on-event", "PANIC"], "--on-event PANIC: write EVENT=ACTION"),
        (["--save", "no/such/file"], "no/such/file: No such file or directory"),
        (["--restore", "none"], "none: No such file or directory"),
        (["--socket", "x" * 108], "the path has 108 bytes; a socket's has at most 107"),
        (["--socket", "none/s"], "none/s: there is no folder none"),
        (["--socket", "devices/serial-card.yaml"], "devices/serial-card.yaml: the file there is not a socket"),
        (["--socket", "/proc/s"], "/proc/s: cannot listen there"),
    ],
)
def test_faults_are_told_in_a_line(project: Path, arguments: list[str], message: str) -> None:
    start = [] if "--socket" in arguments else ["--socket", "s"]
    done = subprocess.run(
        command("serve", "serial-card", *start, *arguments),
        capture_output=True, text=True, timeout=60, cwd=project, env=environment(), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert message in done.stderr
    assert sorted(os.listdir(project)) == ["devices", "generated"]


def test_an_unknown_action_of_an_event_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        command("serve", "pvpanic-pci", "--socket", "s", "--on-event", "GUEST_PANICKED=exits"),
        capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "unknown action 'exits' (did you mean 'exit'?); known are exit, log, ignore" in done.stderr


def test_a_device_without_lines_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        command("serve", "edu", "--socket", "s", "--lines", "stdio"),
        capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment(), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "devgen: edu has no GPIO lines\n")


def test_a_disks_medium_is_a_file(tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(range(256)) * 16)
    disk = partial(DeviceServer, "virtio-blk-pci", properties={"sectors": 8}, media={"medium": image})
    with disk(tmp_path / "s") as server:
        state = server.save_state()
        assert server.device.medium[254:257] == b"\xfe\xff\x00"  # type: ignore[attr-defined]
        server.device.medium[0:2] = b"ab"  # type: ignore[attr-defined]
        assert image.read_bytes()[:3] == b"ab\x02"
        with pytest.raises(DeviceError, match="another process uses this file"):
            disk(tmp_path / "other")
    with disk(tmp_path / "s", state=state):
        assert image.read_bytes()[:3] == b"\x00\x01\x02"
    assert not (tmp_path / "other").exists()
