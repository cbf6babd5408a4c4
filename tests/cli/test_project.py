"""The project: found from below, its settings in pyproject.toml, and what is said when there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_kit import Command

from devgen import FailedBuild, Project, ProjectError, ProjectNotFound, build_project, load_project

LAMP = """\
device: lamp
bus: sysbus
regions: {registers: {space: mmio, size: 4 KiB, registers: {CTRL: {at: 0}}}}
"""


def settings(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(text)


def describe(folder: Path, name: str = "lamp") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(LAMP.replace("lamp", name))


@pytest.fixture
def below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's subfolder, which is the working directory."""
    describe(tmp_path / "devices")
    folder = tmp_path / "firmware" / "src"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


# --- finding it --------------------------------------------------------------------------------


def test_a_project_without_settings_has_the_usual_folders(tmp_path: Path, below: Path) -> None:
    expected = Project(tmp_path, (tmp_path / "devices",), None, {"python": tmp_path / "generated"})
    assert load_project(below) == expected


def test_every_command_finds_the_project_from_a_subfolder(devgen: Command, tmp_path: Path, below: Path) -> None:
    assert devgen("check").code == 0
    built = devgen("build")
    assert (built.code, "../../generated/lamp.py" in built.out) == (0, True)
    assert (tmp_path / "generated" / "lamp.py").is_file()
    assert not (below / "generated").exists()
    assert "lamp" in [row["device"] for row in json.loads(devgen("list", "--format", "json").out)]
    assert "lamp" in devgen("list", "--stats").out


@pytest.mark.parametrize("command", ["check", "build"])
def test_without_a_project_a_command_says_where_it_looked(
    devgen: Command, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)  # the search ends below a folder that is open to all
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    done = devgen(command)
    assert done.code == 1
    assert f"looked in {tmp_path}/a/b and the folders above it, up to {tmp_path}/a" in done.err
    assert "devgen new NAME" in done.err


def test_a_project_above_in_a_folder_that_is_open_to_all_is_not_taken(tmp_path: Path, below: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(ProjectNotFound):
        load_project(below)
    assert load_project(tmp_path).root == tmp_path


def test_a_pyproject_of_something_else_is_no_project(tmp_path: Path, below: Path) -> None:
    (below.parent / "pyproject.toml").write_text('[project]\nname = "devgen-user"\n')
    assert load_project(below).root == tmp_path


def test_settings_below_come_before_a_folder_above(tmp_path: Path, below: Path) -> None:
    settings(below.parent, "[tool.devgen]\n")
    assert load_project(below).root == below.parent


# --- settings ------------------------------------------------------------------------------------


def test_settings_say_which_folders_and_targets(tmp_path: Path) -> None:
    settings(
        tmp_path,
        '[tool.devgen]\ndevices = ["hw", "more"]\ntemplates = "t"\n'
        '[tool.devgen.targets]\npython = "built"\nhtml = "docs/registers"\n',
    )
    project = load_project(tmp_path)
    assert project.devices == (tmp_path / "hw", tmp_path / "more")
    assert project.templates == tmp_path / "t"
    assert project.targets == {"python": tmp_path / "built", "html": tmp_path / "docs/registers"}


def test_build_makes_all_targets_of_the_settings(devgen: Command, tmp_path: Path) -> None:
    settings(
        tmp_path,
        '[tool.devgen]\ndevices = "hw"\ntemplates = "t"\n[tool.devgen.targets]\npython = "built"\nlist = "lists"\n',
    )
    describe(tmp_path / "hw")
    (tmp_path / "t" / "list").mkdir(parents=True)
    (tmp_path / "t" / "list" / "device.txt.j2").write_text("# {{ header }}\n{{ device.name }}\n")
    assert devgen("build", "--check").code == 1
    assert devgen("build").code == 0
    assert (tmp_path / "built" / "lamp.py").is_file()
    assert (tmp_path / "lists" / "lamp.txt").read_text().endswith("lamp\n")
    assert devgen("build", "--check").code == 0
    assert "lamp" in [row["device"] for row in json.loads(devgen("list", "--format", "json").out)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.devgen]\ndevice = []", "unknown key 'device'; did you mean 'devices'?"),
        ("[tool.devgen]\nzzz = 1", "unknown key 'zzz'; known are devices, templates, targets"),
        ("[tool.devgen]\ndevices = []", "'devices' is a folder or a list of folders"),
        ("[tool.devgen]\ndevices = [1]", "'devices' is a folder's name, in quotes"),
        ("[tool.devgen]\ntemplates = true", "'templates' is a folder's name"),
        ("[tool.devgen]\ntargets = 3", "'targets' is a table"),
        ("[tool.devgen.targets]\nhtml = {}", "'targets.html' is a folder's name"),
        ('[tool.devgen.targets]\nhtml = "a"\nmarkdown = "a"', "two targets write to the same folder"),
        ("[tool]\ndevgen = 3", "[tool.devgen] is a table"),
        ("[tool.devgen\n", "pyproject.toml"),
    ],
)
def test_wrong_settings_are_told_in_a_line(devgen: Command, tmp_path: Path, text: str, message: str) -> None:
    settings(tmp_path, text)
    describe(tmp_path / "devices")
    for command in (("check",), ("build",), ("list",)):
        done = devgen(*command)
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert message in done.err
        assert str(tmp_path / "pyproject.toml") in done.err
    with pytest.raises(ProjectError):
        load_project(tmp_path)


