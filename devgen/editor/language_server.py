"""The language server: binds the editor's functions to the language server protocol, with pygls.

Requests are answered at once, on the thread that reads them. Diagnostics are computed on a second thread: changes that
arrive meanwhile are checked together when it has finished, so that the answers never fall behind the typing.

The server asks for whole texts, not for changes of them: positions then only have to be understood in questions, and
a wrong position cannot spoil a text. A handler that fails is a mistake of this package: it answers nothing and says so
in one line of the client's log.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from devgen import __version__
from devgen.editor.client_messages import BoundedInput, ClientProtocol
from devgen.editor.colours import TYPES
from devgen.editor.editor import Editor
from devgen.editor.protocol_types import Converter
from devgen.editor.rename import RenameRefused
from devgen.editor.source_file import SourceFile
from devgen.editor.text_lines import Encoding
from devgen.language.boards.known_devices import FindDevices

PAUSE: Final = 0.01
"""Seconds from a change to its check: changes that arrive together are checked together."""

_ENCODINGS: Final[dict[str, Encoding]] = {"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"}
_TRIGGERS: Final = [".", ":", " ", "[", "("]
_LEGEND: Final = types.SemanticTokensLegend(token_types=list(TYPES), token_modifiers=[])

_SURROGATES: Final = re.compile("[\ud800-\udfff]")

Answer = TypeVar("Answer")


class DescriptionServer(LanguageServer):
    """The server's state: the editor, the names of open files as the client writes them, and what was published."""

    def __init__(self, find_devices: FindDevices | None = None) -> None:
        """Make a server without open files."""
        kind = types.TextDocumentSyncKind.Full
        super().__init__("devgen", __version__, text_document_sync_kind=kind, protocol_cls=ClientProtocol)
        self.find_devices = find_devices
        self.editor = Editor(find_devices=find_devices)
        self.converter = Converter(self.editor.file, self.uri_of)
        self.uris: dict[Path, str] = {}
        self.published: dict[Path, list[types.Diagnostic]] = {}
        self.changed = False
        self.checking: asyncio.Task[None] | None = None

    def uri_of(self, path: Path) -> str:
        """Return the URI of a file, as the client wrote it if it has the file open."""
        return self.uris.get(path) or from_fs_path(str(path)) or ""

    def start(self, folders: list[Path], encoding: Encoding) -> None:
        """Begin with the folders and the encoding that the client and the server have agreed on."""
        self.editor = Editor(folders, encoding, self.find_devices)
        self.converter = Converter(self.editor.file, self.uri_of)

    # --- diagnostics ---------------------------------------------------------------------

    def check_soon(self) -> None:
        """Check what has changed, shortly."""
        self.changed = True
        if self.checking is None or self.checking.done():
            self.checking = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        while self.changed:
            await asyncio.sleep(PAUSE)
            self.changed = False
            found = await asyncio.to_thread(partial(self.guarded, "diagnostics", self._found))
            if found is not None:
                self._publish(found)

    def _found(self) -> dict[Path, list[types.Diagnostic]]:
        found = {}
        for path, diagnostics in self.editor.diagnostics().items():
            file = self.editor.file(path)
            if file is not None:
                found[path] = [self.converter.diagnostic(file, diagnostic) for diagnostic in diagnostics]
        return found

    def _publish(self, found: dict[Path, list[types.Diagnostic]]) -> None:
        """Send what is new, and an empty list for files that have no findings any more."""
        for path in dict.fromkeys((*found, *self.published)):
            diagnostics = found.get(path, [])
            if path not in self.published or self.published[path] != diagnostics:
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(self.uri_of(path), diagnostics))
        self.published = found

    # --- requests ------------------------------------------------------------------------

    def guarded(self, what: str, answer: Callable[[], Answer]) -> Answer | None:
        """Return an answer, or None and a line in the client's log if computing it failed."""
        try:
            return answer()
        except (RenameRefused, JsonRpcInvalidParams):
            raise
        except Exception as error:
            text = f"devgen: {what} failed: {type(error).__name__}: {error}"
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, text))
            return None

    def at(self, params: Any) -> tuple[SourceFile, int] | None:
        """Return the file and the character index that a request is about; None if the file cannot be read."""
        file = self.editor.file(path_of(params.text_document.uri))
        return None if file is None else (file, self.converter.offset(file, params.position))


def path_of(uri: str) -> Path:
    """Return the path of a URI. A text that is no file gets a path that no file has."""
    try:
        path = to_fs_path(uri)
    except ValueError:
        path = None
    if path is None or not path.startswith("/") or "\0" in path:
        return Path("/dev/null", hashlib.sha256(uri.encode("utf-8", "replace")).hexdigest())  # below no folder
    return Path(path.rstrip("/") or "/")


