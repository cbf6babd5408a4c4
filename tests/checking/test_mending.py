"""Mending: which changes are made, in texts and in files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from devgen.checking.fixed_files import FixResult, fix_paths
from devgen.checking.mending import Mended, mend
from devgen.errors import FileError
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Fix, Span
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark
from devgen.language.reading.regular_file import read_text

WORDS = {
    "teh": ("the",),
    "colour": ("color",),
    "x": ("y", "z"),
    "wrong": ("wronger",),
    "bad": ("{",),
    "flip": ("flop",),
}


def findings(file: str, text: str) -> list[Diagnostic]:
    """Find misspelled words, with their corrections as fixes."""
    found = []
    for row, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(r"\w+", line):
            mark, word = Mark(file, row, match.start() + 1), match.group()
            fixes = tuple(Fix(Span(mark, len(word)), name, f"write '{name}'") for name in WORDS.get(word, ()))
            if fixes:
                found.append(Diagnostic("DG0201", "error", mark, f"'{word}'", fixes=fixes))
    if "{" in text:
        found.append(Diagnostic("DG0105", "error", Mark(file, 1, 1), "not YAML"))
    return found


def mended(text: str) -> Mended:
    def check(changed: Mapping[str, str]) -> list[Diagnostic]:
        return findings("a.yaml", changed.get("a.yaml", text))

    return mend({"a.yaml": text}, lambda file: file, check, lambda found: True)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("teh end # teh\r\n\tcolour: 'teh'\r\n", "the end # the\r\n\tcolor: 'the'\r\n"),
        ("x teh", "x the"),
        ("bad", None),
        ("good", None),
    ],
)
def test_only_findings_with_a_single_fix_are_mended_and_nothing_else_changes(text: str, after: str | None) -> None:
    assert mended(text).texts.get("a.yaml") == after


def test_what_was_done_and_what_is_left_is_told() -> None:
    result = mended("teh x colour")
    assert result.done == {"a.yaml": ["write 'the'", "write 'color'"]}
    assert [found.message for found in result.left] == ["'x'"]


def test_mending_ends_though_each_change_brings_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "flop", ("flip",))
    assert mended("flip").texts["a.yaml"] in ("flip", "flop")


def test_overlapping_fixes_are_made_one_after_the_other() -> None:
    def check(changed: Mapping[str, str]) -> list[Diagnostic]:
        text = changed.get("a", "abcd")
        spans = [(1, 2, "ab", "X"), (2, 2, "bc", "Y")]
        return [
            Diagnostic("DG0201", "error", Mark("a", 1, at), "m", fixes=(Fix(Span(Mark("a", 1, at), size), new, "t"),))
            for at, size, old, new in spans
            if old in text
        ]

    assert mend({"a": "abcd"}, lambda file: file, check, lambda found: True).texts == {"a": "Xcd"}


# --- files -------------------------------------------------------------------------------


def fixed(folder: Path, *paths: str, reported: tuple[str, ...] = (), write: bool = True) -> FixResult:
    """Fix ``paths``; the findings are those in ``reported``, by default in the same files."""
    names = reported or paths

    def check() -> list[Diagnostic]:
        sink = Diagnostics()
        texts = {name: read_text(folder / name, Mark(name, 1, 1), sink) for name in names}
        return [
            found for name, text in texts.items() if text is not None for found in findings(str(folder / name), text)
        ]

    return fix_paths([folder / path for path in paths], check, lambda found: True, write)


def test_a_file_keeps_its_line_ends_its_mark_and_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfteh\r\nend")
    path.chmod(0o640)
    (file,) = fixed(tmp_path, "a.yaml").files
    assert path.read_bytes() == b"\xef\xbb\xbfthe\r\nend"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (file.before, file.after) == ("teh\r\nend", "the\r\nend")
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_without_write_only_the_diff_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("teh\nend\n")
    (file,) = fixed(tmp_path, "a.yaml", write=False).files
    assert file.diff().splitlines()[2:] == ["@@ -1,2 +1,2 @@", "-teh", "+the", " end"]
    assert path.read_text() == "teh\nend\n"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("teh\n")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(outside)
    result = fixed(folder, "link.yaml")
    assert result.files == ()
    assert result.refused == (
        f"{folder / 'link.yaml'} is not changed: it is a symbolic link to {outside}; name that file",
    )
    assert outside.read_text() == "teh\n"


def test_a_link_within_the_folder_changes_its_file_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("teh teh\n")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    fixed(tmp_path, "a.yaml", "b.yaml")
    assert (tmp_path / "a.yaml").read_text() == "the the\n"
    assert (tmp_path / "b.yaml").is_symlink()


def test_a_file_that_was_not_named_is_not_changed(tmp_path: Path) -> None:
    for name in ("a.yaml", "part.yaml"):
        (tmp_path / name).write_text("teh\n")
    result = fixed(tmp_path, "a.yaml", reported=("a.yaml", "part.yaml"))
    assert [file.path.name for file in result.files] == ["a.yaml"]
    assert result.refused == (f"{tmp_path / 'part.yaml'} is not changed: it is not one of the files to check",)
    assert (tmp_path / "part.yaml").read_text() == "teh\n"


def test_a_file_that_changes_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("teh\n")

    def check() -> list[Diagnostic]:
        found = findings(str(path), read_text(path, Mark("a", 1, 1), Diagnostics()) or "")
        path.write_text("teh new\n")
        return found

    with pytest.raises(FileError, match="changed while it was checked"):
        fix_paths([path], check, lambda found: True, write=True)
    assert path.read_text() == "teh new\n"
