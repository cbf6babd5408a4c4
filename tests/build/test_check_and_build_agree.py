"""`devgen check`, `devgen build` and Python's import agree on every file, damaged ones included."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen import FailedBuild, build_devices, check_files
from devgen.language import load_device
from devgen.runtime.device.device import Device

DEVICES = Path(__file__).parents[2] / "devices"
SOURCES = {path.name: path.read_text("utf-8") for path in sorted(DEVICES.glob("*.yaml"))}
NUMBER = re.compile(r"\b(?:0x[0-9a-fA-F_]+|\d+)\b")
TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|0x[0-9a-fA-F]+|\d+|[^\sA-Za-z0-9_]")
NUMBERS = ["0", "1", "2", "7", "8", "31", "32", "33", "64", "65", "0x1000", "0xffffffff", str(1 << 64)]

Mutation = Callable[[st.DrawFn, str], str]


def drop_line(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[draw(st.integers(0, len(lines) - 1))]
    return "".join(lines)


def duplicate_line(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = draw(st.integers(0, len(lines) - 1))
    return "".join([*lines[: at + 1], *lines[at:]])


def swap_tokens(draw: st.DrawFn, text: str) -> str:
    tokens = list(TOKEN.finditer(text))
    first = draw(st.integers(0, len(tokens) - 2))
    second = draw(st.integers(first + 1, min(first + 12, len(tokens) - 1)))
    one, other = tokens[first], tokens[second]
    between = text[one.end() : other.start()]
    return text[: one.start()] + other.group() + between + one.group() + text[other.end() :]


def change_number(draw: st.DrawFn, text: str) -> str:
    numbers = list(NUMBER.finditer(text))
    if not numbers:
        return text
    found = draw(st.sampled_from(numbers))
    return text[: found.start()] + draw(st.sampled_from(NUMBERS)) + text[found.end() :]


MUTATIONS: list[Mutation] = [drop_line, duplicate_line, swap_tokens, change_number]


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    """A file of devices/ by its name, and its text after a few mutations."""
    name = draw(st.sampled_from(sorted(SOURCES)))
    text = SOURCES[name]
    for mutate in draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=3)):
        if text.count("\n") > 2:
            text = mutate(draw, text)
    return name, text


def errors_of_check(path: Path) -> list[str]:
    return [diagnostic.text() for diagnostic in check_files([path]) if diagnostic.is_error]


def errors_of_build(path: Path, output: Path) -> list[str]:
    """A BuildError is of the folder or a template, which are in order here, and so fails the test."""
    try:
        build_devices([path], output)
    except FailedBuild as failed:
        return [diagnostic.text() for diagnostic in failed.diagnostics if diagnostic.is_error]
    return []


def imported_class(module: Path) -> type[Any]:
    namespace: dict[str, Any] = {"__name__": module.stem}
    exec(compile(module.read_text("utf-8"), module.name, "exec"), namespace)
    return next(
        found
        for found in namespace.values()
        if isinstance(found, type) and issubclass(found, Device) and found.__module__ == module.stem
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue's descriptions, for the includes of the damaged one."""
    return Path(shutil.copytree(DEVICES, tmp_path_factory.mktemp("damaged") / "devices"))


@settings(max_examples=40, deadline=None)
@given(damaged())
def test_a_damaged_description(folder: Path, case: tuple[str, str]) -> None:
    name, text = case
    path = folder / name
    path.write_text(text, "utf-8")
    try:
        with TemporaryDirectory() as output:
            expected = errors_of_check(path)
            assert errors_of_build(path, Path(output)) == expected
            modules = [one for one in Path(output).glob("*.py") if one.name != "__init__.py"]
            assert len(modules) == (not expected and not load_device(path).fragment)
            for module in modules:
                assert imported_class(module).NAME
    finally:
        path.write_text(SOURCES[name], "utf-8")
