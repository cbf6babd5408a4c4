"""Which project's built devices are found: those of the nearest project, from a folder upwards, that has any.

The folder itself is looked at first, then the one above it, and so on (``devgen.project.searched_folders`` says where
that ends). The first with built devices, in ``generated/`` or in the folder that its settings name, is the project.
"""

from __future__ import annotations

import os
from pathlib import Path

from devgen.project import project_at, searched_folders
from devgen.runtime.machine.device_registry import Registry, built_folder


def find_project(start: Path | None = None) -> Path | None:
    """The nearest folder, from ``start`` (default: the current one) upwards, whose devices are built; None if none.

    Raises ProjectError when the settings in a pyproject.toml on the way are wrong.
    """
    return next((folder for folder in searched_folders(start) if _built(folder)), None)


def _built(folder: Path) -> list[Path]:
    """The folder of built devices of the project at ``folder``; none if it is no project or nothing is built."""
    project = project_at(folder)
    return [] if project is None else built_folder(project.built)


def project_registry(start: Path | None = None) -> Registry:
    """The devices that are known in the project at or above ``start``: its own, packages', and devgen's catalogue.

    Raises RegistryError when the project's ``generated/`` is broken.
    """
    begin = (start or Path.cwd()).absolute()
    project = find_project(begin)
    return Registry(folders=[] if project is None else _built(project), advice=lambda name: _advice(begin, name))


def _advice(begin: Path, name: str) -> str:
    """What to do about a device that was not found: build its description if there is one; else where we looked."""
    project = find_project(begin)
    for folder in searched_folders(begin) if Path(name).name == name else ():
        path = folder / "devices" / f"{name}.yaml"
        if os.path.isfile(path):  # False for a name that no file can have, too
            return f"{path} describes it and is not built: run `devgen build` in {folder}"
    if project is None:
        return f"looked in the catalogue only: no built project (a folder with generated/) in {begin} or above it"
    return f"looked in {_built(project)[0]} and in the catalogue"
