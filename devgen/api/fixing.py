"""Mends what can be mended by a program in descriptions and boards."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devgen.api.checking import STDIN_NAME, AnyPath
from devgen.api.descriptions import description_files, lookup_of_boards
from devgen.checking.check_report import CheckReport, make_report
from devgen.checking.code_selection import make_selection
from devgen.checking.fixed_files import FixedFile, fix_paths
from devgen.checking.mending import mend
from devgen.checking.parallel_runs import Runner, usable_processors
from devgen.language import check_paths
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.reading.regular_file import unsaved_texts


@dataclass(slots=True, frozen=True)
class FixReport:
    """The ``files`` that were mended, or would be; why others were ``refused``; and the ``report`` of what is left."""

    files: tuple[FixedFile, ...]
    refused: tuple[str, ...]
    report: CheckReport


def fix_files(
    paths: Iterable[AnyPath],
    *,
    include_dirs: Sequence[AnyPath] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    write: bool = True,
) -> FixReport:
    """Mend the findings in ``paths`` that have a single fix, and check again; folders are searched recursively.

    Comments, layout and line ends stay. Each file is replaced in one step. Files that ``paths`` do not name are not
    changed, also if a named file includes them or is a link to them. Without ``write`` no file is changed.

    Raises:
        FileError: a path does not exist, or a file changed meanwhile or cannot be written.
        UnknownCodeError: see ``check``.
    """
    selection = make_selection(select, ignore)
    named, folders = [Path(path) for path in paths], [Path(folder) for folder in include_dirs]
    files = description_files(named)
    run = Runner(usable_processors())

    def check() -> list[Diagnostic]:
        return check_paths(named, include_dirs=folders, devices=lookup_of_boards, run=run)

    result = fix_paths(named, check, selection.shows, write)
    return FixReport(result.files, result.refused, make_report(files, result.left, selection))


def fix_text(
    text: str,
    name: AnyPath = STDIN_NAME,
    *,
    include_dirs: Sequence[AnyPath] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> tuple[str, CheckReport]:
    """Return the mended text of a description or a board, and the report of what is left (see ``check_text``).

    Raises:
        UnknownCodeError: see ``check``.
    """
    selection, path = make_selection(select, ignore), Path(name)
    folders, key = [Path(folder) for folder in include_dirs], str(path)

    def check(changed: Mapping[str, str]) -> list[Diagnostic]:
        with unsaved_texts({Path(os.path.abspath(path)): changed.get(key, text)}):
            return check_paths([path], include_dirs=folders, devices=lookup_of_boards)

    mended = mend({key: text}, lambda file: key if file == key else None, check, selection.shows)
    return mended.texts.get(key, text), make_report([path], mended.left, selection)
