"""A device whose description has changed since the build is refused, by name and by class."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import devgen

LAMP = """\
device: lamp
bus: sysbus
include: [parts/common.yaml]
regions: {registers: {space: mmio, size: 4 KiB, registers: {CTRL: {at: 0}}}}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "devices" / "parts").mkdir(parents=True)
    (tmp_path / "devices" / "parts" / "common.yaml").write_text("fragment: common\nconstants: {A: 1}\n")
    (tmp_path / "devices" / "lamp.yaml").write_text(LAMP)
    touch(tmp_path / "devices" / "parts" / "common.yaml", -10)  # so that the build knows that it read this text
    devgen.build_devices([tmp_path / "devices"], tmp_path / "generated")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(path: Path, seconds: float) -> None:
    moment = path.stat().st_mtime + seconds
    os.utime(path, (moment, moment))


def change(home: Path) -> None:
    (home / "devices" / "lamp.yaml").write_text(LAMP.replace("CTRL", "POWER"))


def change_included(home: Path) -> None:
    (home / "devices" / "parts" / "common.yaml").write_text("fragment: common\nconstants: {A: 2}\n")
    touch(home / "devices" / "parts" / "common.yaml", 10)


def remove(home: Path) -> None:
    (home / "devices" / "lamp.yaml").unlink()


def forget_and_change(home: Path) -> None:
    shutil.rmtree(home / "generated" / ".devgen-cache")
    change(home)
    touch(home / "devices" / "lamp.yaml", 10)


STALE = {
    change: r"devices/lamp.yaml has changed since .*generated/lamp.py was built: run `devgen build`",
    change_included: r"devices/parts/common.yaml has changed since .*lamp.py was built",
    remove: r"devices/lamp.yaml is gone; from it .*lamp.py was built: run `devgen build`",
    forget_and_change: r"devices/lamp.yaml has changed since .*lamp.py was built",
}


@pytest.mark.parametrize("damage", STALE, ids=lambda damage: damage.__name__)
def test_a_stale_device_is_refused_by_name(home: Path, damage: Callable[[Path], None]) -> None:
    devgen.Bench("lamp").close()
    damage(home)
    with pytest.raises(devgen.RegistryError, match=STALE[damage]):
        devgen.Bench("lamp")


def test_a_stale_device_is_refused_by_class(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(home)
    for name in [name for name in sys.modules if name.partition(".")[0] == "generated"]:
        monkeypatch.delitem(sys.modules, name)
    from generated.lamp import Lamp  # type: ignore[import-not-found]

    devgen.Bench(Lamp).close()
    change(home)
    with pytest.raises(devgen.BenchError, match="run `devgen build`"):
        devgen.Bench(Lamp)
    with pytest.raises(devgen.RegistryError, match="run `devgen build`"):
        devgen.DeviceServer(Lamp, home / "s")


def test_a_registry_of_a_folder_refuses_what_is_stale(home: Path) -> None:
    registry = devgen.Registry([home / "generated"])
    assert registry.find("lamp").NAME == "lamp"
    change(home)
    with pytest.raises(devgen.RegistryError, match="run `devgen build`"):
        registry.find("lamp")


def test_after_a_build_it_is_used_again(home: Path) -> None:
    change(home)
    devgen.build_devices([home / "devices"], home / "generated")
    with devgen.Bench("lamp") as dev:
        dev.regs.POWER = 1


def pull(home: Path) -> None:
    """Both files come from elsewhere: the manifest says nothing of them."""
    change(home)
    module = home / "generated" / "lamp.py"
    module.write_text(module.read_text().replace("CTRL", "POWER"))


def clone(home: Path) -> None:
    shutil.rmtree(home / "generated" / ".devgen-cache")


def break_manifest(home: Path) -> None:
    (home / "generated" / ".devgen-cache" / "manifest.json").write_text('{"entries": {"a": 1}}')


@pytest.mark.parametrize("event", [pull, clone, break_manifest], ids=lambda event: event.__name__)
def test_a_module_that_is_no_older_than_its_description_is_used(home: Path, event: Callable[[Path], None]) -> None:
    event(home)
    devgen.Bench("lamp").close()


def test_the_catalogues_device_does_not_stand_in_for_one_that_is_not_built(home: Path) -> None:
    (home / "devices" / "pl031.yaml").write_text(LAMP.replace("lamp", "pl031", 1))
    with pytest.raises(devgen.RegistryError, match=r"devices/pl031.yaml describes 'pl031' and is not built: run"):
        devgen.Bench("pl031")
    devgen.Bench("edu").close()


def test_a_stale_device_is_listed(home: Path) -> None:
    change(home)
    assert "lamp" in [entry.name for entry in devgen.list_devices()]


def test_a_file_that_was_written_during_the_build_is_judged_by_its_time(home: Path) -> None:
    common = home / "devices" / "parts" / "common.yaml"
    manifest = home / "generated" / ".devgen-cache" / "manifest.json"
    data = json.loads(manifest.read_text())
    data["entries"]["../devices/lamp.yaml"]["inputs"]["../devices/parts/common.yaml"] = "?"
    manifest.write_text(json.dumps(data))
    devgen.Bench("lamp").close()
    touch(common, 3600)
    with pytest.raises(devgen.RegistryError, match=r"common.yaml has changed since"):
        devgen.Bench("lamp")
