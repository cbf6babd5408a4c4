"""The site of the pages: it builds without a warning, asks no network for anything, and its search finds things."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser
from markdown_blocks import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PAGES = ["index.html", "tutorial.html", "keys.html", "diagnostics.html", "language.html", "figures.html"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(target)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    return target


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_no_network_and_fits_a_telephone(browser: Browser, site: Path, name: str) -> None:
    page = browser.load(site / name)
    assert page.faults == []
    assert [address for address in page.requests if not address.startswith(("file://", "data:", "blob:"))] == []
    page.resize(400)
    assert page.run("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("name", ["keys.html", "testing.html", "view.html"])
def test_no_name_in_a_table_is_broken_over_lines(browser: Browser, site: Path, name: str) -> None:
    page = browser.load(site / name)
    page.resize(1280)
    broken = """[...document.querySelectorAll('td code')]
        .filter((code) => !/[\\s-]/.test(code.textContent) && code.getClientRects().length > 1)
        .map((code) => code.textContent)"""
    assert page.run(broken) == []


def test_the_texts_of_the_drawing_fit_their_boxes(browser: Browser, site: Path) -> None:
    page = browser.load(site / "flow.svg")
    wide = """[...document.querySelectorAll('rect')].flatMap((box) => {
        const inside = box.getBBox(), found = [];
        for (let next = box.nextElementSibling; next && next.tagName === 'text'; next = next.nextElementSibling)
            if (next.getBBox().width > inside.width - 8 && next.getBBox().x < inside.x + inside.width)
                found.push(next.textContent);
        return found;
    })"""
    assert page.run(wide) == []


def test_each_diagnostic_has_an_anchor(site: Path) -> None:
    assert 'id="dg0401-error"' in (site / "diagnostics.html").read_text()


def test_a_linked_description_is_part_of_the_site(site: Path) -> None:
    assert (site / "files" / "devices" / "mc146818rtc.yaml").exists()
    assert (site / "files" / "examples" / "walkthrough" / "index.html").exists()


def test_the_search_finds_a_diagnostic(browser: Browser, site: Path) -> None:
    page = browser.load(site / "index.html")
    browser.call("Emulation.setFocusEmulationEnabled", page, enabled=True)
    found = page.run(
        """new Promise((resolve) => {
            const field = document.querySelector('.md-search__input');
            field.focus();
            field.value = 'DG0401';
            field.dispatchEvent(new KeyboardEvent('keyup', {bubbles: true}));
            const look = () => {
                const links = [...document.querySelectorAll('.md-search-result__link')].map((link) => link.href);
                links.length ? resolve(links) : setTimeout(look, 100);
            };
            look();
        })"""
    )
    assert any(link.endswith("#dg0401-error") for link in found)
