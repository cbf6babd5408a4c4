"""``devgen lsp`` and what no editor should send it: malformed messages, and files that are no descriptions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from editor_kit import make_project
from lsp_client import LspClient, interrogate


def run_lsp(data: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *options, "-m", "devgen", "lsp"]
    return subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)


def test_the_server_ends_with_its_input() -> None:
    ended = run_lsp(b"")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_a_message_that_is_no_json_does_not_end_the_server() -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "shutdown"}).encode()
    ended = run_lsp(b"Content-Length: 3\r\n\r\n{{{" + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    assert b'"id": 1' in ended.stdout or b'"id":1' in ended.stdout
    assert ended.stderr == b""


def body(message: object) -> bytes:
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(data), data)


def request(params: object, method: str = "textDocument/hover") -> bytes:
    return body({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})


MALFORMED = {
    "no parameters": (request(None), -32602),
    "a list": (request([1, 2]), -32602),
    "a negative line": (
        request({"textDocument": {"uri": "file:///x"}, "position": {"line": -1, "character": 0}}),
        -32602,
    ),
    "a text for a number": (request({"textDocument": {"uri": 5}, "position": {"line": "a", "character": 0}}), -32602),
    "an unknown method": (request({}, "no/such"), -32601),
}
START = body(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"processId": None, "rootUri": None, "capabilities": {}},
    }
)
END = body({"jsonrpc": "2.0", "id": 99, "method": "shutdown"}) + body({"jsonrpc": "2.0", "method": "exit"})


@pytest.mark.slow
def test_a_malformed_request_gets_an_error_as_its_answer() -> None:
    for name, (sent, code) in MALFORMED.items():
        ended = run_lsp(START + sent + END)
        assert (ended.returncode, ended.stderr) == (0, b""), name
        answers = [json.loads(text) for text in re.findall(rb'\{(?:"error"|"id").*?\}(?=Content|$)', ended.stdout)]
        assert [answer["error"]["code"] for answer in answers if answer["id"] == 7] == [code], name


NO_MESSAGES = (b"5", b'"x"', b"null", b"[]", b"{}", b'{"id": 2}', b"\xff", b"[" * 100_000)


def test_what_is_no_message_does_not_end_the_server() -> None:
    ended = run_lsp(START + b"".join(map(body, NO_MESSAGES)) + b"Content-Length: -5\r\n\r\nFoo\r\n\r\n" + END)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b'"id": 99' in ended.stdout


def test_a_message_that_is_announced_too_large_ends_the_server_with_one_line() -> None:
    ended = run_lsp(b"Content-Length: 99999999999999\r\n\r\n{}")
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines() == [
        "devgen: standard input: a message of 99999999999999 bytes is announced; the most are 67108864"
    ]


def awkward_files(folder: Path) -> dict[str, str]:
    """Files that are no descriptions, each with a word of the diagnostic for a file that includes it."""
    os.mkfifo(folder / "fifo.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    (folder / "folder.yaml").mkdir()
    (folder / "around").symlink_to(".")
    (folder / "binary.yaml").write_bytes(bytes(range(256)))
    (folder / "latin.yaml").write_bytes(b"fragment: x\ntitle: caf\xe9\n")
    with (folder / "huge.yaml").open("wb") as huge:
        huge.truncate(1 << 30)
    return {
        "fifo.yaml": "is a FIFO",
        "loop.yaml": "it is a symbolic link to a file that does not exist",
        "zero.yaml": "outside the description's folder",
        "folder.yaml": "is a folder",
        "binary.yaml": "is not UTF-8",
        "latin.yaml": "is not UTF-8",
        "huge.yaml": "is larger than 32 MiB",
        "around/around/a.yaml": "a.yaml -> a.yaml",
    }


def test_no_file_of_the_workspace_upsets_the_server(tmp_path: Path) -> None:
    text = "device: a\nbus: sysbus\ninclude: [NAME]\nregions: {r: {space: mmio, size: 4}}\n"
    (tmp_path / "a.yaml").write_text(text)
    with LspClient(tmp_path) as own:
        own.open("a.yaml")
        for name, said in awkward_files(tmp_path).items():
            own.change("a.yaml", text.replace("NAME", name))
            assert any(said in found["message"] for found in own.diagnostics("a.yaml")), name
            interrogate(own, "a.yaml")
            interrogate(own, name)
        assert own.complaints == ""


def test_a_file_that_vanishes_is_a_diagnostic(tmp_path: Path) -> None:
    make_project(tmp_path)
    with LspClient(tmp_path) as own:
        own.open("tick.yaml")
        assert own.diagnostics("tick.yaml") == []
        (tmp_path / "common.yaml").unlink()
        own.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": own.uri("common.yaml"), "type": 3}]})
        assert "no file 'common.yaml' to include" in own.diagnostics("tick.yaml")[0]["message"]
        shutil.rmtree(tmp_path)
        interrogate(own, "tick.yaml")
        assert own.complaints == ""


def test_without_pygls_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls" / "__init__.py").write_text("raise ImportError")
    ended = subprocess.run(
        [sys.executable, "-m", "devgen", "lsp"],
        env={"PYTHONPATH": str(tmp_path)},
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines() == [
        "devgen: the language server needs the package pygls, 2.0 or newer: pip install 'devgen[lsp]'"
    ]
