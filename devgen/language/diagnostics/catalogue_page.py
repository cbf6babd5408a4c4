"""The catalogue as a page: ``python -m devgen.language.diagnostics.catalogue_page > docs/diagnostics.md``."""

from __future__ import annotations

from importlib import import_module

from devgen.language.diagnostics import MODULES, catalogue
from devgen.language.diagnostics.diagnostic import Kind

_HEAD = """# Diagnostics

What `devgen check` and `devgen build` say about a description, by code. A code never changes its meaning. Text output
gives `file:line:column: severity[code]: message`, the line with a caret, the nearest name where one was misspelled, and
what is allowed; `--format json` gives the same as data.

`python -m devgen.language.diagnostics.catalogue_page` prints this page; a test compares the two.
"""


def markdown() -> str:
    """Return the page: every kind of diagnostic with its explanation, example and cure."""
    known = catalogue()
    parts = [_HEAD]
    for name in MODULES:
        module = import_module(f"devgen.language.diagnostics.{name}")
        own = {id(value) for value in vars(module).values() if isinstance(value, Kind)}
        title = (module.__doc__ or "").split("\n")[0].removeprefix("Diagnostics of ").rstrip(".")
        parts.append(f"## {title[:1].upper()}{title[1:]}\n")
        parts += [_entry(kind) for kind in known if id(kind) in own]
    return "\n".join(parts)


def _entry(kind: Kind) -> str:
    example = f"\n```text\n{kind.example}\n```\n" if kind.example else ""
    return f"### {kind.code} ({kind.severity})\n\n`{kind.message}`\n\n{kind.about}\n{example}\n{kind.fix}\n"


if __name__ == "__main__":
    print(markdown(), end="")
