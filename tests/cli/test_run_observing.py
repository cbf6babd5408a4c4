"""`devgen run --trace`, `--vcd`: what a run shows, and that its JSON lines replay."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from devgen import DevgenError
from devgen.cli import cli


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["run", "pl031-alarm", "--accel", "emulator", "--timeout", "30", *args])


@pytest.mark.parametrize("args", [["--trace"], ["--trace=field"], ["--trace", "all"]])
def test_a_trace_names_registers_and_places(args: list[str], tmp_path: Path) -> None:
    out = tmp_path / "trace.txt"
    done = run(*args, "--trace-output", str(out), "--trace-filter", "rtc")
    assert done.exit_code == 0, done.output
    lines = out.read_text().splitlines()
    assert any(" 0x" in line and line.endswith("rtc.IMSC write 1 (ALARM=1)") for line in lines)
    assert any(line.endswith("rtc.RIS.ALARM 0→1") for line in lines)
    assert any(line.endswith("rtc.intr 0→1") for line in lines) == ("all" in args)


def test_the_trace_goes_to_standard_error() -> None:
    done = run("--trace=access", "--trace-filter", "rtc.ICR")
    assert "rtc.ICR write 1" in done.stderr
    assert "rtc.ICR" not in done.stdout


def test_json_lines_of_several_devices_replay_one_by_one(tmp_path: Path) -> None:
    out = tmp_path / "trace.jsonl"
    assert run("--trace", "--trace-format", "json", "--trace-output", str(out)).exit_code == 0
    for device in ("rtc", "con", "exit"):
        done = CliRunner().invoke(cli, ["replay", "--device", device, str(out)])
        assert "1 passed" in done.output, done.output
    assert "choose one" in CliRunner().invoke(cli, ["replay", str(out)]).output
    assert "no trace of a device 'rtx'" in CliRunner().invoke(cli, ["replay", "--device", "rtx", str(out)]).output


def test_waves(tmp_path: Path) -> None:
    out = tmp_path / "lines.vcd"
    assert run("--vcd", str(out)).exit_code == 0
    assert "$var wire 1" in out.read_text()


def test_waves_need_their_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "devgen.runtime.observe.waves", raising=False)
    for name in ("vcd", "vcd.common", "vcd.writer"):
        monkeypatch.setitem(sys.modules, name, None)
    done = run("--vcd", str(tmp_path / "lines.vcd"))
    assert isinstance(done.exception, DevgenError)
    assert "pip install 'devgen[vcd]'" in str(done.exception)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--trace", "--trace-filter", "rtx"], "matches no device (did you mean 'rtc'?); there are rtc, con, exit"),
        (["--trace", "--trace-filter", "rtc.MX"], "'rtc.MX' matches no register, field, line or other name of rtc"),
        (["--trace", "--trace-filter", "rtc", "--trace-filter", "rtc.IMSX"], "(did you mean 'rtc.IMSC'?)"),
        (["--trace", "--trace-output", "no/such/file"], "no/such/file: No such file or directory"),
        (["--vcd", "no/such/file"], "no/such/file: No such file or directory"),
    ],
)
def test_what_cannot_be_shown_is_said(args: list[str], message: str) -> None:
    done = run(*args)
    assert isinstance(done.exception, DevgenError)
    assert message in str(done.exception)


def test_a_table_counts_accesses_by_region() -> None:
    done = run("--stats")
    lines = [line.split() for line in done.stderr.splitlines()]
    start = lines.index(["device", "region", "reads", "writes", "doorbells"])
    assert ["rtc", "registers", "16", "3", "0"] in lines[start:]
    sums = [sum(int(line[column]) for line in lines[start + 1 : -2]) for column in (2, 3, 4)]
    assert lines[-2] == ["all", *map(str, sums)]
    assert lines[-1][0] == "devgen:"


@pytest.mark.parametrize("args", [["--trace=loud"], ["--trace-filter", "rtc"], ["--trace-format", "json"]])
def test_usage_errors(args: list[str]) -> None:
    assert run(*args).exit_code == 2
