"""The pages of the target html in a browser: no script error, no request, no broken link, nothing too wide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from awkward_device import write_awkward
from browser import Browser

from devgen.build.builder import build

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ROOT = Path(__file__).resolve().parents[3]
WIDTHS = (400, 1400)
REGISTERS = 1000
BIG = "device: big\nbus: sysbus\nregions:\n  r:\n    space: mmio\n    size: 64 KiB\n    registers:\n" + "".join(
    f"      R{number}: {{at: {4 * number}, fields: {{A: 0, B: 7:4, C: 15:8, D: 31}}}}\n" for number in range(REGISTERS)
)
NESTED = """\
device: nested
bus: sysbus
properties: {lambda: {type: int, default: 3, range: 1..4}}
regions:
  r:
    space: mmio
    size: 4 KiB
    registers:
      None: {at: 0, fields: {self: 0, NULL: 1, union: {bits: 3:2, values: {True: 1, struct: 2}}}}
      self: {at: 4, access: ro, read: '`lambda`'}
      GRID: {at: 0x100, count: [3, 4], fields: {A: 0}}
      PORT:
        at: 0x200
        count: 4
        stride: 8
        registers: {None: {at: 0}, CTRL: {at: 4, when: 'GRID[0][0].A == 0'}, ALT: {at: 4, alternate: CTRL}}
      NAMED: {at: 0x280, count: 4, index_names: [A, B, C, D]}
      OUT:
        at: 0x300
        count: 2
        stride: 32
        registers: {IN: {at: 0, count: 2, stride: 16, registers: {X: {at: 0}, Y: {at: 4, count: 2}}}}
      EXT: {at: 0x400, external: true}
"""
BROKEN_LINKS = """
    [...document.querySelectorAll('a[href^="#"]')].map(link => link.getAttribute('href').slice(1))
        .filter(id => id && !document.getElementById(id))
"""
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SEARCH = """(text => {
    const box = document.getElementById('search');
    box.value = text;
    box.dispatchEvent(new Event('input'));
    return document.querySelectorAll('article:not([hidden])').length;
})"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "big.yaml").write_text(BIG)
    (folder / "nested.yaml").write_text(NESTED)
    paths = [write_awkward(folder), folder / "big.yaml", folder / "nested.yaml", ROOT / "devices" / "nvme.yaml"]
    build(paths, folder / "out", target="html")
    return folder / "out"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.mark.parametrize("name", ["awkward", "big", "nested", "nvme", "index"])
def test_a_page_shows_without_a_fault_at_both_widths(browser: Browser, pages: Path, name: str) -> None:
    file = pages / f"{name}.html"
    page = browser.load(file)
    for width in WIDTHS:
        for dark in (False, True):
            page.resize(width, dark=dark)
            assert page.run(WIDE) is False, width
    assert page.run(BROKEN_LINKS) == []
    assert page.run("typeof fail") == "undefined"
    assert page.faults == []
    assert page.requests == [file.as_uri()]


def test_search_shows_what_matches_and_says_when_nothing_does(browser: Browser, pages: Path) -> None:
    page = browser.load(pages / "big.html")
    assert page.run(f"{SEARCH}('')") == REGISTERS
    assert page.run(f"{SEARCH}('r77')") == 11
    assert page.run("document.getElementById('none-found').hidden") is True
    assert page.run(f"{SEARCH}('no such thing')") == 0
    assert page.run("document.getElementById('none-found').hidden") is False


def test_a_link_to_a_hidden_register_shows_it(browser: Browser, pages: Path) -> None:
    page = browser.load(pages / "nvme.html")
    page.run(f"{SEARCH}('no such thing')")
    page.run(
        "new Promise(done => {"
        " addEventListener('hashchange', () => setTimeout(done, 50)); location.hash = 'register-CC'; })"
    )
    assert page.run("document.getElementById('register-CC').hidden") is False


def test_the_switch_changes_the_colours_and_they_follow_the_system_before(browser: Browser, pages: Path) -> None:
    page = browser.load(pages / "index.html", dark=True)
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.run(colour)
    page.resize(1400)
    light = page.run(colour)
    assert dark != light
    page.run("document.getElementById('theme').click()")
    assert page.run(colour) == dark
