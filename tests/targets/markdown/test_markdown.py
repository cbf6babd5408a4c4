"""The target markdown: links lead somewhere, tables are whole, and no text of a description is markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from awkward_device import HOSTILE, write_awkward
from hypothesis import given
from hypothesis import strategies as st

from devgen.build.builder import build
from devgen.language import load_device
from devgen.language.view import view_of
from devgen.targets.markdown.markdown_text import anchors, code, escaped, fenced

ROOT = Path(__file__).resolve().parents[3]
MARKUP = "\\`*_{}[]<>#!|~&$@"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    report = build([ROOT / "devices", write_awkward(folder)], folder / "out", target="markdown")
    assert [str(diagnostic) for diagnostic in report.diagnostics] == []
    return folder / "out"


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^(`{3,})text\n.*?^\1$", "(a block)", text, flags=re.M | re.S)


def cells(row: str) -> int:
    return len(re.sub(r"\\.", "", row).strip("|").split("|"))


def test_every_link_leads_somewhere(pages: Path) -> None:
    for path in pages.glob("*.md"):
        text = prose(path.read_text("utf-8"))
        headings = [re.sub(r"\\(.)", r"\1", line.lstrip("# ")) for line in text.splitlines() if line.startswith("#")]
        places = dict(zip(anchors(headings), headings, strict=True))
        for target in re.findall(r"(?<!\\)\]\(([^)]*)\)", re.sub(r"(`+).*?\1", "", text)):
            file, _, fragment = target.partition("#")
            assert (not file or (pages / file).is_file()) and (not fragment or fragment in places), (path, target)


CASES = """\
device: cases
bus: sysbus
properties: {n: {type: int, default: 1, range: 0..7}}
regions:
  r:
    space: mmio
    size: 4 KiB
    registers: {CTRL: {at: 0}, ctrl: {at: 4}, Ctrl: {at: 8}, properties: {at: 12, reset: n}, cases: {at: 16}}
"""


def test_registers_whose_names_differ_only_in_case_have_their_own_anchors(tmp_path: Path) -> None:
    source = tmp_path / "cases.yaml"
    source.write_text(CASES)
    assert build([source], tmp_path / "out", target="markdown").ok
    text = (tmp_path / "out" / "cases.md").read_text("utf-8")
    links = re.findall(r"\| \[(\w+)\]\(#([\w-]+)\)", text)
    assert links == [
        ("CTRL", "ctrl"),
        ("ctrl", "ctrl-1"),
        ("Ctrl", "ctrl-2"),
        ("properties", "properties-1"),
        ("cases", "cases-1"),
    ]


def test_tables_are_whole(pages: Path) -> None:
    for path in pages.glob("*.md"):
        width = 0
        for line in prose(path.read_text("utf-8")).splitlines():
            if not line.startswith("|"):
                width = 0
                continue
            width = width or cells(line)
            assert cells(line) == width, (path, line)


def test_hostile_text_has_the_structure_of_plain_text(pages: Path, tmp_path: Path) -> None:
    build([write_awkward(tmp_path, "plain")], tmp_path / "out", target="markdown")
    hostile, plain = ((folder / "awkward.md").read_text("utf-8") for folder in (pages, tmp_path / "out"))
    shown = hostile.replace(escaped(HOSTILE), "plain").replace(code(HOSTILE), "`plain`")
    assert shown.replace(HOSTILE.strip(), "plain") == plain
    assert hostile.count(escaped(HOSTILE)) >= 15


def test_the_page_has_every_register_and_behaviour(pages: Path, tmp_path: Path) -> None:
    device = view_of(load_device(write_awkward(tmp_path)))
    text = (pages / "awkward.md").read_text("utf-8")
    for register in device.registers:
        assert f"\n### {escaped(register.path)}\n" in text
        assert all(hook.text in text for hook in register.hooks)
    for title in ("PCI", "Properties", "Doorbells", "Interrupts", "GPIO", "Counters", "Timers", "FIFOs", "Streams"):
        assert f"\n## {title}\n" in text
    for title in ("Events", "Hidden state", "Constants", "Functions", "Actions", "Reset", "Not modelled"):
        assert f"\n## {title}\n" in text
    assert "| `silent` |" in text.split("\n## Deviations from the datasheet\n")[1]
    assert f"| {escaped('{entry}' + HOSTILE)} |" in text


def test_no_two_blank_lines_follow_each_other(pages: Path) -> None:
    for path in pages.glob("*.md"):
        assert "\n\n\n" not in prose(path.read_text("utf-8")), path


@given(st.text(max_size=40))
def test_escaped_text_is_one_line_without_live_markup(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    assert not any(char in re.sub(r"\\.", "", shown) for char in MARKUP)
    assert re.sub(r"\\(.)", r"\1", shown).split() == "".join(c if c.isprintable() else " " for c in text).split()


@given(st.text(alphabet="`|a \n", max_size=20))
def test_a_code_span_and_a_fence_end_where_they_should(text: str) -> None:
    span = code(text)
    if span:
        fence = re.match("`+", span)
        assert fence is not None
        inner = span[len(fence[0]) : -len(fence[0])]
        assert fence[0] not in re.findall("`+", inner)
    block = fenced(text).splitlines()
    assert block[0].removesuffix("text") == block[-1]
    assert block[-1] not in [line.strip() for line in block[1:-1]]
