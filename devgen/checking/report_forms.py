"""The formats of diagnostics, by name. Each format's code is imported when it is first used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from devgen.language.diagnostics.diagnostic import Diagnostic

ReportForm = Literal["text", "json", "sarif", "github", "gitlab", "junit"]

REPORT_FORMS: Final[tuple[ReportForm, ...]] = get_args(ReportForm)
"""The formats that ``render`` makes."""


def render(form: ReportForm, diagnostics: Sequence[Diagnostic], files: Sequence[Path], colour: bool = False) -> str:
    """Return the diagnostics of ``files`` in a format, without a final line end; empty if there is nothing to print.

    Columns are counted in characters from 1. Paths are those of the diagnostics. ``colour`` is for the format ``text``.
    """
    # Each format imports what it needs: a check that prints text must not wait for the others.
    match form:
        case "json":
            return json.dumps([diagnostic.json() for diagnostic in diagnostics], indent=2)
        case "sarif":
            from devgen.checking.sarif_form import sarif_log

            return json.dumps(sarif_log(diagnostics), indent=2)
        case "github":
            from devgen.checking.ci_forms import github_commands

            return github_commands(diagnostics)
        case "gitlab":
            from devgen.checking.ci_forms import gitlab_report

            return json.dumps(gitlab_report(diagnostics), indent=2)
        case "junit":
            from devgen.checking.junit_form import junit_report

            return junit_report(diagnostics, files)
        case _:
            return "\n".join(diagnostic.text(colour) for diagnostic in diagnostics)
