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


MISTAKES = {
    "titel: A thing  # as on the label": "title: A thing  # as on the label",
    "bus:   sysbuss": "bus:   sysbus",
    "      A: {at: 0, acess: ro, width: '32'}  # two": "      A: {at: 0, access: ro, width: 32}  # two",
    "      B: {at: 4, write_effect: w1c}": "      B: {at: 4, write_effect: woclr}",
    "      C: {at: 8, access: R/W}": "      C: {at: 8, access: rw}",
    "      D: {at: 12, on_write: D = min(value, 3)}": "      D: {at: 12, on_write: 'D = min(value, 3)'}",
}
"""Lines of a description, and the same mended: a key, a name, quotes, and other tools' words for an effect."""

HEAD = "device: d\n"
REST = "regions:\n  r:\n    space: mmio\n    size: 4 KiB\n    registers:\n"


def description(lines: list[str]) -> str:
    return HEAD + "\n".join(lines[:2]) + "\n" + REST + "\n".join(lines[2:]) + "\n"


def test_what_has_one_remedy_is_mended_at_once(devgen: Command, tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(description(list(MISTAKES)))
    done = devgen("check", "--fix", "d.yaml")
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 file checked, no errors")
    assert path.read_text() == description(list(MISTAKES.values()))


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
