"""The devices and boards that are available by name: from the project, from installed packages, and from devgen."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from devgen.common.quick_dataclass import dataclass
from devgen.common.yaml_files import YamlFiles
from devgen.errors import FileError
from devgen.language.statistics import Statistics
from devgen.project import ProjectNotFound, load_project
from devgen.runtime.base.faults import suggest
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.project_devices import project_registry
from devgen.share import find_share

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
    from devgen.language import load_device
    from devgen.language.reading.description_files import is_board
    from devgen.language.statistics import measure

    found: dict[str, Statistics] = {}
    for folder in (*_described_in(start), find_share("devices")):
        if folder is None or not folder.is_dir():
            continue
        for path in YamlFiles([folder]).files:
            loaded = load_device(path) if not is_board(path) else None
            sizes = measure(loaded) if loaded is not None else None
            if sizes is not None and loaded is not None and loaded.device is not None:
                found.setdefault(loaded.device.name, sizes)
    return found


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
