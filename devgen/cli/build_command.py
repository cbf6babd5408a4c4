"""``devgen build``: renders descriptions to the files of targets."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from devgen import (
    BuildReport,
    FailedBuild,
    Progress,
    ReportForm,
    build_devices,
    list_targets,
    project_targets,
)
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
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and warnings.")
def command(
    paths: tuple[Path, ...],
    target: str | None,
    output: Path | None,
    check: bool,
    templates: Path | None,
    form: ReportForm,
    quiet: bool,
) -> int:
    """Compile device descriptions into Python device classes, a C header, or pages about their registers.

    PATHS are YAML files or folders of YAML files. Without PATHS, the project's folders are built: those that
    [tool.devgen] in pyproject.toml lists, by default devices/. The project is searched for from the working directory
    upwards. Without --target, all targets in the project's settings are built, by default `python`.

    Only changed files are rewritten. Each file is replaced atomically, so that an interrupted build leaves either the
    old or the new file. Files that devgen did not write are never replaced.
    """
    sources = paths or description_folders()
    project = project_or_none()
    if templates is None and project is not None:
        templates = project.templates
    known = {} if project is None else {name: shown(folder) for name, folder in project.targets.items()}
    silent = quiet or form != "text"
    outputs = _outputs(target, output, known)
    if project is not None and outputs == known:
        project_targets(replace(project, templates=templates))
    built = {name: _build(sources, folder, check, silent, templates, name) for name, folder in outputs.items()}
    reports = list(built.values())
    _print_findings(reports, sources, form, chosen_codes((), (), project))
    if not silent:
        for name, report in built.items():
            print_report(report, check, name if len(built) > 1 else "")
    return 0 if all(report.ok and not (check and (report.stale or report.removed)) for report in reports) else 1


def _outputs(target: str | None, output: Path | None, known: Mapping[str, Path]) -> dict[str, Path]:
    """Return the targets to build, each with its output folder."""
    if target is None and output is None and known:
        return dict(known)
    if target is None and output is not None and len(known) > 1 and _DEFAULT not in known:
        raise click.UsageError(f"-o needs --target: the project makes {', '.join(known)}.")
    name = target or _DEFAULT
    default = Path("generated") if name == _DEFAULT else Path("generated", name)
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
            click.echo(diagnostic.text(), err=True)
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
    """Print the files that changed; with ``--check``, those that would change, and the diff; below ``target``."""
    changed = report.stale if check else report.written
    if target:
        click.echo(f"{target}:")
    for path in changed:
        click.echo(f"{'stale' if check else 'wrote':<8} {path}")
    for path in report.removed:
        click.echo(f"{'stale' if check else 'removed':<8} {path} (its description is gone)")
    for change in report.changes:
        click.echo(change.diff())
    if not changed and not report.removed and report.ok:
        click.echo(f"{len(report.unchanged)} files, all current")
