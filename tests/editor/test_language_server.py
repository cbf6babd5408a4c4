"""``devgen lsp`` as an editor meets it: a process that speaks JSON-RPC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editor_kit import BOARD, FILES, TIMER, cursor, make_project, marked
from lsp_client import LspClient, LspError, interrogate

EMOJI = "\U0001f600"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LspClient]:
    with LspClient(make_project(tmp_path_factory.mktemp("project"))) as started:
        assert started.complaints == ""
        for name in FILES:
            started.open(name)
        yield started


@pytest.fixture(autouse=True)
def no_complaints(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "client" in request.fixturenames:
        client: LspClient = request.getfixturevalue("client")
        logged, client.logged = client.logged, []
        assert logged == []


def ask(client: LspClient, method: str, name: str, word: str, nth: int = 0, **more: Any) -> Any:
    """Ask about the ``nth`` place of a word in one of the project's files."""
    text, offset = cursor(marked(FILES[name], word, nth))
    before = text[:offset]
    return client.ask(method, name, before.count("\n"), offset - before.rfind("\n") - 1, **more)


def test_the_server_says_what_it_can_do(client: LspClient) -> None:
    offered = {name for name, value in client.capabilities.items() if value}
    assert {f"{name}Provider" for name in ("hover", "completion", "definition", "references", "rename")} <= offered
    assert {"documentSymbolProvider", "codeActionProvider", "semanticTokensProvider"} <= offered


@pytest.mark.parametrize(
    ("name", "word", "shown"),
    [
        ("tick.yaml", "CTRL:", "0xfe000000 on board `bench`"),
        ("tick.yaml", "reset: 0x02", "The value after a reset"),
        ("bench.yaml", "fast", "Runs at twice the rate."),
    ],
)
def test_hover(client: LspClient, name: str, word: str, shown: str) -> None:
    assert shown in ask(client, "hover", name, word)["contents"]["value"]


@pytest.mark.parametrize(
    ("name", "word", "label"),
    [
        ("tick.yaml", "arm()", "cancel()"),
        ("tick.yaml", "ro, fields", "wo"),
        ("bench.yaml", "tick,", "pl031"),
        ("bench.yaml", "intr", "intr"),
    ],
)
def test_completion(client: LspClient, name: str, word: str, label: str) -> None:
    items = {item["label"]: item for item in ask(client, "completion", name, word)}
    assert items[label]["textEdit"]["newText"].startswith(label.partition("(")[0])


def test_definition_across_an_include(client: LspClient) -> None:
    (found,) = ask(client, "definition", "tick.yaml", "VERSION")
    assert found == {
        "uri": client.uri("common.yaml"),
        "range": {"start": {"line": 4, "character": 6}, "end": {"line": 4, "character": 13}},
    }


def test_definition_from_a_board_to_the_device(client: LspClient) -> None:
    (found,) = ask(client, "definition", "bench.yaml", "button")
    assert found["uri"] == client.uri("tick.yaml")


@pytest.mark.parametrize(("declared", "count"), [(True, 4), (False, 3)])
def test_references(client: LspClient, declared: bool, count: int) -> None:
    found = ask(client, "references", "tick.yaml", "credits:", context={"includeDeclaration": declared})
    assert len(found) == count


def test_document_symbols(client: LspClient) -> None:
    found = client.ask("documentSymbol", "tick.yaml")
    assert {"credits", "alarm", "registers", "intr"} <= {symbol["name"] for symbol in found}


def test_semantic_tokens(client: LspClient) -> None:
    data = client.ask("semanticTokens/full", "tick.yaml")["data"]
    assert len(data) % 5 == 0 and len(data) > 50


def test_rename_over_several_files(client: LspClient) -> None:
    assert ask(client, "prepareRename", "tick.yaml", "button")["placeholder"] == "button"
    edit = ask(client, "rename", "tick.yaml", "button", newName="key")
    assert {uri: len(edits) for uri, edits in edit["changes"].items()} == {
        client.uri("tick.yaml"): 1,
        client.uri("bench.yaml"): 1,
    }


