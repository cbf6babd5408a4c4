"""The checked-in guest images are what their sources assemble to."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import fetch_arm64_build
import pytest

GUESTS = Path(__file__).parents[2] / "examples" / "guests"


def load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("guest_build", GUESTS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["guest_build"] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


build = load_build()


def cases() -> list[object]:
    """Each guest; those for arm64 need the compiler of tests/fetch/fetch_arm64_build.py."""
    marks = {"arm64": [pytest.mark.arm64_build]}
    return [pytest.param(guest, id=guest.name, marks=marks.get(guest.mode, [])) for guest in build.GUESTS]


@pytest.mark.parametrize("guest", cases())
def test_image_matches_its_source(guest: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = fetch_arm64_build.find()
    if fetched is not None:
        monkeypatch.setenv("CROSS_COMPILE", str(fetched.folder / "bin" / fetch_arm64_build.PREFIX))
    if build.missing_tools([guest]):
        pytest.skip(f"no {', '.join(build.missing_tools([guest]))} on PATH")
    output = tmp_path / "guest.bin"
    build.assemble(guest, output)
    name = guest.name  # type: ignore[attr-defined]
    assert output.read_bytes() == (GUESTS / "prebuilt" / f"{name}.bin").read_bytes(), "run examples/guests/build.py"


def test_every_image_has_a_source_and_a_line_in_the_readme() -> None:
    images = {path.stem for path in (GUESTS / "prebuilt").glob("*.bin")}
    assert images == {guest.name for guest in build.GUESTS} == {path.stem for path in GUESTS.glob("*.S")}
    readme = (GUESTS / "README.md").read_text()
    assert [name for name in sorted(images) if f"| `{name}` |" not in readme] == []


def test_no_image_overlaps_what_the_hosts_put_below_it() -> None:
    assert all(path.stat().st_size < 0x1000 for path in (GUESTS / "prebuilt").glob("*.bin"))
    assert {guest.load for guest in build.GUESTS} == {0x7000, 0x40080000}
