"""Findings in colour: on a terminal, by option, and by the environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_kit import Command

RED_CODE = "\x1b[1;31merror[DG0204]\x1b[0m"

# The option, the environment, whether the output is a terminal, and whether it is coloured.
CASES = {
    "a pipe": ("auto", {}, False, False),
    "a terminal": ("auto", {}, True, True),
    "a terminal and NO_COLOR": ("auto", {"NO_COLOR": "1"}, True, False),
    "an empty NO_COLOR says nothing": ("auto", {"NO_COLOR": ""}, True, True),
    "a terminal without colour": ("auto", {"TERM": "dumb"}, True, False),
    "a pipe and FORCE_COLOR": ("auto", {"FORCE_COLOR": "1"}, False, True),
    "FORCE_COLOR=0 says nothing": ("auto", {"FORCE_COLOR": "0"}, False, False),
    "always, for a pipe": ("always", {"NO_COLOR": "1"}, False, True),
    "never, on a terminal": ("never", {"FORCE_COLOR": "1"}, True, False),
}


@pytest.mark.parametrize("case", CASES)
def test_colour(case: str, devgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    option, environment, terminal, coloured = CASES[case]
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    (tmp_path / "d.yaml").write_text("device: d\nbus: usb\n")
    out = devgen("check", "d.yaml", "--color", option).out
    assert (RED_CODE in out, "\x1b" in out) == (coloured, coloured)


def test_colour_adds_only_control_sequences(devgen: Command, tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("device: d\nbus: usb\ntitle: x\ntitle: y\n")
    plain = devgen("check", "d.yaml", "--color", "never").out
    painted = devgen("check", "d.yaml", "--color", "always").out
    for sequence in ("\x1b[0m", "\x1b[1m", *(f"\x1b[1;{number}m" for number in range(30, 38))):
        painted = painted.replace(sequence, "")
    assert painted == plain


def test_other_formats_have_no_colour(devgen: Command, tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("device: d\nbus: usb\n")
    assert "\x1b" not in devgen("check", "d.yaml", "--format", "json", "--color", "always").out
