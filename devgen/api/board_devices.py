"""The devices that a board may use, for the checks of boards: described ones, built ones, those of packages."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from devgen.common.guarded_files import read_file
from devgen.language.boards.known_devices import DescribedDevices, KnownDevice, described_for, nearest_project
from devgen.runtime.machine.device_registry import Registry, built_folder
from devgen.runtime.machine.project_devices import searched_places

_LARGEST_CATALOGUE = 4 << 20
"""Most bytes of the module that lists the built devices."""


@dataclass(slots=True)
class BoardDevices:
    """Finds the described devices, and knows the names of those that exist only as classes.

    A class without a description is not checked here: a run checks it when it makes the device. ``registry`` has
    classes that a program added; they take precedence. No module of a project is imported.
    """

    described: DescribedDevices
    built: frozenset[str]
    registry: Registry | None = None

    def find(self, name: str) -> KnownDevice | None:
        """Return the described device of that name, or None."""
        if self.registry is not None and self.registry.was_added(name):
            return None
        return self.described.find(name)

    def has(self, name: str) -> bool:
        """Whether a board can use a device of that name."""
        return self.described.has(name) or name in self.built or name in self._classes()

    def names(self) -> list[str]:
        """Return the names of all devices, sorted."""
        return sorted({*self.described.names(), *self.built, *self._classes()})

    def advice(self, name: str) -> str:
        """Return where the device was looked for."""
        return searched_places(Path.cwd(), name)

    def _classes(self) -> list[str]:
        return (self.registry or Registry(bundled=False)).names()


def board_devices(
    folder: Path, include_dirs: tuple[Path, ...] = (), files: tuple[Path, ...] = (), registry: Registry | None = None
) -> BoardDevices:
    """Return the devices that a board in ``folder`` may use. Descriptions in ``files`` take precedence."""
    projects = [project for start in (Path(), folder) if (project := nearest_project(start)) is not None]
    built = frozenset(name for project in projects for name in built_names(project.built))
    return BoardDevices(described_for(folder, include_dirs, files), built, registry)


def built_names(folder: Path) -> list[str]:
    """Return the names of the devices that were built into a folder, read from its catalogue without importing it."""
    try:
        tree = ast.parse(read_file(built_folder(folder)[0] / "__init__.py", _LARGEST_CATALOGUE))
    except (OSError, IndexError, ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    return [
        key.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
