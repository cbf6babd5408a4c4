"""``devgen lsp``: the language server that editors start."""

from __future__ import annotations

import sys

import click

from devgen import serve_editor


@click.command(
    "lsp",
    epilog="""\b
An editor starts this command. docs/editors.md has the settings for VS Code, Neovim, Helix and Emacs.

\b
Examples:
  vim.lsp.config('devgen', {cmd = {'devgen', 'lsp'}, filetypes = {'yaml'}})   in init.lua of Neovim 0.11
  vim.lsp.enable('devgen')""",
)
@click.option("--stdio", is_flag=True, help="Use standard input and output, as without this option.")
def command(stdio: bool) -> int:
    """Serve an editor: diagnostics, hover, completion, definitions, renaming.

    It speaks the language server protocol on standard input and output and needs the package pygls (`pip install
    'devgen[lsp]'`).
    """
    if sys.stdin.isatty() and not stdio:
        raise click.UsageError("editors start this command; it does nothing on a terminal")
    serve_editor()
    return 0
