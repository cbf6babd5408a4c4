"""The walk-through shows what is in the files that it copies."""

from __future__ import annotations

import pytest
from markdown import WALKTHROUGH, Block, blocks

FOLDER = WALKTHROUGH.parent


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
