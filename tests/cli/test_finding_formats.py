"""The options that choose findings and their format, standard input, and `devgen explain`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from command_kit import Command

UNUSED = "device: lamp\nbus: sysbus\nfunctions: {unused(n): n}\n"
BAD = UNUSED + "retain: 1\n"


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    path = tmp_path / "devices" / "lamp.yaml"
    path.parent.mkdir()
    path.write_text(UNUSED)
    return path


def settings(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.devgen.check]\n{text}\n")


def test_an_ignored_warning_is_not_shown(devgen: Command, lamp: Path) -> None:
    assert "warning[DG0609]" in devgen("check").out
    assert "DG0609" not in devgen("check", "--ignore", "DG06").out


def test_the_project_may_ignore_a_warning_for_check_and_build(devgen: Command, lamp: Path, tmp_path: Path) -> None:
    assert "DG0609" in devgen("build").err
    settings(tmp_path, 'ignore = ["DG0609"]')
    assert "DG0609" not in devgen("check").out
    assert "DG0609" not in devgen("build").err
    assert "DG0609" in devgen("check", "--ignore", "DG0417").out  # the option replaces the setting


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('ignore = "DG0609"', "'check.ignore' is a list of codes"),
        ('ignored = ["DG0609"]', "unknown key 'ignored'; did you mean 'ignore'?"),
        ('ignore = ["DG06099"]', "[tool.devgen.check]: no diagnostic has the code 'DG06099'; did you mean DG0609?"),
    ],
)
def test_wrong_settings_are_refused(devgen: Command, lamp: Path, tmp_path: Path, text: str, message: str) -> None:
    settings(tmp_path, text)
    done = devgen("check")
    assert (done.code, message in done.err, "pyproject.toml" in done.err) == (1, True, True)


def test_an_error_that_is_not_selected_is_counted(devgen: Command, lamp: Path) -> None:
    lamp.write_text(BAD)
    done = devgen("check", "--select", "DG0609")
    assert "DG0203" not in done.out
    assert (done.code, "1 error, 1 not shown: its code is not selected" in done.out) == (1, True)


def test_an_error_cannot_be_ignored(devgen: Command, lamp: Path) -> None:
    done = devgen("check", "--ignore", "DG0203")
    assert (done.code, "'DG0203' is an error: only warnings can be ignored" in done.err) == (1, True)


def given(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))


def test_standard_input_is_checked_under_the_name_of_a_file(
    devgen: Command, lamp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lamp.parent / "part.yaml").write_text("fragment: part\ntitle: A part\n")
    text = b"include: [part.yaml]\n" + BAD.encode()
    given(monkeypatch, text)
    assert "devices/lamp.yaml:5:9: error[DG0203]" in devgen("check", "-", "--stdin-filename", "devices/lamp.yaml").out
    given(monkeypatch, text)
    assert "<stdin>:1:11: error[DG0120]" in devgen("check", "-").out
    assert lamp.read_text() == UNUSED


@pytest.mark.parametrize("text", [b"device: \xff\n", b"#" * (1 << 25) + b"\n"], ids=["not text", "too long"])
def test_standard_input_that_cannot_be_read(devgen: Command, monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    given(monkeypatch, text)
    done = devgen("check", "-")
    assert (done.code, "standard input" in done.err) == (1, True)


@pytest.mark.parametrize("arguments", [("-", "devices"), ("devices", "--stdin-filename", "x.yaml")])
def test_standard_input_is_the_only_path(devgen: Command, lamp: Path, arguments: tuple[str, ...]) -> None:
    assert devgen("check", *arguments).code == 2


def test_check_prints_nothing_but_the_format(devgen: Command, lamp: Path) -> None:
    assert json.loads(devgen("check", "--format", "sarif").out)["version"] == "2.1.0"
    assert devgen("check", "--format", "github").out.startswith("::warning file=devices/lamp.yaml,line=3,")
    assert devgen("check", "--format", "junit").out.startswith("<testsuites ")
    assert json.loads(devgen("check", "--format", "gitlab").out)[0]["check_name"] == "DG0609"


def test_a_stale_file_is_a_finding_of_the_build(devgen: Command, lamp: Path) -> None:
    done = devgen("build", "--check", "--format", "github")
    assert done.code == 1
    assert "::error file=generated/lamp.py,line=1,col=1,endColumn=2,title=DG0151::" in done.out
    assert "::warning file=devices/lamp.yaml" in done.out
    assert (devgen("build", "--format", "github").code, devgen("build", "--check").code) == (0, 0)


def test_a_left_over_file_is_a_finding_of_the_build(devgen: Command, lamp: Path) -> None:
    devgen("build")
    lamp.rename(lamp.with_name("light.yaml")).write_text(UNUSED.replace("lamp", "light"))
    done = devgen("build", "--check", "--format", "json")
    assert {(found["file"], found["code"]) for found in json.loads(done.out)} >= {("generated/lamp.py", "DG0152")}


def test_build_check_shows_the_lines_that_would_change(devgen: Command, lamp: Path) -> None:
    devgen("build")
    lamp.write_text(UNUSED.replace("bus:", "title: A lamp\nbus:"))
    done = devgen("build", "--check")
    assert "--- generated/lamp.py\n+++ generated/lamp.py\n@@ " in done.out
    assert any(line.startswith("+") and "A lamp" in line for line in done.out.splitlines())
    assert "+++" not in devgen("build", "--check", "-q").out


def test_explain_says_what_a_code_means(devgen: Command) -> None:
    done = devgen("explain", "dg0401", "DG0609")
    assert done.out.startswith("DG0401 (error): ")
    assert "Cure: " in done.out
    assert "DG0609 (warning)" in done.out
    assert json.loads(devgen("explain", "DG0401", "--format", "json").out)[0]["code"] == "DG0401"
    assert "DG0101  error    cannot read" in devgen("explain").out


def test_explain_suggests_codes(devgen: Command) -> None:
    done = devgen("explain", "DG0410l")
    assert (done.code, "did you mean DG0410?" in done.err) == (1, True)
