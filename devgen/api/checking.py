"""Checks descriptions and boards, and tells about diagnostics in formats for people, tools and CI systems."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from devgen.api.descriptions import description_files, lookup_of_boards
from devgen.checking.check_report import CheckReport, make_report
from devgen.checking.code_selection import make_selection
from devgen.checking.explanations import Explanation, explanation_of, find_kind
from devgen.checking.parallel_runs import CheckProgress, Runner, usable_processors
from devgen.checking.report_forms import REPORT_FORMS, ReportForm, render
from devgen.errors import ArgumentError
from devgen.language import check_paths
from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.reading.regular_file import unsaved_texts

AnyPath = str | PathLike[str]

STDIN_NAME = "<stdin>"
"""The name of a text without a file."""


def check(
    paths: Iterable[AnyPath],
    *,
    include_dirs: Sequence[AnyPath] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    jobs: int | None = None,
    progress: CheckProgress | None = None,
) -> CheckReport:
    """Check the devices, fragments and boards in ``paths``; folders are searched recursively.

    ``select`` and ``ignore`` are codes (``DG0401``) and prefixes of codes (``DG04``). Findings whose code is not
    selected are not shown, and neither are ignored warnings. Errors count in any case.

    Many files are checked on ``jobs`` processors, by default all that this process may use; a program with several
    threads uses one. ``progress(done, total, path)`` is called after each file.

    Raises:
        FileError: a path does not exist, or a folder holds no YAML file.
        UnknownCodeError: no code starts like this, or ``ignore`` names only errors.
        ArgumentError: ``jobs`` is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise ArgumentError("jobs", "is at least 1")
    selection = make_selection(select, ignore)
    named, folders = [Path(path) for path in paths], [Path(folder) for folder in include_dirs]
    files = description_files(named)
    run = Runner(jobs or usable_processors(), progress)
    return make_report(files, check_paths(named, include_dirs=folders, devices=lookup_of_boards, run=run), selection)


def check_text(
    text: str,
    name: AnyPath = STDIN_NAME,
    *,
    include_dirs: Sequence[AnyPath] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> CheckReport:
    """Check the text of a description or a board as if it were the content of the file ``name``, which need not exist.

    Files that it includes are looked for beside ``name``.

    Raises:
        UnknownCodeError: see ``check``.
    """
    selection, path = make_selection(select, ignore), Path(name)
    with unsaved_texts({Path(os.path.abspath(path)): text}):
        found = check_paths([path], include_dirs=[Path(folder) for folder in include_dirs], devices=lookup_of_boards)
    return make_report([path], found, selection)


def select_diagnostics(
    diagnostics: Iterable[Diagnostic], *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> list[Diagnostic]:
    """Return those of the findings that ``check`` would show.

    Raises:
        UnknownCodeError: see ``check``.
    """
    return make_selection(select, ignore).shown(diagnostics)


def format_diagnostics(
    diagnostics: Iterable[Diagnostic], form: ReportForm, files: Iterable[AnyPath] = (), *, colour: bool = False
) -> str:
    """Return findings in one of ``REPORT_FORMS``; with ``colour`` a text is coloured for a terminal.

    ``text`` is for people, ``json`` a list of ``Diagnostic.json()``, ``sarif`` a SARIF 2.1.0 log, ``github`` workflow
    commands, ``gitlab`` a code quality report, and ``junit`` an XML report with a test case for each of ``files``.

    Raises:
        ArgumentError: there is no such format.
    """
    if form not in REPORT_FORMS:
        raise ArgumentError("form", f"takes {', '.join(REPORT_FORMS)}, not '{form}'")
    return render(form, list(diagnostics), [Path(path) for path in files], colour)


def explain(code: str) -> Explanation:
    """Return what a diagnostic's code means, with an example and the cure, as docs/diagnostics.md does.

    Raises:
        UnknownCodeError: no diagnostic has this code; the message suggests similar ones.
    """
    return explanation_of(find_kind(code))


def list_explanations() -> list[Explanation]:
    """Return the explanations of all diagnostics, by code."""
    return [explanation_of(kind) for kind in catalogue()]
