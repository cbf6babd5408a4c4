"""Checks a description as it is in the editor, and keeps the last one that had no errors.

While a text is being typed it is wrong most of the time. Hover and completion then use the last view of the device that
could be built, together with the names in the present text.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from devgen.editor.source_file import SourceFile
from devgen.editor.workspace import Workspace
from devgen.language.boards.board_loading import load_board_file
from devgen.language.boards.known_devices import DeviceFinder, FindDevices, KnownDevice
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.load_result import LoadResult
from devgen.language.loading import load_device_file
from devgen.language.reading.regular_file import unsaved_texts
from devgen.language.reading.source_map import Sources
from devgen.language.view import DeviceView, view_of


@dataclass(slots=True)
class _Checked:
    """The result of a check: of which texts, the findings, and the device. Its view is made when it is needed."""

    files: list[SourceFile]
    diagnostics: list[Diagnostic]
    loaded: LoadResult | None = None
    made: DeviceView | None = None

    @property
    def view(self) -> DeviceView | None:
        """The view of the device; None if it has errors."""
        if self.made is None and self.loaded is not None and self.loaded.device is not None:
            self.made = view_of(self.loaded)
        return self.made


@dataclass(slots=True)
class Checks:
    """The checks of a workspace's files. A file is checked again only when it, or a file that it includes, changed."""

    workspace: Workspace
    find_others: FindDevices | None = None
    """Finds devices that no file of the workspace describes, such as those of installed packages."""
    _checked: dict[Path, _Checked] = field(default_factory=dict)
    _good: dict[Path, _Checked] = field(default_factory=dict)

    def diagnostics(self, file: SourceFile) -> dict[Path, list[Diagnostic]]:
        """Return the findings about a file and the devices that it is part of, by the file in which they are."""
        roots = [file] if file.kind == "board" else self.workspace.devices_of(file)
        found: dict[Path, dict[Diagnostic, None]] = {file.path: {}}
        for root in roots:
            for diagnostic in self._check(root).diagnostics:
                path = Path(os.path.abspath(diagnostic.mark.file))
                found.setdefault(path, {})[diagnostic] = None
        return {path: list(diagnostics) for path, diagnostics in found.items()}

    def view(self, device: SourceFile) -> DeviceView | None:
        """Return the view of a device: of the present text, or else of the last one without errors."""
        self._check(device)
        good = self._good.get(device.path)
        return good.view if good is not None else None

    def forget(self, path: Path) -> None:
        """Check a file again when it is next needed: files that its texts do not name may have changed."""
        self._checked.pop(path, None)

    def _check(self, file: SourceFile) -> _Checked:
        files = self._read_files(file)
        known = self._checked.get(file.path)
        if known is not None and [*map(id, known.files)] == [*map(id, files)]:
            return known
        with unsaved_texts(dict(self.workspace.open_texts)):
            checked = self._check_board(file, files) if file.kind == "board" else _check_device(file, files)
        self._checked[file.path] = checked
        if checked.loaded is not None and checked.loaded.device is not None:
            self._good[file.path] = checked
        return checked

    def loaded(self, device: SourceFile) -> LoadResult | None:
        """Return a device as it is in the editor."""
        return self._check(device).loaded

    def _check_board(self, file: SourceFile, files: list[SourceFile]) -> _Checked:
        others = self.find_others(file.path.parent, (), ()) if self.find_others is not None else None
        return _Checked(files, load_board_file(file.path, _Devices(self, others)).diagnostics)

    def _read_files(self, file: SourceFile) -> list[SourceFile]:
        """Return the files on which the result of a check depends."""
        if file.kind != "board":
            return self.workspace.with_includes(file)
        devices = (self.workspace.device_named(name) for name in placed_devices(file).values())
        known = {device.path: device for device in devices if device is not None}
        return [file, *(part for device in known.values() for part in self.workspace.with_includes(device))]


def placed_devices(board: SourceFile) -> dict[str, str]:
    """Return the devices on a board: the name there, and the name of the device."""
    devices = board.outline.child("devices")
    found = {}
    for node in devices.children if devices is not None else ():
        device = node.child("device")
        found[node.key] = device.value(board.text) if device is not None else ""
    return found


@dataclass(slots=True)
class _Devices:
    """Finds the devices of a board: those of the workspace as they are in the editor, then all others."""

    checks: Checks
    others: DeviceFinder | None

    def find(self, name: str) -> KnownDevice | None:
        file = self.checks.workspace.device_named(name)
        loaded = self.checks.loaded(file) if file is not None else None
        if file is None or loaded is None:
            return self.others.find(name) if self.others is not None else None
        fault = next((diagnostic for diagnostic in loaded.diagnostics if diagnostic.is_error), None)
        return KnownDevice(file.path, loaded.device, fault, loaded.tree or {}, loaded.places or Sources())

    def has(self, name: str) -> bool:
        own = self.checks.workspace.device_named(name) is not None
        return own or (self.others is not None and self.others.has(name))

    def names(self) -> list[str]:
        others = self.others.names() if self.others is not None else []
        return sorted({*self.checks.workspace.device_names(), *others})

    def advice(self, name: str) -> str:
        return self.others.advice(name) if self.others is not None else ""


def _check_device(file: SourceFile, files: list[SourceFile]) -> _Checked:
    result = load_device_file(file.path)
    return _Checked(files, result.diagnostics, result)
