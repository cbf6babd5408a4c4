"""The devices and boards that are available by name: from the project, from installed packages, and from devgen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devgen.common.guarded_files import read_start
from devgen.common.yaml_files import YamlFiles
from devgen.errors import FileError
from devgen.language.statistics import Statistics
from devgen.project import ProjectNotFound, load_project
from devgen.runtime.base.faults import suggest
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.project_devices import project_registry
from devgen.share import find_share

if TYPE_CHECKING:
    from devgen.language import LoadResult

AnyPath = str | PathLike[str]

_BOARD: Final = re.compile(rb"^board:[ \t]*([A-Za-z][A-Za-z0-9_-]*)", re.MULTILINE)
_SEARCHED: Final = 1 << 16
"""Bytes at the start of a file in which the name of a board is looked for."""


@dataclass(slots=True, frozen=True)
class DeviceEntry:
    """A device that boards and tests can use: its name, its bus, its title, and its origin."""

    name: str
    bus: str
    title: str
    source: str


def list_devices(start: AnyPath | None = None, *, registry: Registry | None = None) -> list[DeviceEntry]:
    """Return the devices of the project at or above ``start`` (default: the current folder), sorted by name.

    If ``registry`` is given, return its devices instead.

    Raises:
        RegistryError: the project's generated/ folder, or an installed package's entry, cannot be used.
    """
    known = registry or project_registry(None if start is None else Path(start))
    return [DeviceEntry(name, *known.describe(name)) for name in known.names()]


def measure_devices(start: AnyPath | None = None) -> dict[str, Statistics]:
    """Return device name → sizes of its description, for descriptions in devices/ of the project and of devgen.

    The project's descriptions take precedence. Files with errors are omitted.
    """
    from devgen.language.statistics import measure

    found: dict[str, Statistics] = {}
    for loaded in _described((*_described_in(start), find_share("devices"))):
        sizes = measure(loaded)
        if sizes is not None and loaded.device is not None:
            found.setdefault(loaded.device.name, sizes)
    return found


@dataclass(slots=True, frozen=True)
class TodoEntry:
    """An external part of a device without behaviour: where it is described, and what it is.

    ``kind`` is "register", "interrupt" or "output". ``name`` is a register's path (``CHANNEL.RING``) or a line's name.
    """

    device: str
    kind: str
    name: str
    title: str
    file: Path
    line: int


def list_todo(start: AnyPath | None = None) -> list[TodoEntry]:
    """Return what is described as ``external`` and has no behaviour yet, in the project at or above ``start``.

    Files with errors are omitted. Without a project the list is that of the descriptions that come with devgen.
    """
    return [
        TodoEntry(loaded.device.name, part.kind, part.name, part.title, Path(part.mark.file), part.mark.line)
        for loaded in _described(_described_in(start) or (find_share("devices"),))
        if loaded.ok and loaded.device is not None
        for part in loaded.device.todo
    ]


def _described(folders: Iterable[Path | None]) -> Iterator[LoadResult]:
    """Yield what the description files in folders contain; boards are omitted."""
    from devgen.language import load_device
    from devgen.language.reading.description_files import is_board

    for folder in folders:
        if folder is not None and folder.is_dir():
            yield from (load_device(path) for path in YamlFiles([folder]).files if not is_board(path))


def _described_in(start: AnyPath | None) -> tuple[Path, ...]:
    """Return the folders of descriptions of the project at or above ``start``, or an empty tuple without a project."""
    try:
        return load_project(None if start is None else Path(start)).devices
    except ProjectNotFound:
        return ()


def list_boards() -> dict[str, Path]:
    """Return name → file of the boards that come with devgen."""
    examples = find_share("examples")
    if examples is None:
        return {}
    return {path.stem: path for path in sorted((examples / "boards").glob("*.yaml"))}


@dataclass(slots=True, frozen=True)
class BoardEntry:
    """A board that can be named: the type of its machine, its devices by their names on it, its title, its file."""

    name: str
    machine: str
    devices: tuple[str, ...]
    title: str
    file: Path


def describe_boards(start: AnyPath | None = None) -> list[BoardEntry]:
    """Return the boards in devices/ of the project at or above ``start``, and those that come with devgen.

    Files with errors are omitted.
    """
    from devgen.language import load_board

    found: list[BoardEntry] = []
    for path in (*_board_files(start).values(), *list_boards().values()):
        board = load_board(path).board
        if board is not None:
            names = tuple(placed.name for placed in board.devices)
            found.append(BoardEntry(board.name, board.machine.type, names, board.title, path))
    return found


def _board_files(start: AnyPath | None = None) -> dict[str, Path]:
    """Return name → file of the boards in devices/ of the project at or above ``start``."""
    found: dict[str, Path] = {}
    for folder in _described_in(start):
        for path in YamlFiles([folder]).files if folder.is_dir() else ():
            name = _board_name(path)
            if name:
                found.setdefault(name, path)
    return found


def _board_name(path: Path) -> str:
    """Return the name of the board in a file; empty if it is none. The file is not parsed."""
    try:
        named = _BOARD.search(read_start(path, _SEARCHED))
    except OSError:
        return ""
    return named[1].decode() if named is not None else ""


def find_board(name: AnyPath) -> Path:
    """Return the board file for ``name``: a path, or the name of a board of the project or of devgen.

    Raises:
        FileError: there is no such file or board.
    """
    path = Path(name)
    if path.exists():
        return path
    boards = {**list_boards(), **_board_files()}
    if str(name) in boards:
        return boards[str(name)]
    known = ", ".join(boards) or "none"
    raise FileError(f"{name}: no such file, and no board of that name{suggest(str(name), boards)}; known are {known}")
