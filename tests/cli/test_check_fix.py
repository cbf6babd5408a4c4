"""`devgen check --fix`: a misspelled device on a board is mended; comments and layout stay."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from command_kit import Command

BOARD = """\
board: clock   # a board
machine: {type: pc}
devices:
  rtc: {device: pl03l, at: {registers: 0xd0000}}   # the clock
"""
MENDED = BOARD.replace("pl03l", "pl031")


@pytest.fixture
def board(tmp_path: Path) -> Path:
    path = tmp_path / "clock.yaml"
    path.write_text(BOARD)
    return path


def test_fix_mends_and_checks_again(devgen: Command, board: Path) -> None:
    done = devgen("check", "--fix", "clock.yaml")
    assert "mended   clock.yaml: write 'pl031'" in done.out
    assert "pl03l" not in done.out
    assert board.read_text() == MENDED


def test_fix_diff_shows_and_writes_nothing(devgen: Command, board: Path) -> None:
    done = devgen("check", "--fix", "--diff", "clock.yaml")
    assert (done.code, board.read_text()) == (1, BOARD)
    assert "-  rtc: {device: pl03l," in done.out
    assert "+  rtc: {device: pl031," in done.out


def test_fix_of_standard_input_prints_the_mended_text(
    devgen: Command, board: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BOARD.encode())))
    assert devgen("check", "-", "--fix", "--stdin-filename", "clock.yaml").out == MENDED
    assert board.read_text() == BOARD


def test_diff_needs_fix(devgen: Command, board: Path) -> None:
    assert devgen("check", "--diff", "clock.yaml").code == 2
