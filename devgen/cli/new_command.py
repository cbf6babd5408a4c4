"""``devgen new``: a description to start from, in a project laid out like this one."""

from __future__ import annotations

from pathlib import Path

import click

from devgen import BUSES, ArgumentError, Bus, new_device


@click.command(
    "new",
    epilog="""\b
Examples:
  devgen new mytimer
  devgen new mycard --bus pci
  devgen new mytimer --dir ~/project""",
)
@click.argument("name")
@click.option(
    "--bus",
    type=click.Choice(BUSES),
    default="sysbus",
    show_default=True,
    help="The bus of the device.",
)
@click.option(
    "--dir",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project's folder; created if it is missing.",
)
def command(name: str, bus: Bus, root: Path) -> None:
    """Create a device: a commented description that builds, and a test for it.

    Writes devices/NAME.yaml and tests/test_NAME.py, and schemas/ for your editor if the project has none. Existing
    files are never overwritten.
    """
    try:
        written = new_device(name, bus=bus, root=root)
    except ArgumentError as error:
        raise click.UsageError(error.message) from error
    for path in written:
        click.echo(f"new    {path}")
    click.echo("next:  devgen build && python -m pytest tests")
