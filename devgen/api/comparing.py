"""Says what changed between two versions of descriptions, for the authors of drivers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path

from devgen.api.description_error import DescriptionError, headline
from devgen.api.descriptions import BoardDescription, DeviceDescription, description_files
from devgen.api.git_revisions import files_of_revision, is_revision
from devgen.comparison.board_comparison import BoardVersion
from devgen.comparison.comparison_report import ComparisonReport, compare_sets
from devgen.language import load_board, load_device
from devgen.language.reading.description_files import is_board
from devgen.language.view import DeviceView, view_of

Compared = str | PathLike[str] | DeviceView | DeviceDescription | BoardDescription
"""A version of devices and boards: a file, a folder, a git revision's file or folder (``REV:path``), or a loaded
description."""


def compare(old: Compared, new: Compared, *, include_dirs: Sequence[str | PathLike[str]] = ()) -> ComparisonReport:
    """Return what changed from ``old`` to ``new`` in the terms of a driver, and which of it breaks drivers.

    Devices and boards are matched by name; a single one on each side is compared with the other, even if their names
    differ. Boards are compared by what their files say, not by their devices' descriptions. Fragments are left out.
    ``REV:path`` is a file or a folder of the git repository that
    the working directory is in, as in `git show HEAD~1:devices`.

    Raises:
        FileError: a path or a revision does not exist.
        DescriptionError: a description has errors.
    """
    folders = [Path(folder) for folder in include_dirs]
    return compare_sets(_views(old, folders), _views(new, folders))


def _views(version: Compared, include_dirs: list[Path]) -> list[DeviceView | BoardVersion]:
    match version:
        case DeviceView():
            return [version]
        case DeviceDescription():
            return [version.view]
        case BoardDescription():
            return [BoardVersion(version.board, version.sources[0].parent)]
    name = fspath(version)
    if not is_revision(name):
        return list(_loaded(Path(name), include_dirs))
    with files_of_revision(name) as path:
        try:
            return list(_loaded(path, include_dirs))
        except DescriptionError as error:
            raise DescriptionError(f"{name}: {error}", error.diagnostics) from error


def _loaded(path: Path, include_dirs: list[Path]) -> Iterator[DeviceView | BoardVersion]:
    """Yield the devices and boards of a file or a folder. A board is not checked against devices and guests."""
    for file in description_files([path]):
        if is_board(file):
            loaded = load_board(file)
            if loaded.board is None:
                raise DescriptionError(headline(loaded.diagnostics), loaded.diagnostics)
            yield BoardVersion(loaded.board, file.parent)
            continue
        result = load_device(file, include_dirs=include_dirs)
        if not result.ok:
            raise DescriptionError(headline(result.diagnostics), result.diagnostics)
        if result.device is not None:
            yield view_of(result)
