"""Diagnostics for CI systems: GitHub's workflow commands, and GitLab's code quality report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from devgen.language.diagnostics.diagnostic import Diagnostic

_GITHUB_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}
_GITLAB_SEVERITIES: Final = {"error": "major", "warning": "minor", "note": "info"}


def explained(diagnostic: Diagnostic) -> str:
    """Return the message with the suggestion and the second places, one on each line."""
    lines = [diagnostic.message]
    lines += [f"{other.message} ({other.span.mark.file}:{other.span.mark.line})" for other in diagnostic.related]
    if diagnostic.hint:
        lines.append(diagnostic.hint)
    return "\n".join(lines)


# --- GitHub ------------------------------------------------------------------------------


def github_commands(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a workflow command for each diagnostic; GitHub shows it at the line of the pull request.

    Source: GitHub Docs, "Workflow commands for GitHub Actions", ``error``, ``warning`` and ``notice``.
    """
    return "\n".join(_github_command(diagnostic) for diagnostic in diagnostics)


def _github_command(diagnostic: Diagnostic) -> str:
    mark = diagnostic.mark
    places = {
        "file": mark.file,
        "line": mark.line,
        "col": mark.column,
        "endColumn": mark.column + diagnostic.length,
        "title": diagnostic.code,
    }
    parameters = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in places.items())
    return f"::{_GITHUB_COMMANDS[diagnostic.severity]} {parameters}::{_escaped(explained(diagnostic))}"


def _escaped(text: str, more: str = "") -> str:
    """Return text in which the characters that end a command or a parameter are percent-encoded."""
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


# --- GitLab ------------------------------------------------------------------------------


def gitlab_report(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Return a code quality report, which GitLab shows in the merge request.

    Source: GitLab Docs, "Code Quality", "Code Quality report format".
    """
    seen: dict[str, int] = {}
    return [_gitlab_issue(diagnostic, seen) for diagnostic in diagnostics]


def _gitlab_issue(diagnostic: Diagnostic, seen: dict[str, int]) -> dict[str, Any]:
    # GitLab compares fingerprints between branches: without the line number, moved findings stay the same ones.
    same = "\0".join((diagnostic.mark.file, diagnostic.code, diagnostic.message, diagnostic.excerpt.strip()))
    seen[same] = seen.get(same, 0) + 1
    text = f"{same}\0{seen[same]}".encode("utf-8", "surrogateescape")
    return {
        "description": explained(diagnostic),
        "check_name": diagnostic.code,
        "fingerprint": hashlib.sha256(text).hexdigest(),
        "severity": _GITLAB_SEVERITIES[diagnostic.severity],
        "location": {"path": diagnostic.mark.file.removeprefix("./"), "lines": {"begin": diagnostic.mark.line}},
    }
