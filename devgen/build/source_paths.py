"""Paths of descriptions: which files a build reads, and how headers and messages name them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devgen.build.build_report import BuildError
from devgen.common.yaml_files import YamlFiles

if TYPE_CHECKING:
    from devgen.language.diagnostics.diagnostic import Diagnostic

_COMMENT_ENDS: Final = "%*<>\\"
"""Characters that could end a comment, or a line, in the languages of targets."""


def named_sources(paths: Sequence[Path]) -> YamlFiles:
    """Return the files that paths name; folders are searched to the bottom.

    Raises:
        BuildError: a path is not there.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise BuildError(f"{path}: no such file or folder")
    return YamlFiles(paths)


def refused_sources(sources: YamlFiles) -> list[Diagnostic]:
    """Return an error for each link that leads out of the folder that it is in."""
    if not sources.outside:
        return []
    from devgen.language.reading.description_files import refused_links

    return refused_links(sources)


def quoted_path(path: str) -> str:
    """A path for a comment of one line: what is not printable, and what could end a comment, as ``%XX`` bytes."""
    return "".join(char if char.isprintable() and char not in _COMMENT_ENDS else _escaped(char) for char in path)


def unquoted_path(text: str) -> str:
    """The path that ``quoted_path`` was given."""
    data = re.sub(rb"%([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), os.fsencode(text))
    return os.fsdecode(data)


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in os.fsencode(char))
