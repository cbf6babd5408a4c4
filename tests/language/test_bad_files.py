"""Every small bad file gives the diagnostics that stand as comments on the lines at fault: no more, no fewer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from special_cases import SPECIAL

from devgen.language import load_board, load_device
from devgen.language.boards.known_devices import DescribedDevices
from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.reading.description_files import is_board

HERE = Path(__file__).parent
BAD = sorted([*HERE.glob("bad/*.yaml"), *HERE.glob("behaviour/bad/*.yaml"), *HERE.glob("bad_boards/*.yaml")])
DEVICES = DescribedDevices([HERE / "bad_boards" / "devices", HERE.parents[1] / "devices"])

Finding = tuple[str, int, str, str]


def expected(files: Iterable[Path]) -> list[Finding]:
    """(file, line, severity, code) of each comment such as `# error: DG0201, DG0203; warning: DG0412`."""
    found = []
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            for severity, codes in re.findall(r"[#;] (error|warning): (DG\d{4}(?:, DG\d{4})*)", line):
                found += [(str(file), number, severity, code) for code in codes.split(", ")]
    return sorted(found)


def check(path: Path) -> tuple[list[Diagnostic], list[Path]]:
    if path.parent.name == "bad_boards":
        result = load_board(path, devices=DEVICES)
    else:
        result = load_board(path) if is_board(path) else load_device(path)
    return result.diagnostics, result.sources


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_diagnostics_stand_where_the_file_expects_them(path: Path) -> None:
    diagnostics, sources = check(path)
    found = sorted((one.mark.file, one.mark.line, one.severity, one.code) for one in diagnostics)
    assert found == expected(sources), "\n".join(one.text() for one in diagnostics)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_diagnostic_can_be_shown(path: Path) -> None:
    for one in check(path)[0]:
        lines = one.text().splitlines()
        assert lines[0].startswith(f"{one.mark.file}:{one.mark.line}:{one.mark.column}: {one.severity}[{one.code}]: ")
        assert "{" not in one.message or "{" in one.excerpt
        carets = [line for line in lines if set(line.split("|")[-1].strip()) == {"^"}]
        assert not one.excerpt or len(carets) == 1


def test_every_diagnostic_of_the_catalogue_is_reached() -> None:
    shown = {code for _, _, _, code in expected([*BAD, *HERE.glob("bad/parts/*.yaml")])}
    assert {kind.code for kind in catalogue()} - shown - SPECIAL.keys() == set()


def test_special_cases_exist() -> None:
    for place in SPECIAL.values():
        module, test = place.rsplit(".", 1)
        assert f"def {test}(" in (HERE / f"{module}.py").read_text("utf-8"), place


def test_codes_are_unique_and_in_their_modules_range() -> None:
    codes = [kind.code for kind in catalogue()]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"DG(0[1-9]|10)\d\d", code) for code in codes)


def test_messages_use_no_name_that_add_takes() -> None:
    taken = re.compile(r"{(kind|mark|length|allowed|hint|related|fixes)[}!:]")
    assert [kind.code for kind in catalogue() if taken.search(kind.message)] == []


def test_every_diagnostic_is_documented() -> None:
    for kind in catalogue():
        assert kind.message
        assert kind.about.endswith("."), kind.code
        assert kind.fix.endswith("."), kind.code
