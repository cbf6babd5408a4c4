"""The commands that read descriptions: new, check, build, list."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_kit import Command

GOOD = """\
device: lamp
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      CTRL: {at: 0x0, fields: {ON: 0}}
gpio_out:
  light: {level: CTRL.ON}
"""
BAD = GOOD.replace("at: 0x0,", "att: 0x0,")


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    path = tmp_path / "devices" / "lamp.yaml"
    path.parent.mkdir()
    path.write_text(GOOD)
    return path


TO_BE_WRITTEN = """\
device: lamp
bus: sysbus
external: true
regions:
  registers:
    space: mmio
    size: 256
    registers:
      CTRL: {at: 0x00, fields: {ENABLE: 0}}
      STATUS: {at: 0x04, access: ro, read: CTRL.ENABLE}
      SCRATCH: {at: 0x08, external: false}
      FILTER: {at: 0x0c, title: Filter}
      CH: {at: 0x10, registers: {A: {at: 0, on_write: A = 0}, B: {at: 4}, C: {at: 8, constant: 3}}}
interrupts:
  done: {}
gpio_out: {led: {}, on: {level: CTRL.ENABLE}, off: {external: false, level: '0'}}
"""


def test_a_new_device_builds_and_a_second_of_the_name_is_refused(devgen: Command, tmp_path: Path) -> None:
    for bus in ("sysbus", "isa", "pci"):
        assert devgen("new", f"my-{bus}", "--bus", bus).code == 0
    assert devgen("check").code == 0
    assert devgen("build").code == 0
    again = devgen("new", "my-pci")
    assert (again.code, "already exists" in again.err) == (1, True)


def test_a_new_device_with_the_name_of_another_is_told(devgen: Command, tmp_path: Path) -> None:
    done = devgen("new", "pl031")
    assert (done.code, "warning: pl031 is also a device of devgen's catalogue" in done.err) == (0, True)
    assert "warning" not in devgen("new", "lamp").err


def test_a_new_board_is_checked_and_named(devgen: Command, tmp_path: Path) -> None:
    done = devgen("new", "lamp", "--board")
    assert "devgen run boards/lamp.yaml" in done.out
    assert devgen("check", "devices", "boards").code == 0


@pytest.mark.parametrize("name", ["1st", "../up", "a b", "", "a/b"])
def test_a_name_that_is_none_is_a_usage_error(devgen: Command, name: str) -> None:
    assert devgen("new", name).code == 2


def test_check_says_where_what_and_what_was_meant(devgen: Command, lamp: Path) -> None:
    lamp.write_text(BAD)
    done = devgen("check", "devices")
    assert done.code == 1
    assert "devices/lamp.yaml:8:14: error[" in done.out
    assert "did you mean 'at'" in done.out


def test_check_ends_with_the_command_that_explains_the_findings(devgen: Command, lamp: Path) -> None:
    text = lamp.read_text().replace("bus:", "bas:")
    lamp.write_text(text)
    codes = devgen("check", str(lamp)).out.splitlines()[-1].removeprefix("causes and cures: devgen explain ").split()
    assert "DG0201" in codes
    explained = devgen("explain", *codes)
    assert explained.code == 0
    assert explained.out.count("Cure: ") == len(codes)


def test_a_right_file_needs_no_explanation(devgen: Command, lamp: Path) -> None:
    assert devgen("check", str(lamp)).out == "1 file checked, no errors\n"


def test_check_speaks_json(devgen: Command, lamp: Path) -> None:
    lamp.write_text(BAD)
    done = devgen("check", "--format", "json")
    found = json.loads(done.out)
    assert done.code == 1
    assert {"file", "line", "column", "severity", "code", "message"} <= found[0].keys()


def test_check_of_a_path_that_is_not_there(devgen: Command) -> None:
    done = devgen("check", "nowhere.yaml")
    assert (done.code, "no such file" in done.err) == (1, True)


def test_build_writes_then_has_nothing_to_do(devgen: Command, lamp: Path) -> None:
    first, second = devgen("build"), devgen("build")
    assert "generated/lamp.py" in first.out
    assert (first.code, second.code, "all current" in second.out) == (0, 0, True)


def test_build_check_fails_when_a_description_has_changed_and_writes_nothing(
    devgen: Command, lamp: Path, tmp_path: Path
) -> None:
    assert devgen("build").code == 0
    before = (tmp_path / "generated" / "lamp.py").read_bytes()
    lamp.write_text(GOOD.replace("ON: 0", "ON: 1"))
    done = devgen("build", "--check")
    assert (done.code, "stale" in done.out) == (1, True)
    assert (tmp_path / "generated" / "lamp.py").read_bytes() == before
    assert (devgen("build").code, devgen("build", "--check").code) == (0, 0)


def test_a_build_with_errors_prints_them_and_keeps_what_was_there(devgen: Command, lamp: Path, tmp_path: Path) -> None:
    assert devgen("build").code == 0
    lamp.write_text(BAD)
    done = devgen("build")
    assert (done.code, "error[" in done.err) == (1, True)
    assert (tmp_path / "generated" / "lamp.py").is_file()


def test_build_without_descriptions_says_so(devgen: Command) -> None:
    done = devgen("build")
    assert (done.code, "devices" in done.err) == (1, True)


def test_list_shows_the_project_s_own_devices_and_the_catalogue(devgen: Command, lamp: Path) -> None:
    assert devgen("build").code == 0
    names = [row["device"] for row in json.loads(devgen("list", "--format", "json").out)]
    assert {"lamp", "pl031", "hpet"} <= set(names)


def test_list_tells_the_sizes_of_descriptions(devgen: Command, lamp: Path) -> None:
    assert devgen("build").code == 0
    rows = {row["device"]: row for row in json.loads(devgen("list", "--stats", "--format", "json").out)}
    assert {"lamp", "pl031", "hpet"} <= rows.keys()
    sizes = ("lines", "registers", "fields", "behaviour_lines", "declared")
    assert [rows["debug-exit"][key] for key in sizes] == [14, 1, 0, 1, 1.0]
    shown = devgen("list", "--stats").out.splitlines()
    assert shown[0].split("  ")[0] == "device"
    assert next(line for line in shown if line.startswith("debug-exit ")).split() == [
        *("debug-exit", "14", "1", "0", "1", "100%")
    ]


def test_list_tells_which_behaviour_is_still_to_be_written(devgen: Command, lamp: Path) -> None:
    lamp.write_text(TO_BE_WRITTEN)
    assert devgen("check").code == 0
    rows = json.loads(devgen("list", "--todo", "--format", "json").out)
    assert [(row["kind"], row["name"], row["line"]) for row in rows] == [
        ("register", "FILTER", 12),
        ("register", "CH.B", 13),
        ("interrupt", "done", 15),
        ("output", "led", 16),
    ]
    shown = devgen("list", "--todo").out.splitlines()
    assert shown[0].split()[:3] == ["lamp", "register", "FILTER"]
    assert shown[-1] == "4 to be written"
    assert devgen("list", "--todo", "--stats").code == 2


def test_a_device_without_a_description_at_hand_has_no_sizes(devgen: Command, lamp: Path) -> None:
    assert devgen("build").code == 0
    lamp.unlink()
    line = next(line for line in devgen("list", "--stats").out.splitlines() if line.startswith("lamp "))
    assert line.split() == ["lamp", *"-----"]


def test_a_misspelled_command_gets_a_suggestion(devgen: Command) -> None:
    done = devgen("biuld")
    assert (done.code, "Did you mean 'build'?" in done.err) == (2, True)


@pytest.mark.parametrize("command", ["build", "check", "list", "new", "record", "replay", "run"])
def test_every_command_has_help_with_examples(devgen: Command, command: str) -> None:
    done = devgen(command, "--help")
    assert (done.code, "Examples:" in done.out) == (0, True)


def test_an_unknown_option_is_a_usage_error(devgen: Command) -> None:
    assert devgen("build", "--frobnicate").code == 2


@pytest.mark.parametrize("arguments", [("build", "-o", ""), ("build", ""), ("check", ""), ("new", "n" * 65)])
def test_an_empty_path_or_an_endless_name_is_a_usage_error(devgen: Command, lamp: Path, arguments: list[str]) -> None:
    assert devgen(*arguments).code == 2


def test_an_output_that_is_no_folder_is_told(devgen: Command, lamp: Path) -> None:
    done = devgen("build", "-o", "devices/lamp.yaml")
    assert (done.code, "not a folder" in done.err) == (1, True)


def test_list_in_a_folder_that_is_gone(devgen: Command, tmp_path: Path) -> None:
    tmp_path.rmdir()
    done = devgen("list")
    assert (done.code, "No such file" in done.err) == (1, True)


def test_a_link_to_nothing_among_the_built_devices_is_passed_over(devgen: Command, lamp: Path, tmp_path: Path) -> None:
    assert devgen("build").code == 0
    (tmp_path / "generated" / "gone.py").symlink_to("nowhere.py")
    assert devgen("list").code == 0


def test_a_package_named_generated_that_devgen_did_not_write_is_left_alone(devgen: Command, tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "__init__.py").write_text("raise SystemExit('run')\n")
    assert devgen("list").code == 0


@pytest.mark.slow
def test_the_fixture_finds_a_project_s_devices_from_below_and_from_afar(
    devgen: Command, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert (devgen("new", "lamp").code, devgen("build").code) == (0, 0)
    test = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "tests" / "test_lamp.py")]
    for folder in (tmp_path / "tests", tmp_path_factory.mktemp("afar")):
        assert subprocess.run(test, cwd=folder, check=False).returncode == 0


def test_a_broken_folder_of_built_devices_is_told_in_a_line(devgen: Command, lamp: Path, tmp_path: Path) -> None:
    assert devgen("build").code == 0
    (tmp_path / "generated" / "__init__.py").write_text("# Generated by devgen: no more\nCATALOGUE = 3\n")
    done = devgen("list")
    assert (done.code, done.err.count("\n")) == (1, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
def test_output_that_cannot_be_written_is_told_in_a_line() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "devgen", "list"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
