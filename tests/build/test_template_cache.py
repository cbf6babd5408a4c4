"""The compiled code of devgen's own templates is kept beside them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from devgen.build.template_cache import TemplateCache


@pytest.fixture(autouse=True)
def _bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def render(folder: Path, text: str) -> str:
    """Render a template whose code is kept below ``folder``."""
    environment = Environment(loader=DictLoader({"t": text}), bytecode_cache=TemplateCache(folder))
    return environment.get_template("t").render(name="x")


def kept(folder: Path) -> list[Path]:
    """Return the files that are kept below ``folder``."""
    return sorted(folder.glob("__pycache__/*"))


def test_a_template_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert render(tmp_path, "a {{ name }}") == "a x"
    assert len(kept(tmp_path)) == 1
    monkeypatch.setattr(Environment, "_parse", None)  # a second compilation would call it
    assert render(tmp_path, "a {{ name }}") == "a x"


def test_a_changed_template_is_compiled_again(tmp_path: Path) -> None:
    render(tmp_path, "a {{ name }}")
    assert render(tmp_path, "b {{ name }}") == "b x"


@pytest.mark.parametrize("length", [0, 3, 20, 60])
def test_a_damaged_file_is_not_used(tmp_path: Path, length: int) -> None:
    render(tmp_path, "a {{ name }}")
    (file,) = kept(tmp_path)
    file.write_bytes(file.read_bytes()[:length])
    assert render(tmp_path, "a {{ name }}") == "a x"


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert render(tmp_path, "a {{ name }}") == "a x"
    assert not kept(tmp_path)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("in the way")
    assert render(tmp_path, "a {{ name }}") == "a x"
