"""``devgen list``: the devices that a board or a test can name."""

from __future__ import annotations

import json

import click

from devgen.cli.project import project_registry


@click.command(
    "list",
    epilog="""\b
Examples:
  devgen list
  devgen list --format json""",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the list.")
def command(form: str) -> int:
    """List the devices that boards and tests can use, and where each comes from.

    They are those of the project's own generated/ folder, of the built catalogue that comes with devgen, and of
    installed packages that declare the entry point group `devgen.devices`.
    """
    registry = project_registry()
    rows = [(name, *registry.describe(name)) for name in sorted(registry.names())]
    if form == "json":
        click.echo(
            json.dumps([dict(zip(("device", "bus", "title", "source"), row, strict=True)) for row in rows], indent=2)
        )
        return 0
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        click.echo(f"{'  '.join(cells)}  ({row[3]})")
    return 0
