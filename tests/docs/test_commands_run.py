"""Every command printed in a `console` block works as printed, in order, in a folder of its own.

Blocks in `sh` are run by `.ci/run` itself; a test here sees to it that each of them is there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from markdown import PAGES, ROOT, WALKTHROUGH, all_blocks, blocks


def command_environment() -> dict[str, str]:
    """The environment with this interpreter's scripts first, and this checkout importable."""
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    here["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{here.get('PATH', '')}"
    return here


def commands(page: Path) -> list[tuple[str, str]]:
    return [
        (block.name, line.removeprefix("$ "))
        for block in blocks(page, "console")
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]


PRINTED = [page for page in PAGES if blocks(page, "console") and page != WALKTHROUGH]  # which has a test of its own


@pytest.mark.parametrize("page", PRINTED, ids=lambda page: page.name)
def test_the_page_works_as_printed(page: Path, tmp_path: Path) -> None:
    for name, command in commands(page):
        done = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env=command_environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{name}: $ {command}\n{done.stdout}{done.stderr}"


def test_ci_runs_what_is_printed_for_the_shell() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    printed = [line for block in all_blocks("sh") for line in block.text.splitlines() if line]
    assert [line for line in printed if line not in script] == []
