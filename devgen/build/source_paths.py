"""Paths of descriptions: the files that a build reads, and their form in headers and messages."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devgen.build.build_report import BuildError
from devgen.common.guarded_files import read_start
from devgen.common.yaml_files import YamlFiles

if TYPE_CHECKING:
    from devgen.language.diagnostics.diagnostic import Diagnostic

_BOARD: Final = re.compile(rb"""^["']?board["']?[ \t]*:""", re.MULTILINE)
_SEARCHED: Final = 1 << 20
"""Bytes at the start of a file in which the key of a board is looked for."""

_COMMENT_ENDS: Final = "%*<>\\"
"""Characters that could end a comment, or a line, in the languages of targets."""


def named_sources(paths: Sequence[Path], boards: bool) -> YamlFiles:
    """Return the files in the paths; folders are searched recursively.

    Raises BuildError for a path that does not exist, or, without ``boards``, for a board's file. ``boards``: the target
    makes files for boards; otherwise those in folders are passed over.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise BuildError(f"{path}: no such file or folder")
        if not boards and not path.is_dir() and _is_board(path):
            raise BuildError(
                f"{path}: a board is run, not built: build the devices that it places, then `devgen run` it"
            )
    return YamlFiles(paths)


def _is_board(path: Path) -> bool:
    """Whether a file is a board. A file without the key at the start of a line is told apart without parsing it."""
    try:
        if _BOARD.search(read_start(path, _SEARCHED)) is None:
            return False
    except OSError:
        return False  # reported when the file is read
    from devgen.language.reading.description_files import is_board

    return is_board(path)


def refused_sources(sources: YamlFiles) -> list[Diagnostic]:
    """Return an error for each link that leads out of the folder that it is in."""
    if not sources.outside:
        return []
    from devgen.language.reading.description_files import refused_links

    return refused_links(sources)


def quoted_path(path: str) -> str:
    """Return a path for a one-line comment: characters that are unprintable or could end a comment become ``%XX``."""
    return "".join(char if char.isprintable() and char not in _COMMENT_ENDS else _escaped(char) for char in path)


def unquoted_path(text: str) -> str:
    """Return the path from the result of ``quoted_path``."""
    data = re.sub(rb"%([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), os.fsencode(text))
    return os.fsdecode(data)


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in os.fsencode(char))