def test_a_refused_name_is_an_error_with_a_reason(client: LspClient) -> None:
    with pytest.raises(LspError, match=r"'STATUS' is taken: tick\.yaml has the register STATUS"):
        ask(client, "rename", "tick.yaml", "MATCH:", newName="STATUS")


# --- diagnostics ---------------------------------------------------------------------------


def test_diagnostics_come_while_typing_and_go_when_mended(client: LspClient) -> None:
    client.open("typed.yaml", TIMER.replace("reset: 0x02", "rest: 0x02").replace("tick", "tack"))
    (found,) = client.diagnostics("typed.yaml")
    assert (found["code"], found["source"], found["severity"]) == ("DG0201", "devgen", 1)
    assert found["range"]["start"] == {"line": 29, "character": 8}
    assert found["range"]["end"] == {"line": 29, "character": 12}
    assert "did you mean 'reset'?" in found["message"]
    client.change("typed.yaml", TIMER.replace("tick", "tack"))
    assert client.diagnostics("typed.yaml") == []
    client.notify("textDocument/didClose", {"textDocument": {"uri": client.uri("typed.yaml")}})


def test_an_unsaved_fragment_is_seen_by_its_device(tmp_path: Path) -> None:
    with LspClient(make_project(tmp_path)) as own:
        own.open("tick.yaml")
        assert own.diagnostics("tick.yaml") == []
        own.open("common.yaml", FILES["common.yaml"].replace("VERSION", "REVISION"))
        assert "VERSION" in own.diagnostics("tick.yaml")[0]["message"]
        assert own.complaints == ""


def test_the_range_of_a_diagnostic_counts_utf_16(client: LspClient) -> None:
    client.open("emoji.yaml", f"device: x{EMOJI}\nbus: sysbus\ntitle: '{EMOJI}'\nregions: {{a{EMOJI}: {{spice: 1}}}}\n")
    found = [diagnostic for diagnostic in client.diagnostics("emoji.yaml") if "spice" in diagnostic["message"]]
    assert [diagnostic["range"]["start"] for diagnostic in found] == [{"line": 3, "character": 16}]


MENDED = [
    (BOARD, "device: tick", "device: tikc"),
    (BOARD, "intr: 10", "inrt: 10"),
    (TIMER, "reset: 0x02", "rest: 0x02"),
    (TIMER, "access: ro, fields", "access: r/o, fields"),
    (TIMER, "alarm.arm()", "alram.arm()"),
]


@pytest.mark.parametrize(("good", "right", "wrong"), MENDED)
def test_a_code_action_mends_a_mistake(client: LspClient, good: str, right: str, wrong: str) -> None:
    good = good.replace("board: bench", "board: mended").replace("device: tick\ntitle", "device: mended\ntitle")
    text = good.replace(right, wrong, 1)
    name = f"mended-{wrong[:4].strip()}.yaml"
    client.open(name, text)
    errors = [found for found in client.diagnostics(name) if found["severity"] == 1]
    (action,) = client.ask("codeAction", name, range=errors[0]["range"], context={"diagnostics": []})
    assert (action["kind"], action["isPreferred"]) == ("quickfix", True)
    ((uri, (edit,)),) = action["edit"]["changes"].items()
    start, end = (edit["range"][side]["character"] for side in ("start", "end"))
    lines = text.split("\n")
    line = edit["range"]["start"]["line"]
    lines[line] = lines[line][:start] + edit["newText"] + lines[line][end:]
    assert (uri, "\n".join(lines)) == (client.uri(name), good)
    client.notify("textDocument/didClose", {"textDocument": {"uri": client.uri(name)}})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-32"])
def test_a_client_may_choose_how_positions_count(tmp_path: Path, encoding: str) -> None:
    with LspClient(tmp_path, encodings=[encoding]) as own:
        assert own.capabilities["positionEncoding"] == encoding
        own.open("a.yaml", f"device: a\nbus: sysbus\nregions: {{r: {{title: '{EMOJI}', spice: 1}}}}\n")
        starts = {found["message"][:20]: found["range"]["start"] for found in own.diagnostics("a.yaml")}
        expected = 29 if encoding == "utf-8" else 26
        assert {"line": 2, "character": expected} in starts.values()


