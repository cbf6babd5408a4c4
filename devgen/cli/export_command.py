"""``devgen export``: turns descriptions into register files of other formats."""

from __future__ import annotations

import json
from pathlib import Path

import click

from devgen import EXPORT_FORMS, ExportForm, export_devices
from devgen.cli.paths import PATH
from devgen.cli.register_file_report import FINDINGS_HELP, print_report


@click.command(
    "export",
    epilog="""\b
Examples:
  devgen export --format systemrdl devices/hpet.yaml -o hpet.rdl
  devgen export --format systemrdl devices/ -o rdl/        a file for each device
  devgen export --format systemrdl devices/ -o all.rdl     one file with all devices
  devgen export --format svd boards/small-pc.yaml -o pc.svd    a chip: the board's devices at their addresses
  devgen export --format ipxact devices/pl011.yaml -o pl011.xml""",
)
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--format", "form", type=click.Choice(EXPORT_FORMS), required=True, help="The format of the files.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    required=True,
    help="One file for all devices, if the name ends in .rdl, .svd or .xml, as the format's do; else a folder.",
)
@click.option(
    "--report", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Format of the report."
)
@click.option("--findings", "all_findings", is_flag=True, help=FINDINGS_HELP)
def command(paths: tuple[Path, ...], form: ExportForm, output: Path, report: str, all_findings: bool) -> None:
    """Export device descriptions as register files of other formats.

    PATHS are description files or folders of them. SVD and IP-XACT also take board files. The report names each part
    of a description that the format cannot express, with its file and line.
    """
    made = export_devices(paths, output, form=form)
    if report == "json":
        click.echo(json.dumps(made.json(), indent=2))
    else:
        print_report(made.files, made.findings, all_findings)
