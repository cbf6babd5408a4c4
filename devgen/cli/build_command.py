"""``devgen build``: descriptions in, Python device classes out."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from devgen import BuildReport, FailedBuild, Progress, build_devices
from devgen.cli.paths import PATH


@click.command(
    "build",
    epilog="""\b
Examples:
  devgen build                          devices/ into generated/
  devgen build devices/ --check         exit 1 when generated/ is stale; writes nothing
  devgen build mydevice.yaml -o out/""",
)
@click.argument("paths", nargs=-1, type=PATH)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default=Path("generated"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file would change.")
@click.option("--templates", type=PATH, help="Folder of templates that override the built-in ones by name.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what went wrong.")
def command(paths: tuple[Path, ...], output: Path, check: bool, templates: Path | None, quiet: bool) -> int:
    """Compile device descriptions into Python device classes.

    PATHS are YAML files or folders of them; without any, devices/ is built. Only what changed is rewritten, and each
    file is replaced in one step: interrupted at any moment, it is the old or the new one.
    """
    try:
        report = build_devices(
            paths or (Path("devices"),),
            output,
            check=check,
            templates=templates,
            progress=None if quiet else print_progress(),
        )
    except FailedBuild as failed:
        report = failed.report
    for diagnostic in report.diagnostics:
        click.echo(diagnostic.text(), err=True)
    if not quiet:
        print_report(report, check)
    stale = check and bool(report.stale or report.removed)
    return 0 if report.ok and not stale else 1


def print_progress() -> Progress:
    """Say which description is being compiled, once a build takes longer than a second; on a terminal only."""
    started = time.monotonic()
    terminal = sys.stderr.isatty()

    def progress(done: int, total: int, path: Path) -> None:
        if terminal and time.monotonic() - started > 1:
            click.echo(f"[{done + 1}/{total}] {path}", err=True)

    return progress


def print_report(report: BuildReport, check: bool) -> None:
    """Print what changed, or what would."""
    changed = report.stale if check else report.written
    for path in changed:
        click.echo(f"{'stale' if check else 'wrote':<8} {path}")
    for path in report.removed:
        click.echo(f"{'stale' if check else 'removed':<8} {path} (its description is gone)")
    if not changed and not report.removed and report.ok:
        click.echo(f"{len(report.unchanged)} files, all current")
