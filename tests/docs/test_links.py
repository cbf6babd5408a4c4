"""Every link of a page to a file or a section leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_blocks import PAGES, ROOT


def sections(page: Path) -> set[str]:
    """The names by which its headings can be linked to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, link: str) -> bool:
    file, _, section = link.partition("#")
    target = page.parent / file if file else page
    return not target.exists() or bool(section and section not in sections(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and leads_nowhere(page, link)] == []
