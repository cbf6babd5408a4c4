"""pytest's hooks of ``--devgen-coverage``: count in each process, add up, report at the end."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest

from devgen.common.guarded_files import make_folder
from devgen.errors import DevgenError
from devgen.project import load_project
from devgen.testing.coverage_findings import DeviceCoverage
from devgen.testing.coverage_recorder import CoverageRecorder
from devgen.testing.coverage_report import FORMS, cover_project, report_lines, write_report

_DATA: Final = "devgen_coverage"
"""The key of a pytest-xdist worker's data."""


class CoveragePlugin:
    """The hooks of one run; of pytest-xdist's processes, the workers count and the controller reports."""

    def __init__(self, config: pytest.Config, report: str | None) -> None:
        try:
            self.project = load_project(config.rootpath)
        except DevgenError as error:
            raise pytest.UsageError(f"--devgen-coverage: {error}") from error
        self.report = None if report is None else parsed_report(report)
        self.recorder = CoverageRecorder(self.project.built)
        self.worker = hasattr(config, "workerinput")
        if self.report is not None and not self.worker:
            _make_folder(self.report[1])
        self.recorder.install()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Count the lines that a test reaches, in its fixtures too."""
        with self.recorder.counting():
            return (yield)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop counting; hand a worker's data to the controller."""
        self.session = session
        self.recorder.uninstall()
        if self.worker:
            session.config.workeroutput[_DATA] = self.recorder.data.to_plain()  # type: ignore[attr-defined]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add a worker's data (pytest-xdist)."""
        data = getattr(node, "workeroutput", {}).get(_DATA)
        if data is not None:
            self.recorder.data.merge(data)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what was not reached, and write the annotated descriptions."""
        devices, notes = cover_project(self.project, self.recorder.data)
        terminalreporter.section("coverage of devices")
        for line in report_lines(devices, notes):
            terminalreporter.write_line(line)
        if self.report is not None:
            self._write(terminalreporter, *self.report, devices)

    def _write(
        self, terminalreporter: pytest.TerminalReporter, form: str, folder: Path, devices: list[DeviceCoverage]
    ) -> None:
        """Write the report; if that fails, the run fails."""
        try:
            for path in write_report(form, folder, devices):
                terminalreporter.write_line(f"wrote {path}")
        except OSError as error:
            terminalreporter.write_line(f"--devgen-coverage-report: {error.filename}: {error.strerror}", red=True)
            self.session.exitstatus = pytest.ExitCode.USAGE_ERROR


def parsed_report(report: str) -> tuple[str, Path]:
    """Return the form and the folder of a report. Raises pytest.UsageError."""
    form, colon, folder = report.partition(":")
    if form not in FORMS or not colon or not folder:
        raise pytest.UsageError(f"--devgen-coverage-report is annotated:DIR or html:DIR, not '{report}'")
    return form, Path(folder)


def _make_folder(folder: Path) -> None:
    """Make the report's folder before the tests run. Raises pytest.UsageError."""
    try:
        make_folder(folder)
    except OSError as error:
        raise pytest.UsageError(f"--devgen-coverage-report: {folder}: {error.strerror}") from error
