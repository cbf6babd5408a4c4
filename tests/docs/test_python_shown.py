"""The Python that the pages under docs/ show does what it says: a script runs, a test passes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from markdown_blocks import ROOT, Block, all_blocks


def marked(block: Block) -> object:
    marks = [pytest.mark.qemu, pytest.mark.linux] if re.search("LinuxGuest|QemuGuest", block.text) else []
    return pytest.param(block, marks=marks, id=block.name)


SHOWN = [marked(block) for block in all_blocks("python") if block.page.parent == ROOT / "docs"]


@pytest.mark.slow
@pytest.mark.parametrize("block", SHOWN)
def test_it_works_as_printed(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(block.text, block.name, "exec"), names)
    for name, value in names.items():
        if name.startswith("test_") and callable(value):
            value(*[tmp_path] * len(inspect.signature(value).parameters))
