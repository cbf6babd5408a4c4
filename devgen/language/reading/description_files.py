"""Tells boards from devices, and refuses symbolic links that leave a folder."""

from __future__ import annotations

import re
from pathlib import Path

from devgen.common.yaml_files import YamlFiles
from devgen.language.diagnostics import codes_files as kinds
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark
from devgen.language.reading.regular_file import read_text
from devgen.language.reading.source_map import Sources
from devgen.language.reading.yaml_tree import load_tree


def refused_links(found: YamlFiles) -> list[Diagnostic]:
    """Return an error for each symbolic link that leads out of the folder in which it was found."""
    return [kinds.LINK_OUTSIDE(Mark(str(path), 1, 1), path=path) for path in found.outside]


_BOARD_KEYS = frozenset(("board", "machine", "guest"))
"""Top-level keys of boards, which descriptions of devices do not have."""
_KEY_OF_BOARD = re.compile(r"\b(?:board|machine|guest)['\"]?\s*:")
"""What a board's text has: most descriptions of devices are told apart by it without reading them as YAML."""


def is_board(path: Path) -> bool:
    """Return whether a file is a board: it has a top-level key that only boards have, and neither of a device's.

    A device's keys are ``device`` and ``fragment``. A file that cannot be read, or is not YAML, is no board.
    """
    sink, sources = Diagnostics(), Sources()
    text = read_text(path, Mark(str(path), 1, 1), sink)
    if text is None or _KEY_OF_BOARD.search(text) is None:
        return False
    tree = load_tree(sources.add(str(path), text), sources, sink)
    return tree is not None and bool(_BOARD_KEYS & tree.keys()) and not {"device", "fragment"} & tree.keys()
