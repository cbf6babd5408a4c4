"""Refuses a YAML file that is neither a description nor a board, and one that claims to be both, with one error."""

from __future__ import annotations

from typing import Any, Final

from devgen.common.near_names import nearest
from devgen.language.diagnostics import codes_files as kinds
from devgen.language.diagnostics.codes_keys import CONTRADICTION
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading.source_map import Sources

_NAMING: Final = ("device", "fragment", "board")
"""Keys that name what a file describes."""
_TELLING: Final = frozenset((*_NAMING, "bus", "regions", "bars", "machine", "guest", "devices"))
"""Top-level keys that other YAML files seldom have: of a file with one, what is missing is reported."""


def is_foreign(tree: dict[str, Any], sources: Sources, sink: Diagnostics) -> bool:
    """Whether a file has no key of a description or a board, or names both; that is reported."""
    other = next((key for key in ("device", "fragment") if key in tree), None)
    if "board" in tree and other is not None:
        reason = f"a file describes either a {other} or a board"
        mark = sources.key_mark(tree, "board")
        sink.add(CONTRADICTION, mark, length=len("board"), key="board", other=other, reason=reason)
        return True
    if not tree or _TELLING & tree.keys() or any(nearest(str(key), _NAMING) for key in tree):
        return False
    sink.add(kinds.FOREIGN, sources.node_mark(tree), first=next(iter(tree)))
    return True
