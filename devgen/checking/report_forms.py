"""The formats of diagnostics, by name. Each format's code is imported when it is first used."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from devgen.language.diagnostics.diagnostic import Diagnostic

ReportForm = Literal["text", "json", "sarif", "github", "gitlab", "junit"]

REPORT_FORMS: Final[tuple[ReportForm, ...]] = get_args(ReportForm)
"""The formats that ``render`` makes."""


def render(form: ReportForm, diagnostics: Sequence[Diagnostic], files: Sequence[Path]) -> str:
    """Return the diagnostics of ``files`` in a format, without a final line end; empty if there is nothing to print.

    Columns are counted in characters from 1. Paths are those of the diagnostics.
    """
    return _RENDERERS[form](diagnostics, files)


def _text(diagnostics: Sequence[Diagnostic], _files: Sequence[Path]) -> str:
    return "\n".join(diagnostic.text() for diagnostic in diagnostics)


def _json(diagnostics: Sequence[Diagnostic], _files: Sequence[Path]) -> str:
    return json.dumps([diagnostic.json() for diagnostic in diagnostics], indent=2)


def _sarif(diagnostics: Sequence[Diagnostic], _files: Sequence[Path]) -> str:
    from devgen.checking.sarif_form import sarif_log

    return json.dumps(sarif_log(diagnostics), indent=2)


def _github(diagnostics: Sequence[Diagnostic], _files: Sequence[Path]) -> str:
    from devgen.checking.ci_forms import github_commands

    return github_commands(diagnostics)


def _gitlab(diagnostics: Sequence[Diagnostic], _files: Sequence[Path]) -> str:
    from devgen.checking.ci_forms import gitlab_report

    return json.dumps(gitlab_report(diagnostics), indent=2)


def _junit(diagnostics: Sequence[Diagnostic], files: Sequence[Path]) -> str:
    from devgen.checking.junit_form import junit_report

    return junit_report(diagnostics, files)


_RENDERERS: Final[dict[ReportForm, Callable[[Sequence[Diagnostic], Sequence[Path]], str]]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
}
