"""The tutorial's steps and the recipes: the files build, their tests pass, and the pages show them as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from markdown_blocks import ROOT, blocks

import devgen

STEPS = sorted((ROOT / "examples" / "tutorial").iterdir())
RECIPES = ROOT / "examples" / "recipes"
Bench = Callable[..., devgen.Bench]


def functions(path: Path) -> dict[str, Callable[[Bench], None]]:
    """The tests in a file."""
    names: dict[str, Callable[[Bench], None]] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return {name: value for name, value in names.items() if name.startswith("test_")}


def run(folder: Path, tests: Path, target: Path, name: str = "*") -> int:
    """Build descriptions and run the tests of a file; return how many."""
    paths = sorted(folder.glob(f"{name}.yaml"))
    report = devgen.build_devices(paths, target)
    assert [str(found) for found in report.diagnostics] == []
    bench = partial(devgen.Bench, registry=devgen.Registry(folders=[target]))
    wanted = [test for title, test in functions(tests).items() if name in ("*", title[5:].replace("_", "-"))]
    for test in wanted:
        test(bench)
    return len(wanted)


@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.name)
def test_the_step_of_the_tutorial_works(step: Path, tmp_path: Path) -> None:
    assert run(step, step / "test_metronome.py", tmp_path / "generated") >= 1


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_recipe_works(recipe: Path, tmp_path: Path) -> None:
    assert run(RECIPES, RECIPES / "test_recipes.py", tmp_path / "generated", recipe.stem) == 1


def shown(page: str, language: str) -> list[str]:
    return [block.text for block in blocks(ROOT / "docs" / page, language)]


def without_modeline(path: Path) -> str:
    return path.read_text().partition("\n")[2]


def test_the_tutorial_shows_its_files() -> None:
    assert shown("tutorial.md", "yaml") == [without_modeline(step / "metronome.yaml") for step in STEPS]
    assert shown("tutorial.md", "py") == [(step / "test_metronome.py").read_text() for step in STEPS]


def test_the_recipes_page_shows_every_recipe_with_its_test() -> None:
    descriptions, tests = shown("recipes.md", "yaml"), shown("recipes.md", "py")
    assert sorted(descriptions) == sorted(without_modeline(path) for path in RECIPES.glob("*.yaml"))
    file = (RECIPES / "test_recipes.py").read_text()
    assert [test for test in tests if test not in file] == []
    assert len(tests) == len(functions(RECIPES / "test_recipes.py")) == len(descriptions)
