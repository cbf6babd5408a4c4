"""The checks of ``pytest --devgen-registers`` as test items, named by register: ``devices/timer.yaml::CTRL reset``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from devgen.common.yaml_files import YamlFiles
from devgen.errors import DevgenError
from devgen.hosts.bench import Bench
from devgen.language import load_device
from devgen.language.reading.description_files import is_board
from devgen.project import ProjectNotFound, load_project
from devgen.runtime.machine.project_devices import project_registry
from devgen.testing.check_plan import Check, plan_checks
from devgen.testing.register_checks import CheckFailed, DeviceChecks

OBSTACLE: Final = "devgen-obstacle"
"""The name of the report's property with what stands in the way of a check."""


def register_items(session: pytest.Session) -> Iterator[pytest.Item]:
    """Yield the checks of every description of the project of pytest's root folder.

    Raises:
        pytest.UsageError: there is no project, or its settings are wrong.
    """
    try:
        folders = load_project(session.config.rootpath).devices
    except ProjectNotFound as error:
        raise pytest.UsageError(f"--devgen-registers: {error}") from error
    except DevgenError as error:
        raise pytest.UsageError(str(error)) from error
    for path in YamlFiles([folder for folder in folders if folder.is_dir()]).files:
        if not is_board(path):
            yield from DescriptionNode.from_parent(session, path=path).collect()


class DescriptionNode(pytest.File):
    """A description, and the bench on which its checks are made."""

    checks: DeviceChecks | None = None
    device = ""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the checks; a description with errors has one item, which fails, and a fragment none."""
        loaded = load_device(self.path)
        if not loaded.ok:
            text = "\n".join(found.text() for found in loaded.diagnostics if found.severity == "error")
            yield BrokenDescription.from_parent(self, name="description", text=text)
        elif loaded.device is not None:
            self.device = loaded.device.name
            for check in plan_checks(loaded.device):
                yield RegisterItem.from_parent(self, name=check.name, check=check)

    def bench_checks(self) -> DeviceChecks:
        """Return the checks on the device's bench. Raises DevgenError if the device cannot be made."""
        if self.checks is None:
            registry = project_registry(self.path.parent)
            self.checks = DeviceChecks(Bench(self.device, registry=registry, log=_drop))
        return self.checks

    def teardown(self) -> None:
        """Close the bench."""
        if self.checks is not None:
            self.checks.bench.close()
            self.checks = None


def _drop(line: str) -> None:
    """Ignore log lines: the checks access bytes without a register on purpose."""


class RegisterItem(pytest.Item):
    """One check of one register."""

    def __init__(self, *, check: Check, **words: Any) -> None:
        super().__init__(**words)
        self.check = check

    def runtest(self) -> None:
        """Make the check, or skip with what stands in the way."""
        if self.check.obstacle:
            self.user_properties.append((OBSTACLE, self.check.obstacle))
            pytest.skip(f"cannot be checked: {self.check.obstacle}")
        node = self.parent
        assert isinstance(node, DescriptionNode)
        node.bench_checks().run(self.check)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the message alone: the place is the description's, not devgen's."""
        if isinstance(excinfo.value, CheckFailed | DevgenError):
            _, line, _ = self.reportinfo()
            return f"{self.path}:{line + 1}: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the file and the line of the register's description, counted from 0."""
        return self.path, self.check.register.described.mark.line - 1, self.name


class BrokenDescription(pytest.Item):
    """A description with errors."""

    def __init__(self, *, text: str, **words: Any) -> None:
        super().__init__(**words)
        self.text = text

    def runtest(self) -> None:
        """Fail with the errors."""
        pytest.fail(self.text, pytrace=False)


def unchecked(reports: list[pytest.TestReport]) -> list[str]:
    """Return lines that list the checks of skipped reports, by what stands in their way."""
    found: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        obstacle = dict(report.user_properties).get(OBSTACLE)
        if obstacle:
            file, _, name = report.nodeid.partition("::")
            found.setdefault((file, str(obstacle)), []).append(name)
    return [f"{file}: {obstacle}: {', '.join(names)}" for (file, obstacle), names in sorted(found.items())]
