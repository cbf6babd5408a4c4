"""Diagnostics as a SARIF 2.1.0 log, with rules, second places and fixes.

Section numbers are those of the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_from_bytes

from devgen import __version__
from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics.diagnostic import Diagnostic, Kind
from devgen.language.diagnostics.places import Fix, Related, Span
from devgen.language.diagnostics.text_form import joined

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_log(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """Return a log with one run, which lists the rules of the findings and the findings (3.13, 3.14)."""
    codes = {diagnostic.code for diagnostic in diagnostics}
    rules = [kind for kind in catalogue() if kind.code in codes]
    places = {kind.code: index for index, kind in enumerate(rules)}
    driver = {
        "name": "devgen",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(kind) for kind in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, places[diagnostic.code]) for diagnostic in diagnostics],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(kind: Kind) -> dict[str, Any]:
    """Return a reporting descriptor (3.49)."""
    example = f"\n\nExample:\n\n{kind.example}" if kind.example else ""
    return {
        "id": kind.code,
        "shortDescription": {"text": kind.message},
        "fullDescription": {"text": kind.about},
        "help": {"text": f"{kind.fix}{example}"},
        "defaultConfiguration": {"level": kind.severity},
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    """Return a result (3.27)."""
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": _message(diagnostic)},
        "locations": [{"physicalLocation": _location(diagnostic.span, diagnostic.excerpt)}],
    }
    if diagnostic.related:
        result["relatedLocations"] = [_related(index, other) for index, other in enumerate(diagnostic.related, 1)]
    if diagnostic.fixes:
        result["fixes"] = [_fix(fix) for fix in diagnostic.fixes]
    return result


def _message(diagnostic: Diagnostic) -> str:
    lines = [diagnostic.message, diagnostic.hint]
    if diagnostic.allowed:
        lines.append(f"allowed: {joined(diagnostic.allowed)}")
    return "\n".join(line for line in lines if line)


def _related(index: int, other: Related) -> dict[str, Any]:
    """Return a location (3.28) with its own message."""
    place = _location(other.span, other.excerpt)
    return {"id": index, "message": {"text": other.message}, "physicalLocation": place}


def _fix(fix: Fix) -> dict[str, Any]:
    """Return a fix (3.55): one replacement in one file."""
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.replacement}}
    change = {"artifactLocation": _artifact(fix.span.mark.file), "replacements": [replacement]}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _location(span: Span, excerpt: str) -> dict[str, Any]:
    """Return a physical location (3.29)."""
    place = {"artifactLocation": _artifact(span.mark.file), "region": _region(span)}
    if excerpt:
        place["contextRegion"] = {"startLine": span.mark.line, "snippet": {"text": excerpt}}
    return place


def _region(span: Span) -> dict[str, int]:
    """Return a region (3.30); its end column is the one after the last character."""
    mark = span.mark
    return {"startLine": mark.line, "startColumn": mark.column, "endColumn": mark.column + span.length}


def _artifact(file: str) -> dict[str, str]:
    """Return an artifact location (3.4): a relative URI for a relative path, else a ``file`` URI."""
    path = Path(file)
    encoded = quote_from_bytes(path.as_posix().encode("utf-8", "surrogateescape"))
    return {"uri": f"file://{encoded}" if path.is_absolute() else encoded}
