"""Diagnostics as a JUnit report: a test case for each checked file, which fails if the file has errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from devgen.language.diagnostics.diagnostic import Diagnostic


def junit_report(diagnostics: Sequence[Diagnostic], files: Sequence[Path]) -> str:
    """Return the report as XML. A file's warnings are the output of its test case.

    CI systems read the elements and attributes that Ant's JUnit task writes; there is no standard.
    """
    found: dict[str, list[Diagnostic]] = {str(path): [] for path in files}
    for diagnostic in diagnostics:
        found.setdefault(diagnostic.mark.file, []).append(diagnostic)
    failed = sum(any(diagnostic.is_error for diagnostic in own) for own in found.values())
    totals = {"name": "devgen check", "tests": str(len(found)), "failures": str(failed), "errors": "0"}
    root = Element("testsuites", totals)
    suite = SubElement(root, "testsuite", {**totals, "skipped": "0"})
    for file, own in found.items():
        _add_case(suite, file, own)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False)


def _add_case(suite: Element, file: str, diagnostics: Sequence[Diagnostic]) -> None:
    case = SubElement(suite, "testcase", {"classname": "devgen", "name": _encodable(file), "file": _encodable(file)})
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.is_error]
    others = [diagnostic for diagnostic in diagnostics if not diagnostic.is_error]
    if errors:
        failure = SubElement(case, "failure", {"type": errors[0].code, "message": _encodable(errors[0].headline())})
        failure.text = _encodable("\n".join(diagnostic.text() for diagnostic in errors))
    if others:
        SubElement(case, "system-out").text = _encodable("\n".join(diagnostic.text() for diagnostic in others))


def _encodable(text: str) -> str:
    """Return text with characters that XML 1.0 cannot hold (section 2.2) and invalid bytes of a path as escapes."""
    return "".join(char if char == "\n" or char.isprintable() else ascii(char)[1:-1] for char in text)
