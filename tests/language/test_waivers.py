"""Waivers across files: in fragments, on boards, in a build; and what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from devgen.language import check_paths, load_board, load_device

WAIVER = "# devgen: allow {} because it is meant"
DEVICE = "device: {}\nbus: sysbus\ninclude: [part.yaml]\n"
PART = "fragment: part\nfunctions:\n  'spare(n: u8)': n  " + WAIVER.format("DG0609") + "\n"


def findings(path: Path) -> list[tuple[str, str, int]]:
    return [(Path(found.mark.file).name, found.code, found.mark.line) for found in check_paths([path])]


def test_a_waiver_in_a_fragment_serves_those_that_include_it(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART)
    (tmp_path / "a.yaml").write_text(DEVICE.format("a"))
    (tmp_path / "b.yaml").write_text(DEVICE.format("b") + "state: {total: {width: 8}}\non_reset: total = spare(1)\n")
    assert findings(tmp_path) == []  # used by one of two is used


def test_a_waiver_in_a_fragment_that_serves_none_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART)
    for name in "ab":
        text = DEVICE.format(name) + "state: {total: {width: 8}}\non_reset: total = spare(1)\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    assert findings(tmp_path) == [("part.yaml", "DG0134", 3)]
    assert findings(tmp_path / "part.yaml") == []


def test_an_unused_fragment_may_be_waived(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(f"{WAIVER.format('DG0124')}\nfragment: part\n")
    assert findings(tmp_path) == []


def test_a_waiver_on_a_board(tmp_path: Path) -> None:
    path = tmp_path / "board.yaml"
    lines = [
        "board: b",
        "machine: {type: pc}",
        "devices:",
        "  a: {device: x, at: {r: 0xd0000}, wires: {intr: c.p}}",
        "  " + WAIVER.format("DG0909"),
        "  b: {device: x, at: {r: 0xd1000}, wires: {intr: c.p}}",
        "  c: {device: x, at: {r: 0xd2000}}  " + WAIVER.format("DG0909"),
    ]
    path.write_text("\n".join(lines) + "\n")
    found = load_board(path).diagnostics
    assert [(one.code, one.mark.line) for one in found] == [("DG0134", 7)]
    assert found[0].excerpt == lines[6]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_do_not_matter(tmp_path: Path, end: str) -> None:
    path = tmp_path / "d.yaml"
    text = f"device: d\nbus: sysbus\nfunctions:\n  {WAIVER.format('DG0609')}\n\n  spare(n): n\n"
    path.write_bytes(text.replace("\n", end).encode())
    assert load_device(path).diagnostics == []


def test_a_file_that_is_not_yaml_keeps_its_error(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(f"device: [d  {WAIVER.format('DG0105')}\n")
    assert {found.code for found in load_device(path).diagnostics} == {"DG0105", "DG0133"}


def test_many_comments_take_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    comment = f"  {WAIVER.format('DG0609')}\n"
    path.write_text("device: d\nbus: sysbus\nfunctions:\n" + comment * 30_000 + "  spare(n): n\n")
    assert load_device(path).diagnostics == []


def test_a_waiver_is_not_left_over_because_an_error_prevents_the_check(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(f"device: d\nbus: sysbus\ntitel: t\nstate:\n  spare: {{width: 8}}  {WAIVER.format('DG0760')}\n")
    assert [found.code for found in load_device(path).diagnostics] == ["DG0201"]


@pytest.mark.parametrize(
    ("code", "hint"),
    [("DG6009", "did you mean 'DG0609'?"), ("DG9609", "codes are from DG0101 to DG10")],
)
def test_a_waiver_of_an_unknown_code_suggests_one_or_the_range(tmp_path: Path, code: str, hint: str) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(f"device: d\nbus: sysbus  {WAIVER.format(code)}\n")
    found = next(one for one in load_device(path).diagnostics if one.code == "DG0131")
    assert found.hint is not None and found.hint.startswith(hint)
