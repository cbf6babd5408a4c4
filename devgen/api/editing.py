"""Starts the language server for editors."""

from __future__ import annotations


def serve_editor() -> None:
    """Speak the language server protocol with one editor on standard input and output, until it ends the session.

    Raises:
        MissingPackageError: pygls is not installed.
    """
    try:
        import pygls.lsp.server  # noqa: F401  # only to see whether it is there
    except ImportError:
        from devgen.api.observing import MissingPackageError

        raise MissingPackageError(
            "the language server needs the package pygls, 2.0 or newer: pip install 'devgen[lsp]'"
        ) from None
    from devgen.api.descriptions import lookup_of_boards
    from devgen.editor.language_server import serve

    serve(lookup_of_boards)
