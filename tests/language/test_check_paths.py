"""Checking files and folders, and what may be included."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen.language import check_paths, load_board, load_device

ROOT = Path(__file__).parents[2]
REGION = "regions:\n  r: {space: mmio, size: 4 KiB, registers: {A: {at: 0}}}\n"
PART = "fragment: part\nregions:\n  r: {space: mmio, size: 4 KiB, registers: {A: {at: 0}, B: {at: 4, access: ro}}}\n"


def codes(*paths: Path, **options: object) -> list[str]:
    return [one.code for one in check_paths(paths, **options)]  # type: ignore[arg-type]


def test_the_catalogue_and_the_boards_are_clean() -> None:
    assert [str(one) for one in check_paths([ROOT / "devices", ROOT / "examples" / "boards"])] == []


def test_an_unused_fragment_is_named(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART)
    assert codes(tmp_path) == ["DG0124"]
    assert codes(tmp_path / "part.yaml") == []
    (tmp_path / "device.yaml").write_text("device: d\nbus: sysbus\ninclude: [part.yaml]\n")
    assert codes(tmp_path) == []


def test_a_fault_in_a_fragment_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART.replace("access", "acess"))
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(f"device: {name}\nbus: sysbus\ninclude: [part.yaml]\n")
    found = check_paths([tmp_path])
    assert [(one.code, Path(one.mark.file).name) for one in found] == [("DG0201", "part.yaml")]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("uart", "uart", "device 'uart' is described, too, in "),
        ("my-uart", "My_Uart", "device 'My_Uart' makes the same module as 'my-uart' in "),
        ("class", "class_", "device 'class_' makes the same module as 'class' in "),
    ],
)
def test_two_devices_that_make_one_module(first: str, second: str, said: str, tmp_path: Path) -> None:
    for file, name in (("a", first), ("b", second)):
        (tmp_path / f"{file}.yaml").write_text(f"device: {name}\nbus: sysbus\n")
    [found] = check_paths([tmp_path])
    assert (found.code, Path(found.mark.file).name) == ("DG0125", "b.yaml")
    assert found.message == f"{said}{tmp_path / 'a.yaml'}"


def test_boards_and_devices_in_one_folder(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("device: d\nbuss: sysbus\n")
    (tmp_path / "b.yml").write_text("board: b\nmachines: {}\n")
    (tmp_path / "other.txt").write_text("not: checked")
    found = [(Path(one.mark.file).name, one.code) for one in check_paths([tmp_path])]
    assert found == [("b.yml", "DG1011"), ("b.yml", "DG0201"), ("d.yaml", "DG0201")]


FOREIGN = {
    "a CI workflow": "name: ci\non:\n  push:\njobs:\n  test: {runs-on: ubuntu-latest, steps: []}\n",
    "a compose file": "services:\n  db: {image: postgres}\nvolumes:\n  data: {}\n",
    "a CI file with an include": "include: [templates/other.yml]\nstages: [build]\n",
    "a JSON Schema": "title: t\ndescription: d\ntype: object\nproperties: {a: {type: string}}\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_another_programs_file_is_one_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(text)
    assert [(one.code, one.mark.line, one.mark.column) for one in check_paths([path])] == [("DG0119", 1, 1)]
    assert [one.code for one in load_board(path).diagnostics] == ["DG0119"]


@pytest.mark.parametrize("key", ["device", "fragment"])
def test_a_board_and_a_description_in_one_file_are_one_error(tmp_path: Path, key: str) -> None:
    path = tmp_path / "both.yaml"
    path.write_text(f"{key}: x\nboard: y\nmachine: {{type: pc}}\n")
    for found in (check_paths([path]), load_board(path).diagnostics):
        assert [(one.code, one.mark.line) for one in found] == [("DG0208", 2)]
        assert found[0].message.endswith(f"a file describes either a {key} or a board")


@pytest.mark.parametrize("text", ["devcie: d\ntitle: t\n", "title: t\nbus: sysbus\n", "title: t\nregions: {}\n"])
def test_a_description_without_its_name_is_checked_as_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(text)
    found = {one.code for one in check_paths([path])}
    assert "DG0119" not in found and found & {"DG0201", "DG0202"}


def test_a_board_taken_for_a_device_is_told() -> None:
    found = load_device(ROOT / "examples" / "boards" / "pl031-alarm.yaml").diagnostics
    assert "this is a board: check it as one" in [one.hint for one in found]


def test_load_board() -> None:
    board = load_board(ROOT / "examples" / "boards" / "pl031-alarm.yaml").board
    assert board is not None
    assert (board.machine.ram, board.machine.irqchip, board.machine.pci) == (1 << 20, "kernel", False)
    assert board.guest is not None
    assert board.guest.image == ROOT / "examples" / "boards" / "../guests/prebuilt/pl031_alarm.bin"
    assert [place.name for place in board.devices] == ["rtc", "con", "exit"]
    assert board.devices[0].irq == (("intr", 10),)


def test_a_board_with_ecam_has_pci(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text("board: b\nmachine: {pci: {ecam: 0xe0000000}}\n")
    board = load_board(path).board
    assert board is not None
    assert (board.machine.pci, board.machine.ecam) == (True, 0xE0000000)


# --- includes ----------------------------------------------------------------------------


def device(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "device.yaml"
    path.write_text(f"device: d\nbus: sysbus\n{text}")
    return path


def test_this_file_wins_key_by_key(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART)
    path = device(
        tmp_path, "include: [part.yaml]\nregions: {r: {size: 8 KiB, registers: {B: {access: wo}, C: {at: 8}}}}\n"
    )
    result = load_device(path)
    assert result.device is not None, result.diagnostics
    assert result.sources == [path, tmp_path / "part.yaml"]
    region = result.device.regions[0]
    assert region.size == 8192
    assert [(one.name, one.offset, one.mark.file) for one in region.entries] == [
        ("A", 0, str(tmp_path / "part.yaml")),
        ("B", 4, str(path)),
        ("C", 8, str(path)),
    ]
    assert [getattr(one, "access", None) for one in region.entries] == ["rw", "wo", "rw"]


def test_later_includes_win_over_earlier_ones(tmp_path: Path) -> None:
    for name, title in (("one", "One"), ("two", "Two")):
        (tmp_path / f"{name}.yaml").write_text(f"fragment: {name}\ntitle: {title}\n")
    loaded = load_device(device(tmp_path, "include: [one.yaml, two.yaml]\n")).device
    assert loaded is not None
    assert loaded.title == "Two"


def test_a_diamond_is_no_cycle(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART)
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(f"fragment: {name}\ninclude: [part.yaml]\n")
    assert load_device(device(tmp_path, "include: [a.yaml, b.yaml]\n")).ok


def test_a_fan_of_includes_takes_no_exponential_time(tmp_path: Path) -> None:
    for level in range(7):
        names = ", ".join([f"f{level + 1}.yaml"] * 32)
        (tmp_path / f"f{level}.yaml").write_text(f"fragment: f\ninclude: [{names}]\n")
    (tmp_path / "f7.yaml").write_text(PART)
    assert load_device(device(tmp_path, "include: [f0.yaml]\n")).ok


def test_another_folder_must_be_named_by_the_user(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "part.yaml").write_text(PART)
    path = device(tmp_path / "arm", "include: [../common/part.yaml]\n")
    assert codes(path) == ["DG0123"]
    assert codes(path, include_dirs=[tmp_path]) == []
    plain = device(tmp_path / "arm", "include: [part.yaml]\n")
    assert codes(plain) == ["DG0120"]
    assert codes(plain, include_dirs=[tmp_path / "common"]) == []


SECRET = "password: hunter2\n"


@pytest.mark.parametrize(
    "name", ["/etc/hostname", "../secret.yaml", "link.yaml", "secret.txt", "sub/../../secret.yaml", "link/secret.yaml"]
)
def test_a_strangers_include_reads_no_other_file(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "secret.yaml").write_text(SECRET)
    path = device(home, f"include: [{name}]\n")
    (home / "secret.txt").write_text(SECRET)
    (home / "sub").mkdir()
    link = home / name.split("/", 1)[0]
    if link.name in ("link.yaml", "link"):
        link.symlink_to(tmp_path / "secret.yaml" if link.suffix else tmp_path)
    result = load_device(path)
    assert [one.code for one in result.diagnostics] == ["DG0123"]
    assert result.sources == [path]
    assert "hunter2" not in result.diagnostics[0].text()


def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(SECRET)
    folder = tmp_path / "devices"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (found,) = check_paths([folder])
    assert found.code == "DG0126"
    assert "hunter2" not in found.text()


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    path = device(tmp_path, REGION)
    (tmp_path / "link.yaml").symlink_to(path.name)
    assert [one.code for one in check_paths([tmp_path])] == ["DG0125"]  # the same device twice


def test_a_link_that_is_named_is_followed(tmp_path: Path) -> None:
    path = device(tmp_path / "elsewhere", REGION)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    assert check_paths([link]) == []


def test_hidden_files_and_folders_are_no_descriptions(tmp_path: Path) -> None:
    (tmp_path / ".#draft.yaml").symlink_to("user@host.1234")  # an editor's lock
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "x.yaml").write_text("no: description")
    device(tmp_path, REGION)
    assert check_paths([tmp_path]) == []
