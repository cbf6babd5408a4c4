"""Boards of a project are listed, and have names as those that come with devgen have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from devgen import BoardBench, FileError, describe_boards, find_board
from devgen.cli.list_command import command

CHIP = "board: my-chip\ntitle: A chip\nmachine: {type: bus}\ndevices: {RTC: {device: pl031, at: {registers: 0x4000}}}\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "devgen.chip.board.yaml").write_text(CHIP)
    (tmp_path / "devices" / "broken.yaml").write_text("board: broken\nmachine: 7\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_boards_of_the_project_come_first(project: Path) -> None:
    first, *others = describe_boards()
    assert (first.name, first.machine, first.devices, first.title) == ("my-chip", "bus", ("RTC",), "A chip")
    assert "small-pc" in {board.name for board in others}
    assert "broken" not in {board.name for board in others}


def test_a_board_is_found_by_its_name(project: Path) -> None:
    assert find_board("my-chip") == project / "devices" / "devgen.chip.board.yaml"
    with BoardBench("my-chip") as chip:
        assert chip.read32(0x4008) == chip["RTC"].regs.LR.peek()
    with pytest.raises(FileError, match="did you mean 'my-chip'"):
        find_board("my-chop")


def test_the_command_lists_boards() -> None:
    result = CliRunner().invoke(command, ["--boards", "--format", "json"], standalone_mode=False)
    assert json.loads(result.output)[0]["name"] == "my-chip"
    assert CliRunner().invoke(command, ["--boards", "--todo"]).exit_code == 2
