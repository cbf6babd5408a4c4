"""``devgen import``: turns register files of other formats into descriptions."""

from __future__ import annotations

import json
from pathlib import Path

import click

from devgen import ImportReport, Outcome, import_registers
from devgen.cli.paths import PATH
from devgen.cli.register_file_report import FINDINGS_HELP, print_report


@click.command(
    "import",
    epilog="""\b
Examples:
  devgen import chip.svd -o devices/
  devgen import chip.svd -o devices/ --peripheral UART0 --peripheral TIMER0
  devgen import types.rdl chip.rdl -o devices/      SystemRDL files are compiled together
  devgen import chip.svd --patch fixes.yaml -o devices/
  devgen import vendor/*.svd --report-only""",
)
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("-o", "--output", "folder", type=PATH, help="The folder of the descriptions; created if it is missing.")
@click.option("--peripheral", "peripherals", multiple=True, help="Import this peripheral only. May be repeated.")
@click.option(
    "-I",
    "include_dirs",
    multiple=True,
    type=PATH,
    help="A folder of files that SystemRDL includes. May be repeated. -I, --top and --param need an .rdl file.",
)
@click.option(
    "--top", default="", help="The address map of SystemRDL to import. Default: those that no other one uses."
)
@click.option(
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Set a parameter of the SystemRDL address map. May be repeated.",
)
@click.option(
    "--patch",
    "patches",
    multiple=True,
    type=PATH,
    help="Correct the files with this YAML patch first. May be repeated.",
)
@click.option("--report-only", is_flag=True, help="Write no files; print the report of the import.")
@click.option("--findings", "all_findings", is_flag=True, help=FINDINGS_HELP)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the report.",
)
def command(
    files: tuple[Path, ...],
    folder: Path | None,
    peripherals: tuple[str, ...],
    include_dirs: tuple[Path, ...],
    top: str,
    parameters: tuple[str, ...],
    patches: tuple[Path, ...],
    report_only: bool,
    all_findings: bool,
    form: str,
) -> None:
    """Import register files (CMSIS-SVD, SystemRDL, IP-XACT) as descriptions.

    Each peripheral becomes two files below the output folder. NAME.registers.yaml has the structure, and each import
    replaces it. NAME.yaml includes it and is yours: an import creates it and never changes it.

    The report names each part that was renamed, corrected or left out, with its file and line.
    """
    if report_only == (folder is not None):
        raise click.UsageError("Give either -o FOLDER or --report-only.")
    reports = import_registers(
        files,
        folder,
        peripherals=peripherals,
        include_dirs=include_dirs,
        top=top,
        parameters=_parameters(parameters),
        patches=patches,
    )
    if form == "json":
        click.echo(json.dumps([report.json() for report in reports], indent=2))
        return
    for report in reports:
        _print(report, all_findings)


def _parameters(texts: tuple[str, ...]) -> dict[str, int]:
    parameters: dict[str, int] = {}
    for text in texts:
        name, _, value = text.partition("=")
        number = _number(value)
        if not name or number is None:
            raise click.UsageError(f"--param '{text}' is not NAME=NUMBER.")
        if name in parameters:
            raise click.UsageError(f"--param '{text}': {name} has a value already, {parameters[name]}.")
        parameters[name] = number
    return parameters


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _print(report: ImportReport, all_findings: bool) -> None:
    print_report(report.files, report.findings, all_findings)
    counts = ", ".join(f"{count} {outcome.value}" for outcome in Outcome if (count := report.count(outcome)))
    click.echo(
        f"{report.source}: {report.peripherals} peripherals, {report.registers} registers, {report.fields} fields: "
        f"{len(report.devices)} devices; {counts or 'all came over as it stands'}"
    )
