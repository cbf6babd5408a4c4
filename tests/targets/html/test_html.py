"""The target html: every part of a device is on its page, links lead somewhere, no text of a description is markup."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from awkward_device import HOSTILE, write_awkward

from devgen.build.builder import build
from devgen.language import load_device
from devgen.language.view import Hook, RegisterView, view_of
from devgen.targets.register_words import drawing, effect_words, paragraphs, size_words

ROOT = Path(__file__).resolve().parents[3]
VOID = {"meta", "input", "br", "link", "img", "!doctype"}


class Document(HTMLParser):
    """What a page has: ids, links, tags, texts; and whether tags are closed in order."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(path.read_text("utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    report = build([ROOT / "devices", write_awkward(folder)], folder / "out", target="html")
    assert [str(diagnostic) for diagnostic in report.diagnostics] == []
    return folder / "out"


def test_every_link_leads_somewhere_and_no_id_is_there_twice(pages: Path) -> None:
    documents = {path.name: Document(path) for path in pages.glob("*.html")}
    assert len(documents) > 20
    for name, document in documents.items():
        assert len(document.ids) == len(set(document.ids)), name
        for link in document.links:
            file, _, fragment = link.partition("#")
            target = documents[unquote(file)] if file else document
            assert not fragment or fragment in target.ids, (name, link)


def test_the_index_names_every_device(pages: Path) -> None:
    links = Document(pages / "index.html").links
    assert {path.name for path in pages.glob("*.html")} - {"index.html"} <= set(links)


def test_no_text_of_a_description_is_markup(pages: Path, tmp_path: Path) -> None:
    hostile = Document(pages / "awkward.html")
    build([write_awkward(tmp_path, "plain")], tmp_path / "out", target="html")
    plain = Document(tmp_path / "out" / "awkward.html")
    assert (hostile.tags, hostile.attributes, hostile.ids) == (plain.tags, plain.attributes, plain.ids)
    assert hostile.links == plain.links
    assert sum(HOSTILE.strip() in text for text in hostile.texts) >= 15


def test_a_page_refers_to_nothing_outside(pages: Path) -> None:
    for path in pages.glob("*.html"):
        document = Document(path)
        assert document.tags & {"link", "img", "iframe", "object", "embed"} == set()
        assert not any("//" in link for link in document.links)
        assert "default-src 'none'" in path.read_text("utf-8")


def test_the_page_has_every_part_of_the_device(pages: Path, tmp_path: Path) -> None:
    device = view_of(load_device(write_awkward(tmp_path)))
    document = Document(pages / "awkward.html")
    texts = [text.strip() for text in document.texts]
    hooks = [hook for register in device.registers for hook in register.hooks]
    hooks += [part.body for part in (*device.functions, *device.actions)]
    optional = [line.level for line in (*device.interrupts, *device.gpio_out)]
    optional += [device.timers[0].match, device.timers[0].on_expire, device.doorbells[0].on_ring, device.on_reset]
    for hook in (*hooks, *(hook for hook in optional if isinstance(hook, Hook))):
        assert hook.text in texts
    for register in device.registers:
        assert f"register-{register.path}" in document.ids
        assert all(f"field-{field.path}" in document.ids for field in register.fields)
    for part in ("PCI", "BARs", "capabilities", "Properties", "Doorbells", "Interrupts", "GPIO", "Counters", "Timers"):
        assert f"part-{part}" in document.ids
    for part in ("FIFOs", "Streams", "Events", "State", "Constants", "Functions", "Actions", "Reset", "Not%20modelled"):
        assert f"part-{part}" in document.ids
    assert "part-Deviations" in document.ids
    assert {"silent", f"{{entry}}{HOSTILE}"} <= set(texts)


def test_a_user_replaces_one_block(tmp_path: Path) -> None:
    mine = tmp_path / "templates" / "html" / "device.html.j2"
    mine.parent.mkdir(parents=True)
    mine.write_text('{% extends "html/device.html.j2" %}{% block footer %}<b>ACME</b>{% endblock %}')
    build([ROOT / "devices/pl031.yaml"], tmp_path / "out", templates=tmp_path / "templates", target="html")
    text = (tmp_path / "out" / "pl031.html").read_text()
    assert "<footer><b>ACME</b></footer>" in text
    assert 'id="register-MR"' in text


# --- words and drawings ----------------------------------------------------------------------------


def register(tmp_path: Path, name: str) -> RegisterView:
    registers = view_of(load_device(write_awkward(tmp_path))).registers
    return next(each for each in registers if each.path == name)


@pytest.mark.parametrize("name", ["CTRL", "WIDE", "BYTE", "INDEX"])
def test_a_drawing_covers_every_bit_once(tmp_path: Path, name: str) -> None:
    part = register(tmp_path, name)
    cells = [cell for row in drawing(part) for cell in row]
    bits = [bit for cell in cells for bit in range(cell.msb, cell.lsb - 1, -1)]
    assert bits == list(range(part.width - 1, -1, -1))
    for cell in cells:
        assert cell.field is None or cell.field.lsb <= cell.lsb <= cell.msb <= cell.field.msb
    named = {cell.field.name for cell in cells if cell.field is not None}
    assert named == {field.name for field in part.fields}


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 byte"), (24, "24 bytes"), (4096, "4 KiB"), (5000, "5000 bytes"), (3 << 30, "3 GiB")]
)
def test_sizes_have_a_unit(size: int, words: str) -> None:
    assert size_words(size) == words


def test_effects_are_told_in_words(tmp_path: Path) -> None:
    assert effect_words(register(tmp_path, "CHANNEL.POS")) == ["cleared by a read"]
    assert effect_words(register(tmp_path, "CTRL").fields[2]) == ["writing 1 clears"]


def test_paragraphs_are_joined_and_indented_blocks_are_kept() -> None:
    text = "one\ntwo\n\n    a  b\n      c\n\nthree\n"
    assert paragraphs(text) == [("text", "one two"), ("block", "a  b\n  c"), ("text", "three")]
    assert paragraphs("") == []
