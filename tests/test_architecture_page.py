"""The page on the architecture: what it names exists, and its table of folders is the one that the tests enforce."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")

# `devgen/plan/reset_plan.py`: `plan_power`, `plan_reset`
PLACE = re.compile(r"`([\w./-]+/[\w.-]+)`: ((?:`\w+`(?:, )?)+)")


def section(title: str) -> str:
    """A section of the page, without its subsections' titles."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


STARTS = [line for line in section("To change X, start in Y").splitlines() if line.startswith("| ")][1:]
NAMED = [(path, name) for row in STARTS for path, names in PLACE.findall(row) for name in re.findall(r"`(\w+)`", names)]


def definitions(source: str) -> set[str]:
    """The names of the classes, functions, methods and variables that a Python file defines."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
    return found


def test_the_table_has_a_start_for_every_change() -> None:
    assert len(STARTS) >= 25
    assert [row for row in STARTS if not PLACE.search(row)] == []


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[f"{path}:{name}" for path, name in NAMED])
def test_the_place_where_a_change_starts_exists(path: str, name: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert name in (definitions(source) if path.endswith(".py") else re.findall(r"\w+", source))


def test_every_path_of_the_page_exists() -> None:
    paths = set(re.findall(r"`((?:devgen|devices|docs|generated|schemas|templates|tests)/[\w./-]*)`", PAGE))
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_every_package_of_devgen_is_in_the_table_of_folders() -> None:
    packages = {path.parent.name for path in (ROOT / "devgen").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `devgen/(\w+)/` \|", PAGE, re.MULTILINE)) == packages


@pytest.mark.parametrize("lock", re.findall(r"`(\w+)\.(\w+)`", section("Locks")), ids=".".join)
def test_the_locks_are_attributes_of_their_classes(lock: tuple[str, str]) -> None:
    owner, attribute = lock
    sources = [path.read_text("utf-8") for path in (ROOT / "devgen").rglob("*.py")]
    (source,) = [text for text in sources if re.search(rf"^class {owner}\b", text, re.MULTILINE)]
    assert re.search(rf"self\.{attribute}\b.* = ", source)
