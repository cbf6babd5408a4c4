"""Every command that a page prints works as printed: all of a page's, in order, in one shell.

Blocks in `sh` are run by `.ci/run` itself; a test here sees to it that each of them is there, and that no command
stands anywhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_blocks import PAGES, ROOT, all_blocks
from page import NEEDS, commands, follow, unneedy

PRINTED = [page for page in PAGES if commands(page)]


def needs(page: Path) -> list[pytest.MarkDecorator]:
    """What a test of the whole page is marked with."""
    found = set().union(*(command.needs for command in commands(page)))
    return [getattr(pytest.mark, marker) for marker in NEEDS if marker in found]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PRINTED if unneedy(page)], ids=name)
def test_what_needs_nothing_works_as_printed(page: Path, tmp_path: Path) -> None:
    follow(page, unneedy(page), tmp_path)


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=needs(page), id=name(page)) for page in PRINTED if needs(page)]
)
def test_the_whole_page_works_as_printed(page: Path, tmp_path: Path) -> None:
    follow(page, commands(page), tmp_path)


def test_ci_runs_what_is_printed_for_the_shell() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    printed = [line for block in all_blocks("sh") for line in block.text.splitlines() if line]
    assert [line for line in printed if line not in script] == []


PROGRAM = re.compile(
    r"\s*(\$ |devgen |pytest\b|python (?!= )|tests/\S+\.py|examples/\S+ |\.ci/|\. \S*activate|qemu-system-)"
)
RUN = re.compile(r"^```(?:console|sh)\n.*?^```$", re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_command_is_printed_where_nothing_runs_it(page: Path) -> None:
    unrun = RUN.sub("", page.read_text(encoding="utf-8"))
    shown = [line for code in code_lines(unrun) for line in code if PROGRAM.match(line)]
    assert shown == [], "these are in no `console` block"


def code_lines(text: str) -> list[list[str]]:
    """The lines of each fenced or indented block."""
    fenced = re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    outside = re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.M | re.S)
    indented = [line for line in outside.splitlines() if line.startswith(("    ", "\t"))]
    return [*(block.splitlines() for block in fenced), indented]
