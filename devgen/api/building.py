"""Build descriptions: device classes, C headers, pages and what else there are targets for, written to a folder."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from devgen.api.description_error import DescriptionError, headline
from devgen.build.builder import DEFAULT_TARGET, BuildReport, Progress, build
from devgen.build.target_files import known_targets

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
    target: str = DEFAULT_TARGET,
    check: bool = False,
    templates: AnyPath | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Render the descriptions that ``paths`` name, files or folders, into the folder ``output``.

    ``target`` says as what: ``python`` for device classes, or another of ``list_targets()``. Only what changed is
    written, and each file is replaced in one step. ``check`` writes nothing: the report's ``stale`` and ``removed``
    say what a build would change. ``templates`` is a folder of the user's: a subfolder overrides the templates of the
    target of its name, or is a target of its own. ``progress(done, total, path)`` is called before each description
    that has to be compiled.

    Raises:
        FailedBuild: descriptions have errors. They keep their old files; all others have been built.
        BuildError: a path, the target or the folder of templates is missing, two descriptions make the same file, a
            file that no build wrote is in the way, the folder has the files of another target, a template is broken or
            not used, or the folder cannot be written. Nothing was written.
    """
    folder = None if templates is None else Path(templates)
    report = build([Path(path) for path in paths], Path(output), check, progress, folder, target)
    if not report.ok:
        raise FailedBuild(report)
    return report


def list_targets(templates: AnyPath | None = None) -> list[str]:
    """The names of the targets: devgen's own, then those that are subfolders of ``templates`` only."""
    return known_targets(None if templates is None else Path(templates))
