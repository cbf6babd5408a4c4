"""``devgen new``: a description to start from, in a project laid out like this one."""

from __future__ import annotations

from pathlib import Path

import click

from devgen import BUSES, ArgumentError, Bus, Registry, new_device


@click.command(
    "new",
    epilog="""\b
Examples:
  devgen new mytimer
  devgen new mycard --bus pci --board
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
@click.option("--board", is_flag=True, help="Also write a board, a guest for it and a test that runs the guest.")
def command(name: str, bus: Bus, root: Path, board: bool) -> None:
    """Create a device: a commented description that builds, and a test for it.

    Writes devices/NAME.yaml and tests/test_NAME.py. What the project lacks is written too: pyproject.toml with the
    settings of devgen, pytest, mypy and ruff, .gitignore, a workflow for GitHub, settings for VS Code, and schemas/
    for other editors. Existing files are never overwritten.
    """
    try:
        written = new_device(name, bus=bus, root=root, board=board)
    except ArgumentError as error:
        raise click.UsageError(error.message) from error
    for path in written:
        click.echo(f"new    {path}")
    if name in Registry().names():
        click.echo(
            f"warning: {name} is also a device of devgen's catalogue or of an installed package; "
            "in this project your description is used instead",
            err=True,
        )
    click.echo("next:  devgen build && python -m pytest tests")
    if board:
        click.echo(f"then:  devgen run {root / 'boards' / f'{name}.yaml'}")
