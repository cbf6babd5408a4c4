"""The devices and boards that are available by name: from the project, from installed packages, and from devgen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

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


def find_board(name: AnyPath) -> Path:
    """Return the board file for ``name``: a path, or the name of a board that comes with devgen.

    Raises:
        FileError: there is no such file or board.
    """
    path, bundled = Path(name), list_boards()
    if path.exists():
        return path
    if str(name) in bundled:
        return bundled[str(name)]
    known = ", ".join(bundled) or "none"
    hint = suggest(str(name), bundled)
    raise FileError(f"{name}: no such file, and no board of that name comes with devgen{hint}; known are {known}")
