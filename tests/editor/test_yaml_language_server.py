"""The published schemas in the editor that most people have: yaml-language-server, without devgen's own server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from editor_kit import CURSOR, cursor
from editor_tools import ROOT, yaml_language_server
from lsp_client import LspClient

pytestmark = pytest.mark.npm

DEVICE = """\
# yaml-language-server: $schema=schemas/device.schema.json
device: tick
bus: sysbus
regions:
  registers:
    space: mmio
    size: 4 KiB
    registers:
      CTRL:
        at: 0x00
        access: rw
"""

BOARD = """\
# yaml-language-server: $schema=schemas/board.schema.json
board: bench
machine:
  ram: 1 MiB
devices:
  first:
    device: pl031
    at: {registers: 0xfe000000}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LspClient]:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    with LspClient(folder, command=yaml_language_server()) as started:
        settings = {"yaml": {"schemaStore": {"enable": False}, "hover": True, "completion": True, "validate": True}}
        started.notify("workspace/didChangeConfiguration", {"settings": settings})
        yield started


def at(client: LspClient, name: str, text: str) -> dict[str, int]:
    """Open a text; return the place of its cursor."""
    text, offset = cursor(text)
    client.open(name, text)
    before = text[:offset]
    return {"line": before.count("\n"), "character": offset - before.rfind("\n") - 1}


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "code"),
    [
        ("wrong-key.yaml", DEVICE, "access: rw", "acess: rw", "acess"),
        ("wrong-word.yaml", DEVICE, "access: rw", "access: r/w", "Value is not accepted"),
        ("wrong-board.yaml", BOARD, "ram: 1 MiB", "rom: 1 MiB", "rom"),
        ("wrong-type.yaml", BOARD, "device: pl031", "device: [pl031]", "Incorrect type"),
    ],
)
def test_a_mistake_is_found(client: LspClient, name: str, text: str, old: str, new: str, code: str) -> None:
    client.open(name, text.replace(old, new))
    found = client.diagnostics(name)
    assert any(code in diagnostic["message"] for diagnostic in found), found


@pytest.mark.parametrize(("name", "text"), [("device.yaml", DEVICE), ("board.yaml", BOARD)])
def test_a_right_file_has_no_findings(client: LspClient, name: str, text: str) -> None:
    client.open(name, text)
    assert client.diagnostics(name) == []


@pytest.mark.parametrize(
    ("name", "text", "labels"),
    [
        ("keys.yaml", DEVICE + f"        {CURSOR}\n", {"width", "on_write", "fields"}),
        ("words.yaml", DEVICE.replace("access: rw", f"access: {CURSOR}"), {"rw", "ro", "wo"}),
        ("board-keys.yaml", BOARD + f"    {CURSOR}\n", {"irq", "wires", "streams"}),
    ],
)
def test_completion_offers_what_the_schema_knows(client: LspClient, name: str, text: str, labels: set[str]) -> None:
    place = at(client, name, text)
    found = client.ask("completion", name, **place)
    assert labels <= {item["label"] for item in found["items"]}


@pytest.mark.parametrize(
    ("name", "text", "word", "shown"),
    [
        ("hover.yaml", DEVICE, "space", "address space"),
        ("hover-board.yaml", BOARD, "ram", "On a PC from address 0"),
    ],
)
def test_hover_shows_the_documentation_of_a_key(client: LspClient, name: str, text: str, word: str, shown: str) -> None:
    place = at(client, name, text.replace(f"{word}:", f"{word[0]}{CURSOR}{word[1:]}:", 1))
    assert shown in json.dumps(client.ask("hover", name, **place))


@pytest.mark.parametrize("name", ["device", "board"])
def test_a_schema_has_an_identifier_of_its_own(name: str) -> None:
    """A URL below a name that RFC 2606 reserves: an identifier, which nothing fetches."""
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    assert schema["$id"] == f"https://devgen.example/schemas/{name}.schema.json"


@pytest.mark.parametrize("folder", ["devices", "examples/boards"])
def test_every_file_of_the_project_names_its_schema(folder: str) -> None:
    for path in sorted((ROOT / folder).glob("*.yaml")):
        line = next(line for line in path.read_text().splitlines() if "$schema=" in line)
        prefix, _, schema = line.partition("$schema=")
        assert prefix == "# yaml-language-server: "
        kind = "board" if folder.endswith("boards") else "device"
        assert (path.parent / schema).resolve() == Path(ROOT / "schemas" / f"{kind}.schema.json")
