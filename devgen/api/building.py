"""Builds descriptions: writes device classes, C headers, pages and the files of other targets to a folder."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from devgen.api.description_error import DescriptionError, headline
from devgen.build.builder import DEFAULT_TARGET, BuildReport, Progress, build
from devgen.build.target_files import TargetNotFound, find_target, known_targets
from devgen.project import Project, load_project, wrong_setting

AnyPath = str | PathLike[str]


class FailedBuild(DescriptionError):
    """Descriptions have errors, listed in ``diagnostics``. ``report`` lists the files that were built nevertheless."""

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

    ``target`` is ``python`` for device classes, or another of ``list_targets()``. Only changed files are written, and
    each file is replaced atomically. With ``check`` nothing is written: the report's ``stale`` and ``removed`` list the
    files that a build would change. ``templates`` is a user's folder: a subfolder overrides the templates of the target
    with its name, or is a new target. ``progress(done, total, path)`` is called before each description that must be
    compiled. The settings of a project are not read: `build_project` builds what they say.

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


def build_project(
    project: Project | None = None, *, check: bool = False, progress: Progress | None = None
) -> dict[str, BuildReport]:
    """Build a project as its settings say, like ``devgen build`` without options: each target into its folder.

    ``project`` is by default the one that the working directory is in, see `load_project`. The reports are by target.
    ``check`` and ``progress`` are those of `build_devices`.

    Raises:
        ProjectNotFound: the working directory is in no project.
        ProjectError: the settings are wrong, or name an unknown target.
        FailedBuild: descriptions have errors. All other files of all targets have been built.
        BuildError: see `build_devices`.
    """
    project = load_project() if project is None else project
    reports = {
        target: build(project.devices, folder, check, progress, project.templates, target)
        for target, folder in project_targets(project).items()
    }
    for report in reports.values():
        if not report.ok:
            raise FailedBuild(report)
    return reports


def project_targets(project: Project) -> dict[str, Path]:
    """Return the targets in a project's settings, and the folder of each.

    Raises:
        ProjectError: a target is unknown or the folder of templates is missing; the message names the line of
            pyproject.toml.
    """
    if project.templates is not None and not project.templates.is_dir():
        raise wrong_setting(project.root, f"there is no folder of templates {project.templates}", "templates")
    for target in project.targets:
        try:
            find_target(target, project.templates)
        except TargetNotFound as error:
            raise wrong_setting(project.root, str(error), "targets", target) from error
    return dict(project.targets)


def list_targets(templates: AnyPath | None = None) -> list[str]:
    """Return the names of the targets: devgen's own, then those that exist only as subfolders of ``templates``."""
    return known_targets(None if templates is None else Path(templates))
