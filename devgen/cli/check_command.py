"""``devgen check``: reports every error in descriptions and boards, at file:line:column."""

from __future__ import annotations

import json
from pathlib import Path

import click

from devgen import check_files, description_files
from devgen.cli.current_project import description_folders
from devgen.cli.paths import PATH


@click.command(
    "check",
    epilog="""\b
Examples:
  devgen check                          the project's descriptions
  devgen check devices/pl031.yaml
  devgen check boards/ --format json    for an editor or a CI annotation""",
)
@click.argument("paths", nargs=-1, type=PATH)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Format of the diagnostics."
)
def command(paths: tuple[Path, ...], form: str) -> int:
    """Report errors and warnings in device and board descriptions.

    PATHS are YAML files or folders of YAML files. Without PATHS, the project's folders are checked. A file with the
    top-level key `board`, and without `device` and `fragment`, is checked as a board. The exit code is 1 if an error
    was found.
    """
    named = paths or description_folders()
    files = description_files(named)
    diagnostics = check_files(named)
    errors = sum(1 for diagnostic in diagnostics if diagnostic.is_error)
    if form == "json":
        click.echo(json.dumps([diagnostic.json() for diagnostic in diagnostics], indent=2))
    else:
        for diagnostic in diagnostics:
            click.echo(diagnostic.text())
        faults = "no errors" if not errors else f"{errors} error{'s' * (errors != 1)}"
        click.echo(f"{len(files)} file{'s' * (len(files) != 1)} checked, {faults}")
    return 1 if errors else 0
