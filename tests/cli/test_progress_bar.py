"""The progress bar: on a terminal, and only for work that takes long."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from devgen.cli import progress_bar as module
from devgen.cli.progress_bar import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("patience", "drawn"), [(0.0, True), (3600.0, False)])
def test_long_work_on_a_terminal_draws_a_bar(patience: float, drawn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(module, "_PATIENCE", patience)
    with progress_bar("checking") as progress:
        assert progress is not None
        for done in range(1, 101):
            progress(done, 100, Path("x"))
    assert ("checking" in terminal.getvalue() and "100%" in terminal.getvalue()) == drawn


def test_without_a_terminal_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar("checking") as progress:
        assert progress is None
