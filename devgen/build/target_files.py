"""A target's templates: their places, and the files that each of them makes.

Only the file name of a template determines its outputs:

- ``device.EXT.j2`` (``device`` and then ``.``, ``-`` or ``_``) makes a file for each device: ``device_regs.h.j2`` makes
  ``pl031_regs.h``;
- ``board.EXT.j2`` makes a file for each board in the same way: ``board.h.j2`` makes ``small_pc.h``;
- any other ``NAME.EXT.j2`` makes one file for all devices, ``NAME.EXT``;
- a name with one leading underscore is a part: other templates extend, include or import it;
- a file whose name does not end in ``.j2`` is text that a template includes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.share import PACKAGE, find_share

SUFFIX: Final = ".j2"
_DEVICE: Final = re.compile(r"device(?=[._-])")
_BOARD: Final = re.compile(r"board(?=[._-])")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class TargetNotFound(Exception):
    """No target has this name, or a folder of templates cannot be used; the message says why."""


@dataclass(slots=True, frozen=True)
class Output:
    """A template that makes files: one for each device (``each``), one for each board (``board``), or one for all."""

    template: str
    each: bool
    board: bool = False

    @property
    def single(self) -> bool:
        """Whether it makes one file for all devices and boards."""
        return not self.each and not self.board

    def file(self, stem: str) -> str:
        """Return the name of the file for a device or a board, or of the file for all (then ``stem`` is not used)."""
        name = self.template.removesuffix(SUFFIX)
        return name if self.single else (_DEVICE if self.each else _BOARD).sub(stem, name, count=1)

    def makes(self, file: str) -> bool:
        """Whether this template makes a device's or a board's file of that name."""
        tail = self.file("")
        return not self.single and len(file) > len(tail) and file.endswith(tail) and not file.startswith(".")


@dataclass(slots=True, frozen=True)
class Target:
    """A target: devgen's folder of templates and the user's folder of the same name, at least one of which exists."""

    name: str
    own: Path | None
    user: Path | None

    @property
    def backend(self) -> str | None:
        """The name of the target's Python backend module, if it has one."""
        stem = self.name.replace("-", "_")
        there = self.own is not None and (PACKAGE / "targets" / stem / f"{stem}_backend.py").is_file()
        return f"devgen.targets.{stem}.{stem}_backend" if there else None

    def folders(self) -> list[Path]:
        """The folders that are searched for its templates, in order."""
        return [folder for folder in (self.user, self.own) if folder is not None]

    def outputs(self) -> list[Output]:
        """The templates that make files, sorted by name."""
        names = {name for folder in self.folders() for name in os.listdir(folder) if _is_output(name)}
        return [Output(name, _DEVICE.match(name) is not None, _BOARD.match(name) is not None) for name in sorted(names)]


def _is_output(name: str) -> bool:
    return name.endswith(SUFFIX) and re.match(r"_(?!_)|\.", name) is None


def known_targets(templates: Path | None = None) -> list[str]:
    """Return the names of all targets: devgen's, then those that exist only as folders of ``templates``."""
    own = _folders(find_share("templates"))
    return [*own, *(name for name in _folders(templates) if name not in own)]


def _folders(root: Path | None) -> list[str]:
    if root is None:
        return []
    return sorted(name for name in os.listdir(root) if _NAME.fullmatch(name) and (root / name).is_dir())


def find_target(name: str, templates: Path | None = None) -> Target:
    """Return the target of that name; ``templates`` is the user's folder of targets.

    Raises:
        TargetNotFound: no target has that name, or the user's folder is missing.
    """
    if templates is not None and not templates.is_dir():
        raise TargetNotFound(f"{templates}: no such folder of templates")
    known = known_targets(templates)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise TargetNotFound(f"there is no target '{name}' (known: {', '.join(known)}){hint}")
    share = find_share("templates")
    own, user = (root / name if root is not None and (root / name).is_dir() else None for root in (share, templates))
    return Target(name, own, user)


def files_below(folder: Path) -> Iterator[str]:
    """Yield the files of a folder of templates by their relative path, with ``/``, without hidden files."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(root, name).relative_to(folder).as_posix()
