"""Tests that need a KVM which boots Linux: they run here where there is one, else in the nested lab.

Every test of this folder has the marker ``nested``. A software KVM does not boot Linux, so a processor with VMX or SVM
is asked for. In the lab the same tests run directly, and report to the file that RESULTS names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from kvm_linux import boots_linux
from outer_lab import RESULTS, Outcome, OuterLab

HERE = Path(__file__).parent
LAB = pytest.StashKey[OuterLab]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lab = RESULTS not in os.environ and not boots_linux()
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.nested)
            item.add_marker(pytest.mark.slow)
            if lab:
                item.add_marker(pytest.mark.qemu)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Run the test in the lab, unless it can run here or must be skipped."""
    if item.get_closest_marker("nested") is None or RESULTS in os.environ or boots_linux() or _missing(item):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item, _outcome(item)):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _missing(item: pytest.Item) -> bool:
    """Whether the set-up of the test will say that something is missing."""
    root = item.config.pluginmanager.get_plugin(str(HERE.parent / "conftest.py"))
    return root is not None and root.missing("nested") is not None


def _outcome(item: pytest.Item) -> Outcome:
    config = item.config
    if LAB not in config.stash:
        tests = [other.nodeid for other in item.session.items if other.get_closest_marker("nested") is not None]
        try:
            lab = OuterLab()
        except AssertionError as error:
            return Outcome("failed", f"the nested lab does not start\n{error}", 0)
        config.stash[LAB] = lab
        config.add_cleanup(lab.close)
        lab.start(tests)
    return config.stash[LAB].outcome(item.nodeid)


def _reports(item: pytest.Item, outcome: Outcome) -> list[pytest.TestReport]:
    """The reports of set-up, call and tear-down, as pytest makes them."""

    def report(when: str, how: str, text: object, seconds: float) -> pytest.TestReport:
        keywords = dict.fromkeys(item.keywords, 1)
        return pytest.TestReport(
            item.nodeid,
            item.location,
            keywords,
            how,
            text,
            when,
            duration=seconds,  # type: ignore[arg-type]
        )

    text: object = outcome.text or None
    if outcome.outcome == "skipped":
        text = (str(item.path), 0, outcome.text)
    return [
        report("setup", "passed", None, 0),
        report("call", outcome.outcome, text, outcome.seconds),
        report("teardown", "passed", None, 0),
    ]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """In the lab: write each result to the shared file, a line of JSON."""
    place = os.environ.get(RESULTS)
    if place is None or (report.when != "call" and report.passed):
        return
    line = {
        "test": report.nodeid,
        "outcome": report.outcome,
        "text": "" if report.passed else report.longreprtext,
        "seconds": report.duration,
    }
    with open(place, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
