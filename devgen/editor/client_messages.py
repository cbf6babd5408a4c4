"""How messages of a client arrive: within bounds, and each request is answered, also one that is malformed."""

from __future__ import annotations

import io
from collections.abc import Generator
from typing import Any, BinaryIO, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidRequest
from pygls.protocol import LanguageServerProtocol, lsp_method

from devgen.errors import FileError

MESSAGE_LIMIT: Final = 64 << 20
"""Most bytes of a message; a description has at most 16 MiB, and JSON may escape each character."""

HEADER_LIMIT: Final = 8192
"""Most bytes of a header's line."""

_Calls = Generator[Any, Any, None]


class BoundedInput(io.RawIOBase):
    """An input from which a client cannot make the server read more than one bounded message."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        """Return True."""
        return True

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return a line of a header, or a part of it if it is long."""
        return self._source.readline(HEADER_LIMIT)

    def read(self, size: int = -1, /) -> bytes:
        """Return a message of ``size`` bytes. Raises FileError if it is too large."""
        if not 0 <= size <= MESSAGE_LIMIT:
            raise FileError(f"standard input: a message of {size} bytes is announced; the most are {MESSAGE_LIMIT}")
        return self._source.read(size)


class ClientProtocol(LanguageServerProtocol):
    """Answers a malformed request with an error, where pygls only shows a message and leaves the client waiting.

    It leaves open documents to the editor: pygls would keep their texts, too, and fail on URIs that are none.
    """

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Return a message of the protocol; pygls calls this for each mapping in a message, the inner ones first."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(data.get("id"), int | str):
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        """Handle a message. Raises JsonRpcInvalidRequest if it is none, as a number or a list."""
        if not hasattr(message, "jsonrpc"):
            raise JsonRpcInvalidRequest
        super().handle_message(message)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> _Calls:
        """Call the handler only."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> _Calls:
        """Call the handler only."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> _Calls:
        """Call the handler only."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None
