"""The formats of diagnostics, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, get_args

from devgen.checking.ci_forms import github_commands, gitlab_report
from devgen.checking.junit_form import junit_report
from devgen.checking.sarif_form import sarif_log
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


_RENDERERS: Final[dict[ReportForm, Callable[[Sequence[Diagnostic], Sequence[Path]], str]]] = {
    "text": _text,
    "json": _json,
    "sarif": lambda diagnostics, _files: json.dumps(sarif_log(diagnostics), indent=2),
    "github": lambda diagnostics, _files: github_commands(diagnostics),
    "gitlab": lambda diagnostics, _files: json.dumps(gitlab_report(diagnostics), indent=2),
    "junit": junit_report,
}
