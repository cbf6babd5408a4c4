"""The page about the view: its reference is that of the classes, its example prints what it shows."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

from devgen.language import view
from devgen.language.view import attributes_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "view.md"


def fenced(language: str) -> list[str]:
    return [part.split("```")[0] for part in PAGE.read_text("utf-8").split(f"```{language}\n")[1:]]


def test_the_page_is_current() -> None:
    text = PAGE.read_text("utf-8")
    assert text == attributes_page.completed(text), "python -m devgen.language.view.attributes_page docs/view.md"


@pytest.mark.parametrize("name", [name for name in view.__all__ if name[0].isupper()])
def test_every_attribute_of_every_class_is_explained(name: str) -> None:
    section = attributes_page.reference().split(f"### {name}\n")[1].split("\n### ")[0]
    rows = {row.split("`")[1]: row.split("|")[-2].strip() for row in section.splitlines() if row.startswith("| `")}
    cls = getattr(view, name)
    fields = [field.name for field in dataclasses.fields(cls)]
    properties = [key for key, value in vars(cls).items() if isinstance(value, property)]
    assert list(rows) == fields + properties
    assert all(rows.values())


@pytest.mark.parametrize("name", [name for name in view.__all__ if name[0].isupper()])
def test_views_are_frozen_and_slotted(name: str) -> None:
    cls = getattr(view, name)
    assert cls.__dataclass_params__.frozen
    assert not hasattr(object.__new__(cls), "__dict__")


def test_the_example_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(ast.parse(fenced("python")[0]), "docs/view.md", "exec"), {})
    assert capsys.readouterr().out == fenced("rust")[0]
