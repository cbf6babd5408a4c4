"""Waits until a description, a template or the settings of a project change, by looking at their times and sizes.

Looking works on every file system, also on network folders and in containers, where notifications are lost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from devgen.common.yaml_files import yaml_files_below
from devgen.project import SETTINGS

INTERVAL: Final = 0.3
"""Seconds between two looks."""

_SHARE: Final = 10
"""A look at many files takes time: at least so many times as long passes until the next."""

_Stamps = dict[str, tuple[int, int, int]]


class SourceWatch:
    """Watches the YAML files that ``paths`` name or contain, those beside a named file, and a folder of templates.

    A named file may include files of its folder. The first look is taken when the watch is made.
    """

    def __init__(self, paths: Sequence[Path], templates: Path | None = None) -> None:
        self._folders = list(dict.fromkeys(path if path.is_dir() else path.parent for path in paths))
        self._templates = templates
        self._stamps = self._look()

    def changed(self) -> list[Path]:
        """Return the files that were changed, added or removed since the last call, sorted."""
        before, self._stamps = self._stamps, self._look()
        names = {name for name in {*before, *self._stamps} if before.get(name) != self._stamps.get(name)}
        return [Path(name) for name in sorted(names)]

    def wait(self) -> list[Path]:
        """Wait for a change, and return the files that changed."""
        while True:
            started = time.monotonic()
            found = self.changed()
            if found:
                return found
            time.sleep(max(INTERVAL, _SHARE * (time.monotonic() - started)))

    def _look(self) -> _Stamps:
        return {name: stamp for path in self._files() if (stamp := _stamp(name := str(path))) is not None}

    def _files(self) -> Iterator[Path]:
        for folder in self._folders:
            yield from yaml_files_below(folder)
        if self._templates is not None:
            for root, _, names in os.walk(self._templates):
                yield from (Path(root, name) for name in names)
        yield Path(SETTINGS)


def _stamp(name: str) -> tuple[int, int, int] | None:
    """Return what changes when a file is written or replaced; None if it is gone."""
    try:
        status = os.stat(name)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
