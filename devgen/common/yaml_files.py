"""Finds the YAML files in paths: files, and folders searched recursively.

``check``, ``build``, ``list`` and the API use this module. It imports no model, so that a build without changes does
not load it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIXES = (".yaml", ".yml")
"""The suffixes of descriptions."""


class YamlFiles:
    """The files in ``paths``, in order and each once: those to read, and those that are refused.

    In a folder a symbolic link that leads out of it is refused: a diagnostic quotes the lines of a file, and the author
    of a description must not choose which files of this machine are quoted. A link that is given as a path is followed.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        found: dict[Path, None] = {}
        self.outside: list[Path] = []
        for path in paths:
            if not path.is_dir():
                found[path] = None
                continue
            root = os.path.realpath(path)
            for file in yaml_files_below(path):
                if file.is_symlink() and not _is_below(os.path.realpath(file), root):
                    self.outside.append(file)
                else:
                    found[file] = None
        self.files = list(found)


def yaml_files_below(folder: Path) -> Iterator[Path]:
    """Yield the files ``*.yaml`` and ``*.yml`` below a folder, sorted within each folder.

    Hidden files and folders (``.git``, ``.venv``, an editor's lock files) are omitted, and symbolic links to folders
    are not followed. A FIFO or a device with such a name is yielded, and reading it reports its kind.
    """
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in sorted(names) if name.endswith(SUFFIXES) and not name.startswith("."))


def _is_below(path: str, root: str) -> bool:
    return os.path.commonpath((path, root)) == root
