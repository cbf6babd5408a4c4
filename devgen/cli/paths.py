"""Paths on the command line: files, folders, and where a project's parts are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click


class NamedPath(click.Path):
    """A path with a name: an empty one is an unset shell variable, and would silently mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; fails as a usage error."""
        if value == "":
            self.fail("the path is empty.", param, ctx)
        return Path(str(super().convert(value, param, ctx)))


PATH: Final = NamedPath()
