"""What ``devgen new`` prints: the files, the next steps, and a warning for a name of the catalogue."""

from __future__ import annotations

from pathlib import Path

from command_kit import Command


def test_the_next_steps_run_from_the_present_folder(devgen: Command) -> None:
    done = devgen("new", "lamp", "--board")
    assert "next:  devgen build && python -m pytest tests\nthen:  devgen run boards/lamp.yaml\n" in done.out


def test_the_next_steps_enter_the_folder_of_the_project(devgen: Command, tmp_path: Path) -> None:
    done = devgen("new", "lamp", "--board", "--dir", "my project")
    assert "next:  cd 'my project' && devgen build && python -m pytest tests\n" in done.out
    assert (tmp_path / "my project" / "boards" / "lamp.yaml").is_file()


def test_a_name_of_the_catalogue_is_a_warning(devgen: Command) -> None:
    done = devgen("new", "pl031")
    assert done.code == 0
    assert done.err.startswith("warning: pl031 is also a device of devgen's catalogue")
