"""``devgen build``: renders descriptions to the files of targets."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from devgen import (
    BuildReport,
    DevgenError,
    FailedBuild,
    Progress,
    Project,
    ReportForm,
    SourceWatch,
    build_devices,
    list_targets,
    project_targets,
)
from devgen.cli.colour_option import colour_option
from devgen.cli.current_project import description_folders, project_or_none, shown
from devgen.cli.finding_options import chosen_codes, format_option
from devgen.cli.paths import PATH

_DEFAULT: Final = "python"


@click.command(
    "build",
    epilog="""\b
Examples:
  devgen build                                    the project's devices/ into generated/
  devgen build devices/ --check                   exit 1 when generated/ is stale, with the diff; writes nothing
  devgen build --check --format github            the same as annotations of a pull request
  devgen build --watch                            build again whenever a description changes, until Ctrl-C
  devgen build mydevice.yaml -o out/
  devgen build --target c-header -o include/      offsets, masks and resets for a driver in C
  devgen build --target html -o docs/registers/   a page for each device, and an index""",
)
@click.argument("paths", nargs=-1, type=PATH)
@click.option("-t", "--target", help=f"What to build: {', '.join(list_targets())}, or a subfolder of --templates.")
@click.option("-o", "--output", type=PATH, help="Folder to write to.  [default: generated, or generated/TARGET]")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option(
    "--templates",
    type=PATH,
    help="Folder of your templates: a subfolder overrides the target with its name, or is a new target.",
)
@format_option
@colour_option
@click.option("-w", "--watch", is_flag=True, help="Build again whenever a description or a template changes.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and warnings.")
def command(
    paths: tuple[Path, ...],
    target: str | None,
    output: Path | None,
    check: bool,
    templates: Path | None,
    form: ReportForm,
    watch: bool,
    quiet: bool,
) -> int:
    """Compile device descriptions into Python device classes, a C header, or pages about their registers.

    PATHS are YAML files or folders of YAML files. Without PATHS, the project's folders are built: those that
    [tool.devgen] in pyproject.toml lists, by default devices/. The project is searched for from the working directory
    upwards. Without --target, all targets in the project's settings are built, by default `python`.

    Only changed files are rewritten. Each file is replaced atomically, so that an interrupted build leaves either the
    old or the new file. Files that devgen did not write are never replaced.
    """
    if watch and (check or form != "text"):
        raise click.UsageError("--watch cannot be combined with --check or --format.")
    request = _Request(paths, target, output, check, templates, form, quiet)
    return _watch(request) if watch else _build_all(request)


@dataclass(slots=True, frozen=True)
class _Request:
    """The arguments of the command."""

    paths: tuple[Path, ...]
    target: str | None
    output: Path | None
    check: bool
    templates: Path | None
    form: ReportForm
    quiet: bool

    @property
    def silent(self) -> bool:
        """Whether only findings are printed."""
        return self.quiet or self.form != "text"

    def sources(self) -> tuple[Path, ...]:
        """Return the files and folders to build."""
        return self.paths or description_folders()

    def templates_of(self, project: Project | None) -> Path | None:
        """Return the user's folder of templates."""
        return self.templates if self.templates is not None or project is None else project.templates


def _build_all(request: _Request) -> int:
    """Build each target and print the findings. Return the exit code."""
    sources, project = request.sources(), project_or_none()
    known = {} if project is None else {name: shown(folder) for name, folder in project.targets.items()}
    root = Path() if project is None else shown(project.root)
    outputs, templates = _outputs(request.target, request.output, known, root), request.templates_of(project)
    if project is not None and outputs == known and request.templates is None:
        project_targets(project)
    built = {
        name: _build(sources, folder, request.check, request.silent, templates, name)
        for name, folder in outputs.items()
    }
    reports = list(built.values())
    _print_findings(reports, sources, request.form, chosen_codes((), (), project))
    if not request.silent:
        for name, report in built.items():
            print_report(report, request.check, name if len(built) > 1 else "")
    stale = request.check and any(report.stale or report.removed for report in reports)
    return 0 if all(report.ok for report in reports) and not stale else 1


def _watch(request: _Request) -> int:
    """Build, then again after each change, until the user ends it. An error ends no watch: its file will be mended."""
    watch = _watch_sources(request)
    try:
        while True:
            try:
                watch = _watch_sources(request)  # before the build: a change during the build is a change
                _build_all(request)
            except DevgenError as error:
                click.echo(f"devgen: {error}", err=True)
            for path in watch.wait():
                if not request.quiet:
                    click.echo(f"changed  {shown(path)}")
    except KeyboardInterrupt:
        return 0


def _watch_sources(request: _Request) -> SourceWatch:
    return SourceWatch(request.sources(), request.templates_of(project_or_none()))


def _outputs(target: str | None, output: Path | None, known: Mapping[str, Path], root: Path) -> dict[str, Path]:
    """Return the targets to build, each with its output folder; ``root`` is the project's folder."""
    if target is None and output is None and known:
        return dict(known)
    if target is None and output is not None and len(known) > 1 and _DEFAULT not in known:
        raise click.UsageError(f"-o needs --target: the project makes {', '.join(known)}.")
    name = target or _DEFAULT
    default = root / "generated" if name == _DEFAULT else root / "generated" / name
    return {name: output or known.get(name, default)}


def _build(
    sources: tuple[Path, ...], folder: Path, check: bool, quiet: bool, templates: Path | None, target: str
) -> BuildReport:
    progress = None if quiet else print_progress()
    try:
        return build_devices(sources, folder, target=target, check=check, templates=templates, progress=progress)
    except FailedBuild as failed:
        return failed.report


def _print_findings(
    reports: list[BuildReport], sources: tuple[Path, ...], form: ReportForm, codes: dict[str, Any]
) -> None:
    """Print the findings of all targets, each once: as text on standard error, else on standard output."""
    found = dict.fromkeys(diagnostic for report in reports for diagnostic in report.diagnostics)
    if not found and form == "text":
        return
    from devgen import description_files, format_diagnostics, select_diagnostics  # import what a quiet build needs not

    shown_ones = select_diagnostics(found, **codes)
    if form == "text":
        for diagnostic in shown_ones:
            click.echo(diagnostic.text(colour=True), err=True)
        return
    stale = [finding for report in reports for finding in report.stale_findings()]
    text = format_diagnostics([*shown_ones, *stale], form, description_files(sources))
    if text:
        click.echo(text)


def print_progress() -> Progress:
    """Print which description is being compiled, on a terminal and if the build takes longer than a second."""
    started = time.monotonic()
    terminal = sys.stderr.isatty()

    def progress(done: int, total: int, path: Path) -> None:
        if terminal and time.monotonic() - started > 1:
            click.echo(f"[{done + 1}/{total}] {path}", err=True)

    return progress


def print_report(report: BuildReport, check: bool, target: str = "") -> None:
    """Print the files that changed; with ``--check``, those that would change, and the diff; below ``target``.

    Nothing is printed of a target that has an error, whose findings have been printed, and no changed file.
    """
    changed = report.stale if check else report.written
    if target and (changed or report.removed or report.changes or report.ok):
        click.echo(f"{target}:")
    for path in changed:
        click.echo(f"{'stale' if check else 'wrote':<8} {path}")
    for path in report.removed:
        click.echo(f"{'stale' if check else 'removed':<8} {path} (its description is gone)")
    for change in report.changes:
        click.echo(change.diff())
    if not changed and not report.removed and report.ok:
        click.echo(f"{len(report.unchanged)} files, all current")
