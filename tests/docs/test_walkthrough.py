"""The walk-through shows what is in the files that it copies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_blocks import WALKTHROUGH, Block, blocks

from devgen.build.builder import build

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
    text = (FOLDER / file).read_text()
    assert [block.name for block in shown(language) if block.text not in text] == []
    assert shown(language) != []


def test_the_driver_s_registers_are_those_of_the_generated_header(tmp_path: Path) -> None:
    report = build([FOLDER / "2-engine" / "copier.yaml"], tmp_path, target="c-header")
    assert report.diagnostics == []
    driver = (FOLDER / "driver" / "copier.c").read_text()
    used = set(re.findall(r"\bCOPIER_\w+", driver))
    assert used >= {"COPIER_ID_OFFSET", "COPIER_CHANNEL_CTRL_OFFSET_AT", "COPIER_BELLS_BAR_OFFSET"}
    assert used - set(re.findall(r"#define (\w+)", (tmp_path / "copier.h").read_text())) == set()


def test_the_driver_repeats_no_number_of_a_register() -> None:
    driver = (FOLDER / "driver" / "copier.c").read_text()
    defined = dict(re.findall(r"#define (\w+)(?:\([^)]*\))? (.*)", driver))
    by_hand = {name for name, value in defined.items() if re.search(r"0x|BIT\(", value)}
    assert by_hand == {"CONTROL_OWN", "CONTROL_IRQ"}, "only the descriptor's bits, which are no register"
