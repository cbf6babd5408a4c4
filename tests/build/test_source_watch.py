"""What a watch of the sources notices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from devgen.build.source_watch import SourceWatch


def write(path: Path, text: str = "x") -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


CHANGES: dict[str, Callable[[Path], object]] = {
    "devices/lamp.yaml": lambda root: write(root / "devices/lamp.yaml", "longer"),
    "devices/new.yml": lambda root: write(root / "devices/new.yml"),
    "devices/part.yaml": lambda root: (root / "devices/part.yaml").unlink(),
    "templates/python/x.j2": lambda root: write(root / "templates/python/x.j2", "longer"),
    "pyproject.toml": lambda root: write(root / "pyproject.toml", "longer"),
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("devices/lamp.yaml", "devices/part.yaml", "pyproject.toml"):
        write(tmp_path / name)
    (tmp_path / "templates").mkdir()
    write(tmp_path / "templates/python/x.j2")
    return tmp_path


@pytest.mark.parametrize("named", ["devices", "devices/lamp.yaml"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_noticed_once(root: Path, name: str, named: str) -> None:
    watch = SourceWatch([Path(named)], Path("templates"))
    assert watch.changed() == []
    CHANGES[name](root)
    assert watch.changed() == [Path(name)]
    assert watch.changed() == []


def test_what_is_built_is_no_change(root: Path) -> None:
    watch = SourceWatch([Path("devices")], Path("templates"))
    write(root / "generated/lamp.py")
    write(root / "devices/.hidden.yaml")
    assert watch.changed() == []


def test_waiting_ends_with_a_change(root: Path) -> None:
    watch = SourceWatch([Path("devices")])
    timer = threading.Timer(0.05, write, (root / "devices/lamp.yaml", "longer"))
    timer.start()
    assert watch.wait() == [Path("devices/lamp.yaml")]
    timer.join()
