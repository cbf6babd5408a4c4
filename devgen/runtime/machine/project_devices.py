"""Find the nearest project with built devices, from a folder upwards.

The folder itself is searched first, then its parent, and so on (see ``devgen.project.searched_folders`` for the end).
The project is the first folder with built devices, in ``generated/`` or in the folder that its settings name.
"""

from __future__ import annotations

import os
from pathlib import Path

from devgen.project import project_at, searched_folders
from devgen.runtime.machine.device_registry import Registry, built_folder
from devgen.runtime.machine.stale_builds import stale_reason, unbuilt_description


def find_project(start: Path | None = None) -> Path | None:
    """Return the nearest folder with built devices, from ``start`` (default: the current one) upwards, or None.

    Raises ProjectError when the settings in a pyproject.toml on the way are wrong.
    """
    return next((folder for folder in searched_folders(start) if _built(folder)), None)


def _built(folder: Path) -> list[Path]:
    """Return the folder of built devices of the project at ``folder``; empty if it has none."""
    project = project_at(folder)
    return [] if project is None else built_folder(project.built)


def project_registry(start: Path | None = None) -> Registry:
    """Return the registry for the project at or above ``start``: its own, packages' and the catalogue's devices.

    Raises RegistryError when the project's ``generated/`` is broken.
    """
    begin = (start or Path.cwd()).absolute()
    project = find_project(begin)
    return Registry(
        folders=[] if project is None else _built(project),
        advice=lambda name: searched_places(begin, name),
        fault=lambda name, module: _fault(begin, name, module),
    )


def _fault(begin: Path, name: str, module: Path | None) -> str | None:
    """Return why a device must be built first, or None: it is stale, or the project describes it and has not built it.

    Without the second, the catalogue's device would be used for a description of the same name.
    """
    if module is not None:
        return stale_reason(name, module)
    path = unbuilt_description(begin, name)
    return None if path is None else f"{path} describes '{name}' and is not built: run `devgen build`"


def searched_places(begin: Path, name: str) -> str:
    """Return advice for an unknown device: build its description if there is one, else where devgen searched."""
    project = find_project(begin)
    for folder in searched_folders(begin) if Path(name).name == name else ():
        path = folder / "devices" / f"{name}.yaml"
        if os.path.isfile(path):  # also False for a name that cannot be a file's
            return f"{path} describes it and is not built: run `devgen build` in {folder}"
    if project is None:
        return f"looked in the catalogue only: no built project (a folder with generated/) in {begin} or above it"
    return f"looked in {_built(project)[0]} and in the catalogue"
