"""Finds the descriptions of the devices that a board places, by the devices' names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from devgen.common.yaml_files import YamlFiles
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Related, Span
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.diagnostics.text_form import visible
from devgen.language.load_result import LoadResult
from devgen.language.model import Device, Mark
from devgen.language.reading.regular_file import read_text
from devgen.language.reading.source_map import Sources
from devgen.project import Project, ProjectError, project_at, searched_folders
from devgen.share import find_share

_NAME = re.compile(r"""^(?:device|'device'|"device")[ \t]*:[ \t]*["']?([A-Za-z][A-Za-z0-9_-]*)""", re.MULTILINE)
"""The line of a description with the device's name. A mapping in braces is not found: no description is written so."""


@dataclass(slots=True, frozen=True)
class KnownDevice:
    """A described device. ``device`` is None if the description has errors, of which ``fault`` is the first."""

    path: Path
    device: Device | None
    fault: Diagnostic | None
    tree: Mapping[str, Any]
    places: Sources

    def related(self, message: str, *keys: str) -> Related:
        """Return the description as a second place: at the deepest of the nested ``keys`` that it has."""
        node: Any = self.tree
        mark, length = self._start()
        for key in keys:
            if not isinstance(node, dict) or key not in node:
                break
            mark, length = self.places.key_mark(node, key), len(key)
            node = node[key]
        return Related(Span(mark, length), message, visible(self.places.line(mark.file, mark.line)))

    def _start(self) -> tuple[Mark, int]:
        if isinstance(self.tree, dict) and "device" in self.tree:
            return self.places.key_mark(self.tree, "device"), len("device")
        return Mark(str(self.path), 1, 1), 1


class DeviceFinder(Protocol):
    """Where the checks of a board look up devices."""

    def find(self, name: str) -> KnownDevice | None:
        """Return the described device of that name, or None if there is no description."""
        ...

    def has(self, name: str) -> bool:
        """Whether a board can use a device of that name, though it may have no description."""
        ...

    def names(self) -> list[str]:
        """Return the names of all devices, for suggestions."""
        ...

    def advice(self, name: str) -> str:
        """Return what to do about an unknown device, or an empty string."""
        ...


FindDevices = Callable[[Path, tuple[Path, ...], tuple[Path, ...]], DeviceFinder]
"""Makes the finder for the boards of a folder, with folders of includes and files whose descriptions come first."""


@dataclass(slots=True)
class DescribedDevices:
    """The devices that the YAML files in ``paths`` describe, files or folders; the first description of a name counts.

    Files are read when a device is first looked up, and a description is loaded when its device is.
    """

    paths: Sequence[Path]
    include_dirs: tuple[Path, ...] = ()
    _files: dict[str, Path] | None = None
    _loaded: dict[str, KnownDevice] = field(default_factory=dict)

    def find(self, name: str) -> KnownDevice | None:
        """Return the described device of that name, or None."""
        path = self._index().get(name)
        if path is None:
            return None
        if name not in self._loaded:
            self._loaded[name] = _load(path, self.include_dirs)
        return self._loaded[name]

    def has(self, name: str) -> bool:
        """Whether a file describes a device of that name."""
        return name in self._index()

    def names(self) -> list[str]:
        """Return the names of the described devices, sorted."""
        return sorted(self._index())

    def advice(self, name: str) -> str:
        """Return an empty string: there is no further advice."""
        return ""

    def _index(self) -> dict[str, Path]:
        if self._files is None:
            self._files = {}
            for path in YamlFiles(path for path in self.paths if path.exists()).files:
                name = _described_name(path)
                if name:
                    self._files.setdefault(name, path)
        return self._files


def _described_name(path: Path) -> str:
    """Return the name of the device that a file describes, or an empty string."""
    match = _NAME.search(read_text(path, Mark(str(path), 1, 1), Diagnostics()) or "")
    return match[1] if match else ""


def _load(path: Path, include_dirs: tuple[Path, ...]) -> KnownDevice:
    from devgen.language.loading import load_device_file

    loaded: LoadResult = load_device_file(path, include_dirs)
    fault = next((diagnostic for diagnostic in loaded.diagnostics if diagnostic.is_error), None)
    return KnownDevice(path, loaded.device, fault, loaded.tree or {}, loaded.places or Sources())


def described_for(folder: Path, include_dirs: tuple[Path, ...] = (), first: Iterable[Path] = ()) -> DescribedDevices:
    """Return the described devices that a board in ``folder`` may use, those that take precedence first.

    These are ``first``, the project at or above the working folder, that at or above the board, and devgen's catalogue.
    """
    catalogue = find_share("devices")
    projects = [project for start in (Path(), folder) if (project := nearest_project(start)) is not None]
    folders = [folder for project in projects for folder in project.devices]
    return DescribedDevices([*first, *folders, *([catalogue] if catalogue else [])], include_dirs)


def nearest_project(start: Path) -> Project | None:
    """Return the project at or above a folder; None if there is none, or its settings are wrong."""
    try:
        return next((project for folder in searched_folders(start) if (project := project_at(folder))), None)
    except ProjectError:
        return None
