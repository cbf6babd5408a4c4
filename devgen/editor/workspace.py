"""The files of a workspace: what is open and not saved, what lies on the disk, and which file belongs to which.

A device is a description with the files that it includes; a fragment belongs to every device that includes it; a board
belongs to the devices that it places. Files are read through ``guarded_files``, and each is scanned again only when it
has changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from devgen.common.guarded_files import read_file
from devgen.common.yaml_files import SUFFIXES
from devgen.editor.source_file import SourceFile
from devgen.editor.text_lines import Encoding
from devgen.editor.yaml_outline import TEXT_LIMIT
from devgen.project import ProjectError, load_project
from devgen.share import find_share

FILE_LIMIT: Final = 2000
"""Most files of a workspace that are looked at."""

_FOLDER_LIMIT: Final = 5000
_LIST_SECONDS: Final = 3.0
_INCLUDE_DEPTH: Final = 8
_SKIPPED: Final = frozenset(("node_modules", "__pycache__"))


@dataclass(slots=True)
class Workspace:
    """Finds and reads the files that belong together. ``open_texts``: the texts of files that the editor has open."""

    folders: list[Path] = field(default_factory=list)
    open_texts: dict[Path, str] = field(default_factory=dict)
    encoding: Encoding = "utf-16"
    _cache: dict[Path, tuple[object, SourceFile]] = field(default_factory=dict)
    _listed: tuple[float, list[Path]] | None = None

    def file(self, path: Path) -> SourceFile | None:
        """Return a file as it is in the editor, else as it is on the disk; None if it cannot be read."""
        text = self.open_texts.get(path)
        if text is not None:
            return self._scanned(path, (id(text), len(text)), text)
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._cache.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            text = read_file(path, TEXT_LIMIT).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None
        return self._scanned(path, stamp, text)

    def _scanned(self, path: Path, stamp: object, text: str) -> SourceFile:
        known = self._cache.get(path)
        if known is not None and (known[0] == stamp or known[1].text == text):
            self._cache[path] = (stamp, known[1])
            return known[1]
        if len(self._cache) > FILE_LIMIT:
            self._cache.clear()
        found = SourceFile(path, text, self.encoding)
        self._cache[path] = (stamp, found)
        return found

    # --- which files there are -----------------------------------------------------------

    def files(self) -> list[SourceFile]:
        """Return the YAML files of the workspace and all open files."""
        found = (self.file(path) for path in dict.fromkeys((*self.open_texts, *self._paths())))
        return [file for file in found if file is not None and file.kind != "other"]

    def _paths(self) -> list[Path]:
        now = time.monotonic()
        if self._listed is None or now - self._listed[0] > _LIST_SECONDS:
            self._listed = (now, [*_yaml_paths(self._roots()), *self._beside_loose_files()])
        return self._listed[1]

    def _roots(self) -> list[Path]:
        """Return the folders of the workspace, and the projects of open files outside of it."""
        projects = {_project_of(folder) for folder in self._loose_folders()}
        return [*self.folders, *sorted(folder for folder in projects if folder is not None)]

    def _loose_folders(self) -> set[Path]:
        """Return the folders of open files that are outside of the workspace's folders."""
        return {path.parent for path in self.open_texts if not any(map(path.is_relative_to, self.folders))}

    def _beside_loose_files(self) -> Iterator[Path]:
        for folder in sorted(self._loose_folders()):
            yield from (path for suffix in SUFFIXES for path in islice(_glob(folder, f"*{suffix}"), FILE_LIMIT))

    def refresh(self) -> None:
        """List the folders again when they are next needed: files were added or removed."""
        self._listed = None

    # --- which files belong together -----------------------------------------------------

    def included(self, file: SourceFile) -> list[tuple[str, Path]]:
        """Return the files that a file includes, as written and as paths; those that do not exist are left out."""
        pairs = ((name, Path(os.path.normpath(file.path.parent / name))) for name in file.includes if "\0" not in name)
        return [(name, path) for name, path in pairs if path in self.open_texts or os.path.isfile(path)]

    def with_includes(self, file: SourceFile) -> list[SourceFile]:
        """Return a file and all that it includes; the file that takes precedence comes first."""
        found: dict[Path, SourceFile] = {}

        def visit(current: SourceFile, depth: int) -> None:
            if current.path in found or depth > _INCLUDE_DEPTH:
                return
            found[current.path] = current
            for _, path in reversed(self.included(current)):
                following = self.file(path)
                if following is not None:
                    visit(following, depth + 1)

        visit(file, 0)
        return list(found.values())

    def devices_of(self, file: SourceFile) -> list[SourceFile]:
        """Return the descriptions that a file is part of: itself if it is a device, and those that include it."""
        candidates = [other for other in self.files() if other.kind == "device" and other.includes]
        owners = [other for other in candidates if other is not file and self._contains(other, file)]
        return [file, *owners] if file.kind == "device" or not owners else owners

    def _contains(self, device: SourceFile, part: SourceFile) -> bool:
        return any(included.path == part.path for included in self.with_includes(device))

    def device_named(self, name: str) -> SourceFile | None:
        """Return the description of a device, from the workspace or else from the catalogue."""
        own = next((file for file in self.files() if file.kind == "device" and file.name == name), None)
        return own or self._catalogue().get(name)

    def device_names(self) -> list[str]:
        """Return the names of all devices that a board can place."""
        own = {file.name for file in self.files() if file.kind == "device" and file.name}
        return sorted(own | self._catalogue().keys())

    def boards(self) -> list[SourceFile]:
        """Return the boards of the workspace."""
        return [file for file in self.files() if file.kind == "board"]

    def is_own(self, path: Path) -> bool:
        """Return whether a file is open or lies in a folder of the workspace, so that it may be changed."""
        return path in self.open_texts or any(path.is_relative_to(root) for root in self._roots())

    def _catalogue(self) -> Mapping[str, SourceFile]:
        folder = find_share("devices")
        paths = sorted(folder.glob("*.yaml")) if folder is not None else []
        files = (self.file(path) for path in paths)
        return {file.name: file for file in files if file is not None and file.kind == "device"}


def _project_of(folder: Path) -> Path | None:
    try:
        return load_project(folder).root
    except (ProjectError, OSError, ValueError):
        return None


def _glob(folder: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from sorted(folder.glob(pattern))
    except (OSError, ValueError):
        return


def _yaml_paths(roots: Iterable[Path]) -> Iterator[Path]:
    """Yield the YAML files below folders, of a bounded number of folders. Hidden ones are left out."""
    folders = files = 0
    for root in roots:
        for folder, below, names in os.walk(root):
            below[:] = sorted(name for name in below if not name.startswith(".") and name not in _SKIPPED)
            folders += 1
            if folders > _FOLDER_LIMIT:
                return
            for name in sorted(names):
                if name.endswith(SUFFIXES) and not name.startswith("."):
                    files += 1
                    if files > FILE_LIMIT:
                        return
                    yield Path(folder, name)
