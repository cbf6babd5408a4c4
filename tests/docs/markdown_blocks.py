"""Fenced blocks of a Markdown page, with the line each starts at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]

WALKTHROUGH = ROOT / "examples" / "walkthrough" / "README.md"


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path, language: str) -> list[Block]:
    """The page's blocks in that language."""
    text = page.read_text(encoding="utf-8")
    fences = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    return [Block(page, text.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in fences if m[1] == language]


def all_blocks(language: str) -> list[Block]:
    """Every page's blocks in that language."""
    return [block for page in PAGES for block in blocks(page, language)]
