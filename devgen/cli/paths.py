"""Types of paths on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click


class NamedPath(click.Path):
    """A path that is not empty: an empty one, usually an unset shell variable, would mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. An empty path is a usage error."""
        if value == "":
            self.fail("the path is empty.", param, ctx)
        return Path(str(super().convert(value, param, ctx)))


PATH: Final = NamedPath()
