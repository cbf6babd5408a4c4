"""The walk-through works as printed: all of its commands, in order, in one shell, and they print what the page says."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from markdown import ROOT, WALKTHROUGH, Block, blocks
from shell import Shell
from test_commands_run import command_environment

FOLDER = WALKTHROUGH.parent
FIRST_FETCH = "$WALK/get-parts"
LIMITS = {FIRST_FETCH: 900.0, "./boot": 120.0}
"""Seconds for commands that start like this, on a busy machine; others have a minute."""

VARYING = re.compile(r"\d+\.\d{6,}|0x[0-9a-f]{4,}\b|\b[0-9a-f]{16,}\b")
"""Times, addresses, data: what is printed there is an example."""


def commands() -> list[tuple[str, list[str]]]:
    """Each command with the lines that the page prints below it."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(WALKTHROUGH, "console"):
        for line in block.text.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


def alike(line: str) -> str:
    return " ".join(VARYING.sub("#", line).split())


def missing(printed: list[str], output: str) -> str | None:
    """The first line of the page that does not come, in its turn, in the output; "…" stands for anything."""
    lines = iter(alike(line) for line in output.splitlines())
    for wanted in printed:
        pattern = re.compile(".*".join(map(re.escape, alike(wanted).split("…"))))
        if not any(pattern.search(line) for line in lines):
            return wanted
    return None


def follow(page: list[tuple[str, list[str]]], home: Path) -> None:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    environment = command_environment() | {"HOME": str(home), "XDG_CACHE_HOME": cache, "LC_ALL": "C.UTF-8"}
    with Shell(ROOT, environment) as shell:
        for command, printed in page:
            limit = next((seconds for start, seconds in LIMITS.items() if command.startswith(start)), 60.0)
            output = shell.run(command, limit)
            lost = missing(printed, output)
            assert lost is None, f"$ {command}\ndoes not print\n{lost}\nbut\n{output}"


def test_the_part_without_a_guest(tmp_path: Path) -> None:
    page = commands()
    fetch = next(at for at, (command, _) in enumerate(page) if command.startswith(FIRST_FETCH))
    follow(page[:fetch], tmp_path)


@pytest.mark.qemu
@pytest.mark.linux
def test_all_of_it(tmp_path: Path) -> None:
    follow(commands(), tmp_path)


def shown(language: str) -> list[Block]:
    return blocks(WALKTHROUGH, language)


def test_the_descriptions_shown_are_those_that_are_copied() -> None:
    files = [(FOLDER / step / "copier.yaml").read_text() for step in ("1-registers", "2-engine")]
    assert [block.text for block in shown("yaml")] == files


@pytest.mark.parametrize(
    ("language", "file"), [("python", "1-registers/test_copier.py"), ("c", "driver/copier.c"), ("text", "boot")]
)
def test_the_code_shown_is_in_the_file(language: str, file: str) -> None:
    assert [block.text in (FOLDER / file).read_text() for block in shown(language)] == [True]
