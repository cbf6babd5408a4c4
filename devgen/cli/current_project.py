"""The project that the working directory is in, for commands that are not given all their paths."""

from __future__ import annotations

import os
from pathlib import Path

from devgen import Project, ProjectNotFound, load_project


def project_or_none() -> Project | None:
    """Return the project that the working directory is in, or None: a command with all paths given needs no project."""
    try:
        return load_project()
    except ProjectNotFound:
        return None


def description_folders() -> tuple[Path, ...]:
    """Return the project's folders of descriptions, relative to the working directory."""
    return tuple(shown(folder) for folder in load_project().devices)


def shown(path: Path) -> Path:
    """Return a path for messages: relative to the working directory if it is below it or only a few levels above."""
    relative = os.path.relpath(path)
    return path if relative.count("..") > 3 else Path(relative)
