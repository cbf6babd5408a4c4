"""Paths on the command line: files, folders, and where a project's parts are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

from devgen.cli.errors import InputError

EXISTING: Final = click.Path(path_type=Path)


def description_files(paths: Iterable[Path]) -> list[Path]:
    """The YAML files that ``paths`` name, folders searched to the bottom; in order, each once.

    Raises:
        InputError: a path is not there, or a folder holds no YAML file.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
            if not files:
                raise InputError(f"{path}: no .yaml file in this folder")
            found.update(dict.fromkeys(files))
        elif path.exists():
            found[path] = None
        else:
            raise InputError(f"{path}: no such file or folder")
    return list(found)