def test_an_unknown_target_in_the_settings_is_told(devgen: Command, tmp_path: Path) -> None:
    settings(tmp_path, '[tool.devgen.targets]\npyton = "x"\n')
    describe(tmp_path / "devices")
    done = devgen("build")
    assert (done.code, done.out) == (1, "")
    assert f"{tmp_path}/pyproject.toml:2: [tool.devgen]: there is no target 'pyton'" in done.err
    assert "did you mean 'python'?" in done.err


def test_an_unknown_target_stops_the_build_before_any_target_is_built(devgen: Command, tmp_path: Path) -> None:
    settings(tmp_path, '[tool.devgen.targets]\npython = "generated"\nhtm = "pages"\n')
    describe(tmp_path / "devices")
    done = devgen("build")
    assert (done.code, "pyproject.toml:3:" in done.err) == (1, True)
    assert not (tmp_path / "generated").exists()


def test_a_missing_folder_of_templates_in_the_settings_is_told(devgen: Command, tmp_path: Path) -> None:
    settings(tmp_path, '[tool.devgen]\ntemplates = "mine"\n')
    describe(tmp_path / "devices")
    done = devgen("build")
    assert done.code == 1
    assert f"{tmp_path}/pyproject.toml:2: [tool.devgen]: there is no folder of templates" in done.err


def test_several_targets_are_named_in_the_output(devgen: Command, tmp_path: Path) -> None:
    settings(tmp_path, '[tool.devgen.targets]\npython = "generated"\nmarkdown = "pages"\n')
    describe(tmp_path / "devices")
    lines = devgen("build").out.splitlines()
    assert [line for line in lines if line.endswith(":")] == ["python:", "markdown:"]
    assert devgen("build").out == "python:\n2 files, all current\nmarkdown:\n2 files, all current\n"


def test_a_target_is_not_named_if_no_file_of_it_is_written(devgen: Command, tmp_path: Path) -> None:
    settings(tmp_path, '[tool.devgen.targets]\npython = "generated"\nmarkdown = "pages"\n')
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "bad.yaml").write_text("device: bad\n")
    done = devgen("build")
    assert (done.code, done.out) == (1, "")
    assert "error[DG0202]" in done.err


def test_build_project_builds_what_the_settings_say(tmp_path: Path) -> None:
    settings(tmp_path, '[tool.devgen]\ndevices = "hw"\n[tool.devgen.targets]\nmarkdown = "pages"\n')
    describe(tmp_path / "hw")
    reports = build_project(load_project(tmp_path))
    assert [path.name for path in reports["markdown"].written] == ["README.md", "lamp.md"]
    assert (tmp_path / "pages" / "lamp.md").is_file()


def test_build_project_reports_errors_after_all_targets(tmp_path: Path) -> None:
    settings(tmp_path, '[tool.devgen.targets]\nmarkdown = "pages"\npython = "generated"\n')
    describe(tmp_path / "devices")
    (tmp_path / "devices" / "bad.yaml").write_text("device: bad\n")
    with pytest.raises(FailedBuild):
        build_project(load_project(tmp_path))
    assert (tmp_path / "pages" / "lamp.md").is_file()
    assert (tmp_path / "generated" / "lamp.py").is_file()


@pytest.mark.parametrize("command", [("run", "board.yaml"), ("serve", "lamp", "--socket", "s")])
def test_a_stale_device_is_not_run(
    devgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    describe(tmp_path / "devices")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guest.bin").write_bytes(b"\xf4")
    (tmp_path / "board.yaml").write_text(
        "board: b\nmachine: {type: pc}\nguest: {image: guest.bin, load: 0x7000}\n"
        "devices: {lamp: {device: lamp, at: {registers: 0xfe000000}}}\n"
    )
    assert devgen("build").code == 0
    (tmp_path / "devices" / "lamp.yaml").write_text(LAMP + "title: A lamp\n")
    done = devgen(*command)
    assert (done.code, "was built: run `devgen build`" in done.err) == (1, True), done.err


def test_a_missing_folder_of_templates_on_the_command_line_is_told_as_such(devgen: Command, tmp_path: Path) -> None:
    describe(tmp_path / "devices")
    done = devgen("build", "--templates", "nosuch")
    assert (done.code, done.err) == (1, "devgen: nosuch: no such folder of templates\n")


def test_a_target_that_the_settings_do_not_name_is_built_in_the_project_s_folder(
    devgen: Command, tmp_path: Path, below: Path
) -> None:
    assert devgen("build", "--target", "c-header").code == 0
    assert (tmp_path / "generated" / "c-header" / "lamp.h").is_file()
    assert not (below / "generated").exists()
