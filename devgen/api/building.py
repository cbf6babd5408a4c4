"""Build descriptions: device classes and whatever else the templates render, written to a folder."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from devgen.api.description_error import DescriptionError, headline
from devgen.build.builder import BuildReport, Progress, build

AnyPath = str | PathLike[str]


class FailedBuild(DescriptionError):
    """Descriptions have errors, listed in ``diagnostics``; ``report`` says what was built all the same."""

    def __init__(self, report: BuildReport) -> None:
        super().__init__(headline(report.diagnostics), report.diagnostics)
        self.report = report


def build_devices(
    paths: Iterable[AnyPath] = ("devices",),
    output: AnyPath = "generated",
    *,
    check: bool = False,
    templates: AnyPath | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Compile the descriptions that ``paths`` name, files or folders, into Python classes in the folder ``output``.

    Only what changed is written, and each file is replaced in one step. ``check`` writes nothing: the report's
    ``stale`` and ``removed`` say what a build would change. ``templates`` is a folder of templates that override
    devgen's own by name. ``progress(done, total, path)`` is called before each description that has to be compiled.

    Raises:
        FailedBuild: descriptions have errors. They keep their old modules; all others have been built.
        BuildError: a path or the folder of templates is missing, two descriptions make the same module, a file that no
            build wrote is in the way, a template is broken, or the folder cannot be written. Nothing was written.
    """
    folder = None if templates is None else Path(templates)
    report = build([Path(path) for path in paths], Path(output), check, progress, folder)
    if not report.ok:
        raise FailedBuild(report)
    return report
