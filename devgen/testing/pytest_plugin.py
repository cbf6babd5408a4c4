"""The ``bench`` fixture: ``bench("pl031", ...)`` makes a bench and closes it after the test. And pytest's hooks.

pytest loads this module in each run, also in those without devices: it imports devgen's parts when they are needed.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from devgen.hosts.bench import Bench, BenchMaker


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add devgen's options."""
    group = parser.getgroup("devgen", "virtual devices")
    group.addoption(
        "--devgen-registers",
        action="store_true",
        help="check every register of the project's descriptions: reset value, writes, read-only bits, access sizes",
    )
    group.addoption(
        "--devgen-coverage",
        action="store_true",
        help="say which registers, fields, hooks and branches of the project's devices no test has reached",
    )
    group.addoption(
        "--devgen-coverage-report",
        metavar="FORM:DIR",
        help="also write each description with what was not reached; FORM is annotated (text) or html",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Count what tests reach, if that is asked for."""
    report = config.getoption("--devgen-coverage-report")
    if config.getoption("--devgen-coverage") or report:
        from devgen.testing.coverage_plugin import CoveragePlugin

        config.pluginmanager.register(CoveragePlugin(config, report), "devgen-coverage")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the checks of registers, before ``-k`` and the like choose."""
    if config.getoption("--devgen-registers"):
        from devgen.testing.register_items import register_items

        items.extend(register_items(session))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List the checks of registers that could not be made, and why."""
    if config.getoption("--devgen-registers"):
        from devgen.testing.register_items import unchecked

        lines = unchecked(terminalreporter.stats.get("skipped", []))
        if lines:
            terminalreporter.section("registers: what could not be checked")
            for line in lines:
                terminalreporter.write_line(line)


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[BenchMaker]:
    """A factory of benches, each closed after the test.

    Devices are found in the project of the test's file: the nearest one from its folder upwards, else that of pytest's
    root folder.
    """
    from devgen.hosts.bench import Bench
    from devgen.runtime.machine.project_devices import find_project, project_registry

    folder = request.path.parent
    registry = project_registry(folder if find_project(folder) is not None else request.config.rootpath)
    made: list[Bench[Any]] = []

    def make(device: Any, /, **options: Any) -> Bench[Any]:
        options.setdefault("registry", registry)
        made.append(Bench(device, **options))
        return made[-1]

    yield make
    for bench_made in made:
        bench_made.close()


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show registers and fields of a comparison that failed."""
    if "devgen.hosts.bench.register_values" not in sys.modules:
        return None
    from devgen.testing.failure_text import compared

    return compared(op, left, right)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Say where the class of a device is imported that has not been built."""
    report = yield
    if report.failed and "No module named" in (failure := str(report.longrepr)):
        from devgen.testing.missing_builds import missing_build

        told = missing_build(collector.path, failure)
        if told is not None:
            report.sections.append(("devgen", told))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show an error of devgen at the test's line, without devgen's own frames, unless all are asked for."""
    full = item.config.getoption("fulltrace", False)
    if call.excinfo is not None and not full and "devgen.errors" in sys.modules:
        from devgen.testing.hidden_frames import hide_frames

        hide_frames(call.excinfo)
