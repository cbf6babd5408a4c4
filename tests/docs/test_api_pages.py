"""docs/api.md and docs/testing.md name each public name once in a table, and nothing that is not there."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from pathlib import Path

import pytest
from markdown_blocks import ROOT, blocks

import devgen

API, TESTING = ROOT / "docs" / "api.md", ROOT / "docs" / "testing.md"
EXAMPLE = ROOT / "examples" / "served_objects" / "crc_card.py"


def tabled(page: Path, head: str) -> Counter[str]:
    """The names in the first cells of the page's tables whose first column has that head."""
    found: Counter[str] = Counter()
    for table in re.findall(rf"^\| {head} \|.*\n\|[-|]*\|\n((?:\|.*\n?)*)", page.read_text(encoding="utf-8"), re.M):
        found.update(re.findall(r"^\| `(\w+)` \|", table, re.M))
    return found


def public_of_a_bench() -> set[str]:
    with devgen.Bench("pl031") as dev:
        return {name for name in dir(dev) if not name.startswith("_")}


def test_the_page_of_the_api_names_all_of_it_once() -> None:
    assert tabled(API, "name") == Counter(name for name in devgen.__all__ if name != "__version__")


def test_the_page_on_testing_names_all_of_the_bench_once() -> None:
    assert tabled(TESTING, "name") == Counter(public_of_a_bench())


def test_the_page_on_testing_names_the_arguments_of_a_bench() -> None:
    parameters = inspect.signature(devgen.Bench).parameters.values()
    named = {one.name for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD}
    assert tabled(TESTING, "argument") == Counter(named)


@pytest.mark.parametrize("name", [name for name in devgen.__all__ if callable(getattr(devgen, name))])
def test_each_public_name_has_a_docstring_of_its_own(name: str) -> None:
    value = getattr(devgen, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__doc__


def test_the_served_object_on_the_page_is_the_example() -> None:
    code = EXAMPLE.read_text(encoding="utf-8").partition('"""\n\n')[2]
    assert code in [block.text for block in blocks(API, "python")]


def test_the_pages_are_linked_from_the_first_one() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(docs/api.md)" in text
    assert "(docs/testing.md)" in text
