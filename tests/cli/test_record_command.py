"""`devgen record`: what a board's device did replays exactly, on either host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from devgen import DevgenError
from devgen.cli import cli

BOARDS = [("pl031-alarm", "rtc"), ("xche-card", "card")]

RUNS = [
    *((board, device, "emulator") for board, device in BOARDS),
    *(pytest.param(board, device, "kvm", marks=pytest.mark.kvm) for board, device in BOARDS),
    ("pl031-virt", "rtc", "emulator"),
    ("small-virt", "timer", "emulator"),
]


@pytest.mark.parametrize(("board", "device", "accel"), RUNS)
def test_what_is_recorded_replays(board: str, device: str, accel: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    done = CliRunner().invoke(
        cli, ["record", board, "--device", device, "-o", str(trace), "--accel", accel, "--timeout", "30"]
    )
    assert done.exit_code == 0, done.output
    replayed = CliRunner().invoke(cli, ["replay", str(trace)])
    assert "1 passed, 0 failed" in replayed.output, replayed.output


def test_a_device_that_drives_its_own_inputs_is_told(tmp_path: Path) -> None:
    args = ["--accel", "emulator", "--timeout", "30", "-o", str(tmp_path / "trace.jsonl")]
    done = CliRunner().invoke(cli, ["record", "pl061-gpio", "--device", "gpio", *args])
    inputs = "input[4], input[5], input[6], input[7]"
    assert f"devgen: the recording does not replay exactly: gpio drove its own {inputs}\n" in done.output
    other = CliRunner().invoke(cli, ["record", "pl061-gpio", "--device", "con", *args])
    assert (other.exit_code, "does not replay" in other.output) == (0, False)


@pytest.mark.kvm
def test_rings_that_the_kernel_takes_are_recorded_as_writes(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    args = ["record", "doorbell-card", "--device", "card", "-o", str(trace), "--accel", "kvm", "--timeout", "30"]
    assert CliRunner().invoke(cli, args).exit_code == 0
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    rings = [line for line in lines if line["op"] == "write" and line["space"] == "bells" and line["offset"] == 0]
    assert sum(ring.get("rings", 1) for ring in rings) >= 32
    assert "1 passed, 0 failed" in CliRunner().invoke(cli, ["replay", str(trace)]).output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--device", "rtx", "-o", "t.jsonl"], "no device 'rtx' (did you mean 'rtc'?); it has rtc, con, exit"),
        (["--device", "rtc", "-o", "no/such/folder/t.jsonl"], "no/such/folder/t.jsonl: No such file or directory"),
    ],
)
def test_what_cannot_be_recorded_is_said(args: list[str], message: str) -> None:
    done = CliRunner().invoke(cli, ["record", "pl031-alarm", "--accel", "emulator", *args])
    assert isinstance(done.exception, DevgenError)
    assert message in str(done.exception)
