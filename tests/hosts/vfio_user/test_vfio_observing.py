"""The access log of a served device: what `devgen serve --trace` shows, and that its JSON lines replay."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from serving import served
from vfio_client import BAR0, CONFIG, TABLES, Client

from devgen.hosts.bench.replay import replay_trace
from devgen.hosts.bench.replay_comparison import ReplayResult
from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.protocol import Command, Irq, SetFlag
from devgen.runtime.machine.device_registry import Registry

BELL, SCRATCH = 0x800, 0x24


def drive(client: Client, memory: int, eventfds: Callable[[int], list[int]]) -> None:
    """What a driver does: two copies with an interrupt each, a posted write, a ring by eventfd, a reset between."""
    client.map(1 << 40, 0x10000, memory)
    client.write(TABLES, 0x18, b"\x41\0\0\0\0\0\0\0")
    os.pwrite(memory, b"from far away", 0x100)
    client.set_irqs(Irq.MSIX, SetFlag.EVENTFD | SetFlag.TRIGGER, 0, 8, eventfds(8))
    for _ in range(2):
        client.write(CONFIG, 4, b"\x07\0")
        client.write(BAR0, 0x08, ((1 << 40) + 0x100).to_bytes(8, "little"))
        client.write(BAR0, 0x10, ((1 << 40) + 0x2FFA).to_bytes(8, "little"))
        client.write32(BAR0, 0x18, 13)
        client.write32(BAR0, BELL, 1)
        assert os.pread(memory, 13, 0x2FFA) == b"from far away"
        client.post(BAR0, 0x04, b"\1\0\0\0")
        assert client.read32(BAR0, 0x20) == 1
        assert not client.ask(Command.DEVICE_RESET).flags & protocol.ERROR
    reply = client.ask(Command.DEVICE_GET_REGION_IO_FDS, protocol.IO_FDS.pack(56, 0, BAR0, 0))
    os.eventfd_write(reply.fds[0], 3)
    for _ in range(1000):
        if client.read32(BAR0, 0x28) == 3:
            break
    os.close(reply.fds[0])


def test_each_access_is_shown_with_its_place_and_by_name(
    tmp_path: Path, memory: int, eventfds: Callable[[int], list[int]]
) -> None:
    log = tmp_path / "log"
    with served(tmp_path / "s", "--trace=all", "--trace-output", str(log)) as client:
        drive(client, memory, eventfds)
        lines = log.read_text().splitlines()  # while it goes on
    for wanted in (
        r"cfg\+0x4 dma-engine.cfg.COMMAND write 7",
        r"BAR0\+0x18 dma-engine.LENGTH write 0xd",
        r"BAR4\+0x18 dma-engine.MSIX\[1\].DATA write 0x41",
        r"BAR4\+0x18 dma-engine.MSIX\[1\].CONTROL write 0",
        r"BAR0\+0x4 dma-engine.STATUS write 1 \(DONE=1\)",
        r"BAR0\+0x20 dma-engine.COPIES read 1",
        r"           dma-engine.STATUS.DONE 0→1",
        r"           dma-engine.done\[0\] 0→1",
        r"           dma-engine.memory load 0x10000000100 13 bytes 66726f6d",
        r"           dma-engine.GO rung 3 times",
        r"           dma-engine reset",
    ):
        assert any(re.match(rf" +\d+\.\d{{9}} +{wanted.lstrip()}", line) for line in lines), (wanted, lines)


def test_the_log_goes_to_standard_error_unless_a_file_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devgen", "serve", "dma-engine", "--socket", str(tmp_path / "s"), "--trace"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        server.stderr.readline()
        with Client(tmp_path / "s") as client:
            client.hello()
            client.write32(BAR0, SCRATCH, 7)
            said = [server.stderr.readline() for _ in range(3)]
        server.terminate()
        server.communicate(timeout=30)
    assert said[0] == "devgen: a client has connected\n"
    assert said[1].endswith("BAR0+0x24 dma-engine.SCRATCH write 7\n")
    assert said[2].endswith(" dma-engine.SCRATCH 0→7\n")


def test_a_filter_picks_registers(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with served(tmp_path / "s", "--trace=access", "--trace-filter", "*.SCRATCH", "--trace-output", str(log)) as client:
        client.write32(BAR0, SCRATCH, 7)
        client.read32(BAR0, 0)
    assert [line.split()[1:] for line in log.read_text().splitlines()] == [
        ["BAR0+0x24", "dma-engine.SCRATCH", "write", "7"]
    ]


def replay(path: Path) -> ReplayResult:
    return replay_trace(path, Registry(), snapshot_every=1)


def test_json_lines_replay(tmp_path: Path, memory: int, eventfds: Callable[[int], list[int]]) -> None:
    log = tmp_path / "log.jsonl"
    with served(tmp_path / "s", "--trace", "--trace-format", "json", "--trace-output", str(log)) as client:
        drive(client, memory, eventfds)
    result = replay(log)
    assert result.passed, result.divergence
    assert result.ops > 20
    assert '"register": "COPIES"' in log.read_text()


def test_json_lines_of_timers_replay(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with served(
        tmp_path / "s", "--trace", "--trace-format", "json", "--trace-output", str(log), device="i6300esb"
    ) as client:
        for key in (0x80, 0x86):
            client.write(BAR0, 0x0C, bytes((key, 0)))
        client.write32(BAR0, 0, 1)
        client.write(CONFIG, 0x68, b"\x06")
        for _ in range(50):
            client.read32(BAR0, 0x08)
    result = replay(log)
    assert result.passed, result.divergence


def test_a_replay_notices_another_value(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with served(tmp_path / "s", "--trace", "--trace-format", "json", "--trace-output", str(log)) as client:
        client.write32(BAR0, SCRATCH, 7)
        client.read32(BAR0, SCRATCH)
    told = log.read_text()
    log.write_text(re.sub(r'("op": "read".*"value": )7', r"\g<1>8", told))
    assert log.read_text() != told
    assert not replay(log).passed


def test_lines_as_waves(tmp_path: Path, memory: int, eventfds: Callable[[int], list[int]]) -> None:
    with served(tmp_path / "s", "--vcd", str(tmp_path / "waves")) as client:
        drive(client, memory, eventfds)
    assert "$scope module dma-engine $end" in (tmp_path / "waves").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--trace-filter", "edu"], 2, "need --trace"),
        (["--trace", "--trace-filter", "card"], 1, "matches no device; there are dma-engine"),
        (["--trace", "--trace-output", "no/such/file"], 1, "no/such/file: No such file"),
    ],
)
def test_what_cannot_be_shown_is_said(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    command = [sys.executable, "-m", "devgen", "serve", "dma-engine", "--socket", str(tmp_path / "s"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert not (tmp_path / "s").exists()
