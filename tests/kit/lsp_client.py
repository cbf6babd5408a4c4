"""A small client of the language server protocol, which drives ``devgen lsp`` as a process.

A request without an answer fails after ``PATIENCE`` seconds. What the server writes on standard error, and the errors
that it logs, are kept, so that a test can show that there are none.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PATIENCE = 60.0

Json = Any


class LspError(Exception):
    """An error answer; the message is the server's."""


class LspClient:
    """A client of a server that it starts. Use as a context: it ends the server."""

    def __init__(self, folder: Path, *, encodings: list[str] | None = None, command: list[str] | None = None) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            command or [sys.executable, "-m", "devgen", "lsp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
        )
        self._answers: dict[int, Json] = {}
        self._messages: queue.Queue[Json] = queue.Queue()
        self._errors = b""
        self._next = 0
        self._opened: dict[str, int] = {}
        self.published: dict[str, list[Json]] = {}
        self.logged: list[str] = []
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()
        general = {"positionEncodings": encodings} if encodings else {}
        self.capabilities = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "workspaceFolders": [{"uri": folder.as_uri(), "name": "here"}],
                "capabilities": {"general": general, "textDocument": {"publishDiagnostics": {}}},
            },
        )["capabilities"]
        self.notify("initialized", {})

    def __enter__(self) -> LspClient:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.end()
        finally:
            self._process.kill()
            for thread in self._threads:
                thread.join()

    def end(self) -> int:
        """Shut the server down; return its exit code."""
        if self._process.poll() is None:
            self.request("shutdown", None)
            self.notify("exit", None)
        return self._process.wait(PATIENCE)

    @property
    def complaints(self) -> str:
        """What the server wrote on standard error and the errors that it logged."""
        return self._errors.decode() + "".join(self.logged)

    # --- messages ------------------------------------------------------------------------

    def send(self, body: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def notify(self, method: str, params: Json) -> None:
        message = {"jsonrpc": "2.0", "method": method, **({} if params is None else {"params": params})}
        self.send(json.dumps(message).encode())

    def request(self, method: str, params: Json) -> Json:
        self._next += 1
        number = self._next
        message = {"jsonrpc": "2.0", "id": number, "method": method, **({} if params is None else {"params": params})}
        self.send(json.dumps(message).encode())
        while number not in self._answers:
            self._take()
        answer = self._answers.pop(number)
        if "error" in answer:
            raise LspError(answer["error"]["message"])
        return answer["result"]

    def _take(self, patience: float = PATIENCE) -> None:
        message = self._messages.get(timeout=patience)
        if message is None:
            raise AssertionError(f"the server ended: {self.complaints}")
        if "method" in message and "id" in message:  # a request of the server: nothing is configured
            many = len(message["params"].get("items", [])) if message["method"] == "workspace/configuration" else None
            result = None if many is None else [None] * many
            self.send(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode())
        elif "method" not in message:
            self._answers[message["id"]] = message
        elif message["method"] == "textDocument/publishDiagnostics":
            self.published[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message["method"] in ("window/logMessage", "window/showMessage"):
            self.logged.append(message["params"]["message"])

    def _read(self) -> None:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            length = 0
            while line.strip():
                name, _, value = line.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
                line = self._process.stdout.readline()
            self._messages.put(json.loads(self._process.stdout.read(length)))
        self._messages.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self._errors = self._process.stderr.read()

    # --- files ---------------------------------------------------------------------------

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def open(self, name: str, text: str | None = None) -> None:
        text = (self.folder / name).read_text() if text is None else text
        self._opened[name] = 1
        document = {"uri": self.uri(name), "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, name: str, text: str) -> None:
        self._opened[name] += 1
        document = {"uri": self.uri(name), "version": self._opened[name]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def diagnostics(self, name: str, patience: float = PATIENCE) -> list[Json]:
        """Wait for the next diagnostics of a file."""
        self.published.pop(self.uri(name), None)
        end = time.monotonic() + patience
        while self.uri(name) not in self.published:
            self._take(max(0.0, end - time.monotonic()))
        return self.published[self.uri(name)]

    def ask(self, method: str, name: str, line: int = 0, character: int = 0, **more: Json) -> Json:
        """Ask about a place of a file: ``textDocument/METHOD``."""
        params = {
            "textDocument": {"uri": self.uri(name)},
            "position": {"line": line, "character": character},
            **more,
        }
        return self.request(f"textDocument/{method}", params)


METHODS: dict[str, dict[str, Json]] = {
    "hover": {},
    "completion": {},
    "definition": {},
    "references": {"context": {"includeDeclaration": True}},
    "prepareRename": {},
    "documentSymbol": {},
    "semanticTokens/full": {},
    "codeAction": {
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 2**31 - 1, "character": 2**31 - 1}},
        "context": {"diagnostics": []},
    },
}
"""Every request about a place of a file, with what it needs besides the place."""


def interrogate(client: LspClient, name: str) -> None:
    """Ask everything at odd places; an answer may be empty or a refusal, but it must come."""
    for line, character in ((0, 0), (0, 9), (3, 4), (7, 2**31 - 1), (2**31 - 1, 0)):
        for method, more in METHODS.items():
            try:
                client.ask(method, name, line, character, **more)
            except LspError as error:
                assert "name" in str(error) or "word" in str(error), error