@pytest.mark.slow
def test_a_thousand_registers_are_checked_in_a_fraction_of_a_second(tmp_path: Path) -> None:
    """The least of ten, because other programs run as well; docs/editors.md has the figure of a quiet machine."""
    registers = "".join(
        f"      R{number}: {{at: {number * 4:#x}, fields: {{A: 0, B: '7:4'}}}}\n" for number in range(1000)
    )
    text = (
        f"device: big\nbus: sysbus\nregions:\n  bank:\n    space: mmio\n    size: 64 KiB\n    registers:\n{registers}"
    )
    with LspClient(tmp_path) as own:
        own.open("big.yaml", text)
        assert own.diagnostics("big.yaml") == []
        times = []
        for number in range(10):
            wrong = number % 2 == 0
            start = time.monotonic()
            own.change("big.yaml", text.replace("R500: {at", "R500: {att") if wrong else text)
            assert bool(own.diagnostics("big.yaml")) == wrong
            times.append(time.monotonic() - start)
        assert min(times) < 1.0  # 0.2 on a quiet machine


# --- awkward clients -----------------------------------------------------------------------

TEXTS = {
    "empty": "",
    "crlf": TIMER.replace("\n", "\r\n"),
    "cr": TIMER.replace("\n", "\r"),
    "half": TIMER[: len(TIMER) // 2],
    "emoji": f"device: {EMOJI}\n{EMOJI}: {{{EMOJI}: [{EMOJI}\n",
    "nul": "device: a\0b\n\x0b\x0c\u2028: 1\n",
    "lone surrogate": "device: \ud800\n",
    "open brackets": "device: x\nregions: " + "{a: [" * 3000,
    "long line": "device: x\ntitle: " + "a" * 300_000,
    "deep keys": "".join(f"{' ' * depth}k:\n" for depth in range(300)),
    "board in pieces": BOARD.replace("device: tick", "device: [", 1),
    "circle": "device: x\nbus: sysbus\ninclude: [circle.yaml]\n",
    "bad include": "device: x\ninclude: ['../../../etc/passwd', '\0', 5, {}]\n",
}

URIS = {
    "untitled": "untitled:Untitled-1",
    "percent": "file:///%00/%ff%fe/a%20b.yaml",
    "relative": "file:a.yaml",
    "nothing": "",
    "root": "file:///",
    "folder": "file:///tmp",
    "device file": "file:///dev/zero",
    "host": "file://elsewhere/share/a.yaml",
    "odd": "git:/x.yaml?{}#[",
    "broken host": "file://[::1/a.yaml",
    "long": "file:///" + "a" * 20_000 + ".yaml",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_no_text_upsets_the_server(client: LspClient, kind: str) -> None:
    name = kind.replace(" ", "-") + ".yaml"
    client.open(name, TEXTS[kind])
    interrogate(client, name)
    client.notify("textDocument/didClose", {"textDocument": {"uri": client.uri(name)}})


@pytest.mark.parametrize("kind", URIS)
def test_no_uri_upsets_the_server(client: LspClient, kind: str) -> None:
    client.open(URIS[kind] or ":", TIMER)
    interrogate(client, URIS[kind] or ":")
    client.notify("textDocument/didClose", {"textDocument": {"uri": URIS[kind] or ":"}})


def test_a_file_that_is_not_open_is_read_from_the_disk(tmp_path: Path) -> None:
    with LspClient(make_project(tmp_path)) as own:
        assert "register CTRL" in ask(own, "hover", "tick.yaml", "CTRL:")["contents"]["value"]
        assert own.complaints == ""


@pytest.mark.slow
def test_a_large_text_is_answered(client: LspClient) -> None:
    client.open("large.yaml", "device: large\nbus: sysbus\n" + "# comment\n" * 900_000)
    assert client.ask("documentSymbol", "large.yaml") == []
    client.notify("textDocument/didClose", {"textDocument": {"uri": client.uri("large.yaml")}})
