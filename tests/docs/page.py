"""A page's commands, typed one after the other into one shell, and what the page says they print."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import fetch_qemu
from markdown_blocks import ROOT, WALKTHROUGH, Block, blocks
from shell import Shell

IN_THE_CHECKOUT = {
    WALKTHROUGH,
    ROOT / "docs" / "vfio-user.md",
    ROOT / "docs" / "virtio.md",
    ROOT / "docs" / "import.md",
    ROOT / "docs" / "export.md",
    ROOT / "docs" / "qemu.md",
}
"""Pages that say that their first command is typed there; all others begin in an empty folder."""

NEEDS = {
    "qemu": re.compile(r"qemu-system-|fetch_qemu|devgen qemu|get-parts"),
    "linux": re.compile(r"devgen qemu|get-parts"),
}
"""The marker of the tests that may run a command like this."""

LIMITS = {"get-parts": 900.0, "fetch_qemu": 900.0, "devgen qemu": 180.0, "boot": 180.0, "pytest": 120.0}
"""Seconds for commands with such a word, on a busy machine; others have a minute."""

VARYING = re.compile(r"\d+\.\d{6,}|0x[0-9a-f]{4,}\b|\b[0-9a-f]{16,}\b")
"""Times, addresses, data: what is printed there is an example."""


@dataclass(frozen=True)
class Command:
    where: str
    """Page and line of its block."""
    text: str
    printed: tuple[str, ...]
    """The lines below it."""

    @property
    def needs(self) -> set[str]:
        """The markers."""
        return {marker for marker, pattern in NEEDS.items() if pattern.search(self.text)}

    @property
    def seconds(self) -> float:
        """It must end by then."""
        return next((seconds for word, seconds in LIMITS.items() if word in self.text), 60.0)


def commands(page: Path) -> list[Command]:
    """The commands of the page's console blocks."""
    return [command for block in blocks(page, "console") for command in commands_of(block)]


def commands_of(block: Block) -> list[Command]:
    """A line that begins with "$ ", with those that a backslash joins to it, and what is printed up to the next one."""
    found = []
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        text, *printed = part.replace("\\\n", "").splitlines()
        found.append(Command(block.name, text, tuple(printed)))
    return found


def unneedy(page: Path) -> list[Command]:
    """What stands before the first command that needs something."""
    found = commands(page)
    return found[: next((at for at, command in enumerate(found) if command.needs), len(found))]


def follow(page: Path, typed: Sequence[Command], home: Path) -> None:
    """Type ``typed``, which is of ``page``, as somebody at ``home``; nothing runs on afterwards.

    Raises:
        AssertionError: a command fails, does not end, or does not print what the page says.
    """
    start = ROOT if page in IN_THE_CHECKOUT else home / "empty"
    (home / "empty").mkdir()
    with Shell(start, environment(home)) as shell:
        for command in typed:
            output = shell.run(command.text, command.seconds)
            lost = missing(command.printed, output)
            assert lost is None, f"{command.where}: $ {command.text}\ndoes not print\n{lost}\nbut\n{output}"


def environment(home: Path) -> dict[str, str]:
    """The environment of somebody who has entered this checkout's, and has a QEMU that is new enough if there is one.

    The interpreter's scripts come first, and fetched parts stay where they are.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = [str(Path(sys.executable).parent), str(home / "qemu"), os.environ.get("PATH", "")]
    (home / "qemu").mkdir()
    if (qemu := fetch_qemu.find()) is not None:
        fetch_qemu.write_script(home / "qemu" / "qemu-system-x86_64", qemu)
    ours = {"PYTHONPATH": str(ROOT), "PATH": os.pathsep.join(path), "HOME": str(home), "XDG_CACHE_HOME": cache}
    return os.environ | ours | {"LC_ALL": "C.UTF-8"}


def alike(line: str) -> str:
    return " ".join(VARYING.sub("#", line).split())


def missing(printed: Sequence[str], output: str) -> str | None:
    """The first line of the page that does not come, in its turn, in the output; "…" stands for anything."""
    lines = iter(alike(line) for line in output.splitlines())
    for wanted in printed:
        pattern = re.compile(".*".join(map(re.escape, alike(wanted).split("…"))))
        if not any(pattern.search(line) for line in lines):
            return wanted
    return None
