"""Which project's built devices are found: those of the nearest ``generated/`` folder, from a folder upwards.

The rule: the folder itself is looked at first, then the one above it, and so on. The first with a ``generated/`` that
``devgen build`` wrote is the project, and the search ends there. It also ends, without a project, at the file system's
root and below a folder in which every user may create files, such as ``/tmp``: built devices are Python code, and one
user must not put code into another's process. Only the folder where the search begins is exempt.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from devgen.runtime.machine.device_registry import Registry, built_folders


def find_project(start: Path | None = None) -> Path | None:
    """The nearest folder, from ``start`` (default: the current one) upwards, whose devices are built; None if none."""
    return next((folder for folder in _searched(start or Path.cwd()) if built_folders(folder)), None)


def project_registry(start: Path | None = None) -> Registry:
    """The devices that are known in the project at or above ``start``: its own, packages', and devgen's catalogue.

    Raises RegistryError when the project's ``generated/`` is broken.
    """
    begin = (start or Path.cwd()).absolute()
    project = find_project(begin)
    return Registry(folders=[] if project is None else built_folders(project), advice=lambda name: _advice(begin, name))


def _searched(start: Path) -> Iterator[Path]:
    start = start.absolute()
    yield start
    for folder in start.parents:
        if _open_to_all(folder):
            return
        yield folder


def _open_to_all(folder: Path) -> bool:
    try:
        return bool(os.stat(folder).st_mode & stat.S_IWOTH)
    except OSError:
        return True


def _advice(begin: Path, name: str) -> str:
    """What to do about a device that was not found: build its description if there is one; else where we looked."""
    project = find_project(begin)
    for folder in _searched(begin) if Path(name).name == name else ():
        path = folder / "devices" / f"{name}.yaml"
        if os.path.isfile(path):  # False for a name that no file can have, too
            return f"{path} describes it and is not built: run `devgen build` in {folder}"
    if project is None:
        return f"looked in the catalogue only: no built project (a folder with generated/) in {begin} or above it"
    return f"looked in {project / 'generated'} and in the catalogue"
