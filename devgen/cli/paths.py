"""Paths on the command line: files, folders, and where a project's parts are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from devgen.cli.command_error import InputError


class NamedPath(click.Path):
    """A path with a name: an empty one is an unset shell variable, and would silently mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; fails as a usage error."""
        if value == "":
            self.fail("the path is empty.", param, ctx)
        return Path(str(super().convert(value, param, ctx)))


PATH: Final = NamedPath()


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