def make_server(find_devices: FindDevices | None = None) -> DescriptionServer:
    """Return a server that is ready to be started. ``find_devices``: see ``Editor``."""
    server = DescriptionServer(find_devices)
    _bind_documents(server)
    _bind_places(server)
    _bind_files(server)
    _bind_changes(server)
    return server


def serve(find_devices: FindDevices | None = None) -> None:
    """Serve one client on standard input and output, until it says ``exit`` or closes them.

    Raises:
        FileError: the client announces a message that is too large.
    """
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # the protocol reports errors to the client
    make_server(find_devices).start_io(stdin=cast(BinaryIO, BoundedInput(sys.stdin.buffer)))


def _bind_documents(server: DescriptionServer) -> None:
    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        folders = [path_of(folder.uri) for folder in server.workspace.folders.values()]
        root = server.workspace.root_uri
        if not folders and root:
            folders = [path_of(root)]
        encoding = _ENCODINGS.get(str(server.workspace.position_encoding or "utf-16"), "utf-16")
        before = server.editor.workspace.open_texts
        server.start(folders, encoding)
        server.editor.workspace.open_texts.update(before)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        _take(server, params.text_document.uri, params.text_document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        if params.content_changes:
            _take(server, params.text_document.uri, params.content_changes[-1].text)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.editor.saved(path_of(params.text_document.uri))
        server.check_soon()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.editor.close(path_of(params.text_document.uri))
        server.check_soon()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            server.editor.saved(path_of(change.uri))
        server.check_soon()


def _take(server: DescriptionServer, uri: str, text: str) -> None:
    path = path_of(uri)
    server.uris[path] = uri
    server.editor.open(path, _SURROGATES.sub("\ufffd", text))  # JSON can escape what is no character
    server.check_soon()


def _bind_places(server: DescriptionServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        def answer() -> types.Hover | None:
            place = server.at(params)
            found = server.editor.hover(*place) if place is not None else None
            if place is None or found is None:
                return None
            content = types.MarkupContent(types.MarkupKind.Markdown, found.text)
            return types.Hover(content, server.converter.range(place[0], found.span.start, found.span.end))

        return server.guarded("hover", answer)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS))
    def completion(params: types.CompletionParams) -> list[types.CompletionItem] | None:
        def answer() -> list[types.CompletionItem]:
            place = server.at(params)
            items = server.editor.complete(*place) if place is not None else []
            return [server.converter.item(place[0], item, number) for number, item in enumerate(items) if place]

        return server.guarded("completion", answer)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        def answer() -> list[types.Location]:
            place = server.at(params)
            return server.converter.locations(server.editor.definitions(*place) if place is not None else [])

        return server.guarded("definition", answer)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location] | None:
        def answer() -> list[types.Location]:
            place = server.at(params)
            declared = params.context.include_declaration
            return server.converter.locations(server.editor.references(*place, declared) if place is not None else [])

        return server.guarded("references", answer)


def _bind_files(server: DescriptionServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
        def answer() -> list[types.DocumentSymbol]:
            file = server.editor.file(path_of(params.text_document.uri))
            found = server.editor.symbols(file) if file is not None else []
            return [server.converter.symbol(file, symbol) for symbol in found if file is not None]

        return server.guarded("the outline", answer)

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, _LEGEND)
    def tokens(params: types.SemanticTokensParams) -> types.SemanticTokens | None:
        def answer() -> types.SemanticTokens | None:
            file = server.editor.file(path_of(params.text_document.uri))
            return None if file is None else server.converter.tokens(file, server.editor.colours(file))

        return server.guarded("semantic tokens", answer)


def _bind_changes(server: DescriptionServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        def answer() -> types.PrepareRenamePlaceholder | None:
            place = server.at(params)
            if place is None:
                return None
            span, name = server.editor.renamable(*place)
            return types.PrepareRenamePlaceholder(server.converter.range(place[0], span.start, span.end), name)

        return _or_refused(lambda: server.guarded("rename", answer))

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        def answer() -> types.WorkspaceEdit | None:
            place = server.at(params)
            edits = server.editor.rename(*place, params.new_name) if place is not None else []
            return server.converter.workspace_edit(edits)

        return _or_refused(lambda: server.guarded("rename", answer))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        def answer() -> list[types.CodeAction]:
            file = server.editor.file(path_of(params.text_document.uri))
            if file is None:
                return []
            start, end = (server.converter.offset(file, at) for at in (params.range.start, params.range.end))
            return [server.converter.action(file, action) for action in server.editor.code_actions(file, start, end)]

        return server.guarded("code actions", answer)


def _or_refused(answer: Callable[[], Answer]) -> Answer:
    """Turn a refused renaming into an error of the protocol, whose message the editor shows."""
    try:
        return answer()
    except RenameRefused as error:
        raise JsonRpcInvalidParams(str(error)) from None
