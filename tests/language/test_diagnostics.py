"""How diagnostics look, and how the sink keeps their number and size in bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devgen.language import load_device
from devgen.language.diagnostics.catalogue_page import markdown
from devgen.language.diagnostics.codes_keys import UNKNOWN_KEY
from devgen.language.diagnostics.places import Fix, Related, Span
from devgen.language.diagnostics.reporting import LIMIT, Diagnostics, SourceText, did_you_mean
from devgen.language.diagnostics.text_form import printable
from devgen.language.model import Mark

MARK = Mark("x.yaml", 3, 22)


def one(**changes: object) -> Diagnostics:
    sink = Diagnostics(lines=lambda _file, _line: "      MR: {at: 0x04, acess: ro}")
    values = {"length": 5, "key": "acess", "hint": "did you mean 'access'?", "allowed": ["access", "at"]} | changes
    sink.add(UNKNOWN_KEY, MARK, **values)  # type: ignore[arg-type]
    return sink


def test_text_form() -> None:
    assert one().finish()[0].text() == (
        "x.yaml:3:22: error[DG0201]: unknown key 'acess'\n"
        "    3 |       MR: {at: 0x04, acess: ro}\n"
        "      |                      ^^^^^\n"
        "    help: did you mean 'access'?\n"
        "    allowed: access, at"
    )


def test_json_form() -> None:
    assert json.loads(json.dumps([one().finish()[0].json()])) == [
        {
            "file": "x.yaml",
            "line": 3,
            "column": 22,
            "length": 5,
            "severity": "error",
            "code": "DG0201",
            "message": "unknown key 'acess'",
            "allowed": ["access", "at"],
            "hint": "did you mean 'access'?",
            "related": [],
            "fixes": [],
        }
    ]


def test_a_second_place_has_its_own_file_and_excerpt() -> None:
    sink = Diagnostics(lines=lambda file, line: f"line {line} of {file}")
    other = Related(Span(Mark("other.yaml", 9, 6), 2), "the first is here")
    sink.add(UNKNOWN_KEY, Mark("x.yaml", 3, 1), key="k", related=[other])
    assert sink.finish()[0].text() == (
        "x.yaml:3:1: error[DG0201]: unknown key 'k'\n"
        "    3 | line 3 of x.yaml\n"
        "      | ^\n"
        "    note: other.yaml:9:6: the first is here\n"
        "    9 | line 9 of other.yaml\n"
        "      |      --"
    )


def test_a_fix_is_data() -> None:
    sink = Diagnostics()
    sink.add(UNKNOWN_KEY, MARK, key="acess", fixes=[Fix(Span(MARK, 5), "access", "write 'access'")])
    assert sink.finish()[0].json()["fixes"] == [
        {"file": "x.yaml", "line": 3, "column": 22, "length": 5, "replacement": "access", "title": "write 'access'"}
    ]


def test_findings_are_sorted_and_said_once() -> None:
    sink = Diagnostics()
    for line in (9, 2, 5, 2):
        sink.add(UNKNOWN_KEY, Mark("x", line, 1), key="k")
    assert [found.mark.line for found in sink.finish()] == [2, 5, 9]


def test_the_rest_is_counted() -> None:
    sink = Diagnostics()
    for line in range(1, LIMIT + 31):
        sink.add(UNKNOWN_KEY, Mark("x", line, 1), key="k")
    found = sink.finish()
    assert len(found) == LIMIT + 1
    assert (found[-1].code, found[-1].message) == ("DG0199", "and 30 more")


def test_an_error_is_counted_behind_many_warnings(tmp_path: Path) -> None:
    registers = "\n".join(f"      R{n}: {{at: {n * 8 + 1}}}" for n in range(LIMIT + 5))
    path = tmp_path / "d.yaml"
    path.write_text(
        f"device: d\nbus: sysbus\nregions:\n  r:\n    space: mmio\n    size: 4\n    registers:\n{registers}\n"
    )
    assert load_device(path).device is None


@pytest.mark.parametrize("key", ["\x1b[31mred", "a\nb", "\u202eright to left", "x" * 10_000, "{}", "{key}", "%s"])
def test_what_a_stranger_wrote_cannot_play_with_the_terminal(key: str) -> None:
    line = one(key=key).finish()[0].headline()
    assert line.isprintable()
    assert len(line) < 200


def test_a_long_line_is_cut_around_the_place() -> None:
    sink = Diagnostics(lines=lambda _file, _line: "x" * 5000 + "acess" + "y" * 5000)
    sink.add(UNKNOWN_KEY, Mark("x", 1, 5001), length=5, key="acess")
    _, excerpt, carets = sink.finish()[0].text().splitlines()
    start = carets.index("^")
    assert excerpt[start : start + 5] == "acess"
    assert len(excerpt) < 130


def test_a_long_text_is_cut_between_words() -> None:
    reason = "numbers are written `12`, `0x1c`, `0b101`, `0o17`, with single `_` between digits"
    assert printable(reason) == reason
    assert printable("word " * 100) == " ".join(["word"] * 47) + " ..."
    assert printable("x" * 100) == "x" * 77 + "..."


def test_numbers_stay_short() -> None:
    assert printable(1 << 4000) == "a number of 4001 bits"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("acess", "did you mean 'access'?"),
        ("ACCESS", "did you mean 'access'?"),
        ("zzz", ""),
        ("print", ""),
        ("rgs", "did you mean 'registers'?"),
        ("rx_c", "did you mean 'rx_a' or 'rx_b'?"),
        ("pti", "did you mean 'pit'?"),
    ],
)
def test_near_misses(name: str, hint: str) -> None:
    assert did_you_mean(name, ["access", "at", "intr", "registers", "rx_a", "rx_b", "pit"]) == hint


def test_text_without_a_locator_starts_at_its_mark() -> None:
    text = SourceText("ab\ncd", Mark("x", 7, 9))
    assert (text.at(1, 2), text.at(2, 1)) == (Mark("x", 7, 10), Mark("x", 8, 1))


def test_the_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "diagnostics.md"
    assert page.read_text("utf-8") == markdown(), (
        "run: python -m devgen.language.diagnostics.catalogue_page > docs/diagnostics.md"
    )
