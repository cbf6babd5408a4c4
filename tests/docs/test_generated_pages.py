"""Pages that a program prints are what it prints now, and every diagnostic that a page names has an entry."""

from __future__ import annotations

import re

from markdown_blocks import PAGES, ROOT

from devgen.language.diagnostics import catalogue
from devgen.language.keys_page import markdown


def test_the_page_of_the_keys_is_current() -> None:
    assert (ROOT / "docs" / "keys.md").read_text() == markdown()


def test_every_code_that_a_page_names_has_an_entry() -> None:
    codes = {kind.code for kind in catalogue()}
    named = {code for page in PAGES for code in re.findall(r"\bDG\d{4}\b", page.read_text())}
    assert sorted(named - codes) == []


def test_every_code_in_a_sentence_leads_to_its_entry() -> None:
    """Code blocks show what devgen prints; there a reader uses ``devgen explain``."""
    for page in PAGES:
        if page.name == "diagnostics.md":
            continue
        text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        linked = re.sub(r"\[(DG\d{4})\]\([^)]*diagnostics\.md#dg\d{4}-\w+\)", "", text)
        assert re.findall(r"\bDG\d{4}\b", linked) == [], page
