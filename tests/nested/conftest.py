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
from lab_variables import RESULTS
from outer_lab import Outcome, OuterLab

from devgen.qemu.machines import Architecture

HERE = Path(__file__).parent
ARCHITECTURES: tuple[Architecture, ...] = ("x86_64", "aarch64")
MARKERS = ("nested", "nested_arm64")
"""Of each architecture."""
LABS = pytest.StashKey[dict[Architecture, OuterLab]]()


def architecture_of(item: pytest.Item) -> Architecture:
    """The architecture of the guests of a test."""
    return "aarch64" if item.path.name.startswith("test_arm64_") else "x86_64"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    boots = {architecture: boots_linux(architecture) for architecture in ARCHITECTURES}
    for item in items:
        if HERE in item.path.parents:
            architecture = architecture_of(item)
            item.add_marker(pytest.mark.nested if architecture == "x86_64" else pytest.mark.nested_arm64)
            item.add_marker(pytest.mark.slow)
            if RESULTS not in os.environ and not boots[architecture]:
                item.add_marker(pytest.mark.qemu)


def is_nested(item: pytest.Item) -> bool:
    """Whether it is a test of this folder."""
    return any(item.get_closest_marker(name) is not None for name in MARKERS)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Run the test in the lab, unless it can run here or must be skipped."""
    if not is_nested(item) or RESULTS in os.environ or boots_linux(architecture_of(item)) or _missing(item):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item, _outcome(item)):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _missing(item: pytest.Item) -> bool:
    """Whether the set-up of the test will say that something is missing."""
    root = item.config.pluginmanager.get_plugin(str(HERE.parent / "conftest.py"))
    return root is not None and root.missing(MARKERS[ARCHITECTURES.index(architecture_of(item))]) is not None


def _outcome(item: pytest.Item) -> Outcome:
    config, architecture = item.config, architecture_of(item)
    labs = config.stash.setdefault(LABS, {})
    if architecture not in labs:
        mine = (other for other in item.session.items if is_nested(other))
        tests = [other.nodeid for other in mine if architecture_of(other) == architecture]
        try:
            lab = OuterLab(architecture)
        except AssertionError as error:
            return Outcome("failed", f"the nested lab does not start\n{error}", 0)
        labs[architecture] = lab
        config.add_cleanup(lab.close)
        lab.start(tests)
    return labs[architecture].outcome(item.nodeid)


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
