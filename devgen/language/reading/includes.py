"""``include:``: merges files into one tree, in which each key keeps its place.

Mappings are merged key by key and the including file takes precedence; other values are replaced. The keys ``device``,
``fragment`` and ``include`` of an included file are not merged. A description may include relative paths to ``.yaml``
or ``.yml`` files only. The file, links resolved, must lie below the folder of the outermost file or below a folder that
the user named: an untrusted description must not make devgen read or quote another file.
"""

from __future__ import annotations

import os
from dataclasses import field
from pathlib import Path
from typing import Any

from devgen.common.near_names import nearest_names
from devgen.common.quick_dataclass import dataclass
from devgen.common.yaml_files import SUFFIXES
from devgen.language.diagnostics import codes_files as kinds
from devgen.language.diagnostics.reporting import Diagnostics, offered
from devgen.language.model import Mark
from devgen.language.reading.foreign_files import is_foreign
from devgen.language.reading.merged_trees import merge, without
from devgen.language.reading.regular_file import SIZE_LIMIT, read_text
from devgen.language.reading.source_map import Sources
from devgen.language.reading.yaml_tree import load_tree

Tree = dict[str, Any]

DEPTH_LIMIT = 8
FILE_LIMIT = 64
_OWN_KEYS = ("device", "fragment", "include")


@dataclass(slots=True)
class Includer:
    """Loads a description with the files that it includes."""

    sources: Sources
    sink: Diagnostics
    include_dirs: tuple[Path, ...] = ()
    paths: list[Path] = field(default_factory=list)
    _roots: tuple[Path, ...] = ()
    _merged: dict[Path, Tree | None] = field(default_factory=dict)
    _open: list[Path] = field(default_factory=list)
    _size: int = 0

    def load(self, path: Path) -> Tree | None:
        """Return the merged tree of the file at ``path``, with its own ``fragment`` or ``device`` key.

        None if it cannot be read, or is no description; that is reported.
        """
        try:
            self._roots = tuple(folder.resolve() for folder in (path.parent, *self.include_dirs))
            real = path.resolve()
        except (OSError, ValueError, RuntimeError):  # a NUL character or a loop of links
            real = path
        return self._load(path, real, Mark(str(path), 1, 1))

    def _load(self, path: Path, real: Path, mark: Mark) -> Tree | None:
        text = read_text(path, mark, self.sink)
        if text is None:
            return None
        self._size += len(text)
        if self._size > SIZE_LIMIT:
            self.sink.add(kinds.INCLUDE_LIMIT, mark, limit=SIZE_LIMIT >> 20, what="MiB in all files together")
            return None
        self.paths.append(path)
        tree = load_tree(self.sources.add(str(path), text), self.sources, self.sink)
        if tree is None:
            return None
        self.sources.keep.append(tree)
        if not self._open and is_foreign(tree, self.sources, self.sink):
            return None
        self._open.append(real)
        merged = self._with_includes(tree, path)
        self._open.pop()
        return merged

    def _with_includes(self, tree: Tree, path: Path) -> Tree:
        names = tree.get("include")
        if not isinstance(names, list):
            return tree
        base: Tree | None = None
        for index, name in enumerate(names):
            found = self._included(name, path, self.sources.value_mark(names, index)) if isinstance(name, str) else None
            if found is not None:
                base = found if base is None else merge(self.sources, base, found)
        return tree if base is None else merge(self.sources, self._without_own_keys(base), tree)

    def _included(self, name: str, path: Path, mark: Mark) -> Tree | None:
        if len(self._open) > DEPTH_LIMIT:
            self.sink.add(kinds.INCLUDE_LIMIT, mark, limit=DEPTH_LIMIT, what="includes inside each other")
            return None
        reason = _refusal(name)
        if reason:
            self.sink.add(kinds.INCLUDE_REFUSED, mark, path=name, reason=reason)
            return None
        found = next((folder / name for folder in (path.parent, *self.include_dirs) if _exists(folder / name)), None)
        if found is None:
            self.sink.add(kinds.INCLUDE_NOT_FOUND, mark, length=len(name), path=name, hint=_near(name, path.parent))
            return None
        return self._included_file(found, name, mark)

    def _included_file(self, found: Path, name: str, mark: Mark) -> Tree | None:
        real = Path(os.path.realpath(found))
        if not any(real.is_relative_to(root) for root in self._roots) or real.suffix not in SUFFIXES:
            self.sink.add(kinds.INCLUDE_REFUSED, mark, path=name, reason="it lies outside the description's folder")
            return None
        if real in self._open:
            circle = [file.name for file in self._open[self._open.index(real) :]]
            self.sink.add(kinds.INCLUDE_CYCLE, mark, length=len(name), path=" -> ".join([*circle, real.name]))
            return None
        if real not in self._merged:
            if len(self._merged) >= FILE_LIMIT:
                self.sink.add(kinds.INCLUDE_LIMIT, mark, limit=FILE_LIMIT, what="included files")
                return None
            self._merged[real] = self._load(found, real, mark)
        return self._merged[real]

    def _without_own_keys(self, tree: Tree) -> Tree:
        return without(self.sources, tree, *_OWN_KEYS)


def _refusal(name: str) -> str:
    path = Path(name)
    if path.is_absolute():
        return "it is not a relative path"
    if path.suffix not in SUFFIXES:
        return "it is not a .yaml or .yml file"
    return "" if name.isprintable() else "its name has control characters"


def _exists(path: Path) -> bool:
    """Whether the file exists; False for a name that is too long for the file system, or a loop of links."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _near(name: str, folder: Path) -> str:
    """Return what to do about a file that does not exist."""
    if os.path.islink(folder / name):
        return "it is a symbolic link to a file that does not exist"
    try:
        files = [entry for entry in folder.iterdir() if entry.suffix in SUFFIXES]
    except OSError:
        return ""
    stems = nearest_names(Path(name).stem, [entry.stem for entry in files])  # all have the same ending
    return offered([entry.name for stem in stems for entry in files if entry.stem == stem])
