"""Where devices are found: folders, entry points, by hand; clashes and broken packages."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from device_kit import Kit

from devgen.runtime.machine.device_registry import Registry, RegistryError

MODULE = """
from devgen.runtime.device.device import Device
from . import shared
class {name}(Device):
    NAME = "{device}"
    TITLE = "{title}"
"""


def folder(path: Path, device: str = "thing", title: str = "A thing") -> Path:
    path.mkdir(parents=True)
    (path / "__init__.py").write_text(f'CATALOGUE = {{"{device}": "thing:Thing"}}\n')
    (path / "shared.py").write_text("X = 1\n")
    (path / "thing.py").write_text(MODULE.format(name="Thing", device=device, title=title))
    return path


def bare(*folders: Path) -> Registry:
    return Registry(folders, bundled=False, installed=False)


def test_a_folder_is_found_without_being_importable(tmp_path: Path) -> None:
    registry = bare(folder(tmp_path / "generated"))
    assert registry.find("thing").NAME == "thing"
    assert registry.describe("thing") == ("sysbus", "A thing", str(tmp_path / "generated"))
    assert "generated" not in sys.modules


def test_two_registries_of_one_folder_agree_on_the_class(tmp_path: Path) -> None:
    path = folder(tmp_path / "generated")
    assert bare(path).find("thing") is bare(path).find("thing")


def test_a_rebuilt_folder_is_read_again(tmp_path: Path) -> None:
    path = folder(tmp_path / "generated")
    registry = bare(path)
    assert registry.find("thing").TITLE == "A thing"
    (path / "thing.py").write_text(MODULE.format(name="Thing", device="thing", title="Another"))
    os.utime(path / "thing.py", ns=(1, 1 << 62))
    assert registry.find("thing").TITLE == "Another"


def test_what_is_added_by_hand_comes_first(tmp_path: Path) -> None:
    registry = bare(folder(tmp_path / "generated", device="kit"))
    registry.add(Kit)
    registry.add(Kit)
    assert registry.find("kit") is Kit
    with pytest.raises(RegistryError, match="two devices named 'kit'"):
        registry.add(type("Other", (Kit,), {}))


def test_two_folders_with_one_name_clash(tmp_path: Path) -> None:
    registry = bare(folder(tmp_path / "a"), folder(tmp_path / "b"))
    with pytest.raises(RegistryError, match="'thing' comes from both"):
        registry.find("thing")


def test_an_unknown_name_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"unknown device 'thin' \(did you mean 'thing'\?\)"):
        bare(folder(tmp_path / "generated")).find("thin")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("__init__.py", "", "no CATALOGUE"),
        ("__init__.py", "1/0", "cannot import"),
        ("__init__.py", 'CATALOGUE = {"thing": "other:Thing"}', "cannot import other"),
        ("__init__.py", 'CATALOGUE = {"thing": "thing:Other"}', "no device class Other"),
        ("__init__.py", 'CATALOGUE = {"thing": "shared:X"}', "no device class X"),
        ("thing.py", "syntax error", "cannot import thing"),
    ],
)
def test_a_broken_folder_is_said_clearly(tmp_path: Path, file: str, text: str, message: str) -> None:
    path = folder(tmp_path / "generated")
    (path / file).write_text(text)
    with pytest.raises(RegistryError, match=message):
        bare(path).find("thing")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="not a folder of built devices"):
        bare(tmp_path).find("thing")


ENTRIES = {"class": "lonely = myboards.thing:Thing", "package": "anything = myboards"}


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    folder(tmp_path / "myboards")
    info = tmp_path / "myboards-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: myboards\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[devgen.devices]\n{entry}\n")
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("myboards", "myboards.thing", "myboards.shared"):
        monkeypatch.delitem(sys.modules, module, raising=False)


@pytest.mark.parametrize(("kind", "name"), [("class", "lonely"), ("package", "thing")])
def test_an_installed_package_brings_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    install(tmp_path, monkeypatch, ENTRIES[kind])
    registry = Registry(bundled=False)
    assert name in registry.names()
    assert registry.describe(name) == ("sysbus", "A thing", "package myboards")


def test_a_broken_package_does_not_hide_the_other_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", monkeypatch, "anything = nowhere_to_be_found")
    monkeypatch.setattr("devgen.runtime.machine.device_registry.find_share", lambda name: folder(tmp_path / "share"))
    registry = Registry()
    assert registry.names() == ["thing"]
    assert registry.find("thing").NAME == "thing"
    with pytest.raises(RegistryError, match=r"unknown device 'x'.*package myboards: cannot import nowhere"):
        registry.find("x")


def test_the_projects_own_device_replaces_the_catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = folder(tmp_path / "share", title="Ours")
    monkeypatch.setattr("devgen.runtime.machine.device_registry.find_share", lambda name: share)
    assert Registry(installed=False).describe("thing") == ("sysbus", "Ours", "devgen")
    own = folder(tmp_path / "own", title="Theirs")
    assert Registry([own], installed=False).find("thing").TITLE == "Theirs"
