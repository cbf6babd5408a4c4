"""Device and board descriptions: from YAML text to a typed, checked model.

``load_device`` and ``load_board`` never raise for what a user wrote: they return every finding of one run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from devgen.language.board import Board
    from devgen.language.diagnostics.reporting import Diagnostic
    from devgen.language.model import Device

__all__ = ["BoardResult", "LoadResult", "check_paths", "load_board", "load_device"]


@dataclass(slots=True, frozen=True)
class LoadResult:
    """What loading a device file gave. ``device`` is None when there is an error, or when the file is a fragment.

    ``sources`` are the files that were read: the description first, then what it includes. ``tree`` is the merged
    description that the device was built from; ``devgen.language.view`` takes source texts from it.
    """

    device: Device | None
    diagnostics: list[Diagnostic]
    sources: list[Path]
    fragment: bool = False
    tree: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether no error was found."""
        return all(one.severity != "error" for one in self.diagnostics)


@dataclass(slots=True, frozen=True)
class BoardResult:
    """What loading a board file gave; ``board`` is None when there is an error."""

    board: Board | None
    diagnostics: list[Diagnostic]
    sources: list[Path]

    @property
    def ok(self) -> bool:
        """Whether no error was found."""
        return all(one.severity != "error" for one in self.diagnostics)


def load_device(path: str | Path, *, include_dirs: Sequence[str | Path] = ()) -> LoadResult:
    """Load, validate, build and check the device description at ``path``.

    Files named by ``include:`` are looked for beside the file that names them, then in ``include_dirs``.
    """
    from devgen.language.loading import load_device_file

    return load_device_file(Path(path), tuple(Path(one) for one in include_dirs))


def load_board(path: str | Path) -> BoardResult:
    """Load, validate and build the board description at ``path``."""
    from devgen.language.board import load_board_file

    return load_board_file(Path(path))


def check_paths(paths: Iterable[str | Path], *, include_dirs: Sequence[str | Path] = ()) -> list[Diagnostic]:
    """Check files, and every ``.yaml``/``.yml`` below folders, in order: devices, fragments and boards.

    A file with the key ``board`` is a board; everything else is taken for a device or a fragment.
    """
    from devgen.language.loading import check_all

    return check_all([Path(one) for one in paths], tuple(Path(one) for one in include_dirs))
