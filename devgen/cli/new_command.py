"""``devgen new``: a description to start from, in a project laid out like this one."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from devgen import BUSES, ArgumentError, Bus, Finding, Registry, new_device, new_imported_device
from devgen.cli.paths import PATH
from devgen.cli.register_file_report import FINDINGS_HELP, print_report


@click.command(
    "new",
    epilog="""\b
Examples:
  devgen new mytimer
  devgen new mycard --bus pci --board
  devgen new mytimer --dir ~/project
  devgen new --from sensor.svd --peripheral I2C0 --board""",
)
@click.argument("name", required=False)
@click.option(
    "--bus",
    type=click.Choice(BUSES),
    help="The bus of the device.  [default: sysbus]",
)
@click.option("--from", "source", type=PATH, help="Take the registers from this file: SVD, SystemRDL or IP-XACT.")
@click.option("--peripheral", default="", help="The peripheral to take; needed if the file has several.")
@click.option(
    "--patch", "patches", multiple=True, type=PATH, help="Correct the file with this YAML patch first. May be repeated."
)
@click.option(
    "--dir",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project's folder; created if it is missing.  [default: the current one]",
)
@click.option("--findings", "all_findings", is_flag=True, help=f"With --from: {FINDINGS_HELP}")
@click.option("--board", is_flag=True, help="Also write a board, a guest for it and a test that runs the guest.")
def command(
    name: str | None,
    bus: Bus | None,
    source: Path | None,
    peripheral: str,
    patches: tuple[Path, ...],
    root: Path,
    all_findings: bool,
    board: bool,
) -> None:
    """Create a device: a commented description that builds, and a test for it.

    Writes devices/NAME.yaml and tests/test_NAME.py, and the project's files that are missing: pyproject.toml with the
    settings of devgen, pytest, mypy and ruff, .gitignore, a workflow for GitHub, settings for VS Code, and schemas/
    for other editors. Existing files are never overwritten.

    With --from, the device is a peripheral of a register file. Its name is CHIP-PERIPHERAL, as `devgen import` calls
    it: devices/NAME.registers.yaml has the registers, and a later import replaces it; devices/NAME.yaml is yours. What
    did not come over as it stands is printed, as `devgen import` does.
    """
    findings: tuple[Finding, ...] = ()
    try:
        if source is not None:
            _check_imported(name, bus)
            made = new_imported_device(source, peripheral, root=root, board=board, patches=patches)
            name, written, findings = made.name, made.files, made.findings
        elif peripheral or patches or all_findings:
            raise click.UsageError("--peripheral, --patch and --findings need --from FILE.")
        elif name is None:
            raise click.UsageError("Give the device's NAME, or --from FILE.")
        else:
            written = new_device(name, bus=bus or "sysbus", root=root, board=board)
    except ArgumentError as error:
        raise click.UsageError(error.message) from error
    for path in written:
        click.echo(f"new    {path}")
    print_report((), findings, all_findings)
    if name in Registry().names():
        click.echo(
            f"warning: {name} is also a device of devgen's catalogue or of an installed package; "
            "in this project your description is used instead",
            err=True,
        )
    enter = "" if root == Path() else f"cd {shlex.quote(str(root))} && "
    click.echo(f"next:  {enter}devgen build && python -m pytest tests")
    if board:
        click.echo(f"then:  devgen run boards/{name}.yaml")


def _check_imported(name: str | None, bus: Bus | None) -> None:
    """Refuse what the register file decides."""
    if name is not None:
        raise click.UsageError(f"'{name}' with --from: the device is called CHIP-PERIPHERAL; leave the name out.")
    if bus not in (None, "sysbus"):
        raise click.UsageError(f"--bus {bus} with --from: a peripheral of a register file is on the sysbus.")
