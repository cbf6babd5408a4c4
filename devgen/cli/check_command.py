"""``devgen check``: reports every error in descriptions and boards, at file:line:column."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from devgen import CheckReport, ReportForm, check, check_text, format_diagnostics
from devgen.cli.colour_option import colour_option
from devgen.cli.current_project import description_folders, project_or_none
from devgen.cli.finding_options import chosen_codes, format_option, selection_options
from devgen.cli.paths import PATH
from devgen.cli.progress_bar import progress_bar

_STDIN = Path("-")
_STDIN_LIMIT = 32 << 20
_EXPLAINED = 8
"""Most bytes that are read of standard input."""


@click.command(
    "check",
    epilog="""\b
Examples:
  devgen check                             the project's descriptions
  devgen check devices/pl031.yaml
  devgen check boards/ --format sarif      for a CI system; also github, gitlab, junit and json
  devgen check --ignore DG0609             without the warnings about unused functions
  devgen check --fix --diff                show what --fix would change
  devgen check - --stdin-filename devices/pl031.yaml < edited.yaml""",
)
@click.argument("paths", nargs=-1, type=PATH)
@format_option
@selection_options
@colour_option
@click.option("-j", "--jobs", type=click.IntRange(1), help="Use at most this many processors.  [default: all]")
@click.option("--fix", is_flag=True, help="Mend the findings that a program can mend, and check again.")
@click.option("--diff", is_flag=True, help="With --fix: write nothing; print the changes, and exit with 1 if any.")
@click.option(
    "--stdin-filename",
    type=PATH,
    help="With - as PATH: the file name of the text. Includes are relative to its folder.",
)
def command(
    paths: tuple[Path, ...],
    form: ReportForm,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    jobs: int | None,
    fix: bool,
    diff: bool,
    stdin_filename: Path | None,
) -> int:
    """Report errors and warnings in device and board descriptions.

    PATHS are YAML files or folders of YAML files; - is standard input. Without PATHS, the project's folders are
    checked. A file with the top-level key `board`, and without `device` and `fragment`, is checked as a board.
    [tool.devgen.check] in pyproject.toml may set `select` and `ignore`. `devgen explain CODE` explains a finding. The
    exit code is 1 if an error was found, shown or not.

    --fix mends findings with a single remedy: misspelled keys and names, words of other tools, quotes. Comments and
    layout stay. Only files in PATHS are changed, not the files that they include. With - as PATH, the mended text is
    printed.
    """
    if diff and not fix:
        raise click.UsageError("--diff needs --fix.")
    codes = chosen_codes(select, ignore, project_or_none())
    if _STDIN in paths:
        if paths != (_STDIN,):
            raise click.UsageError("- is standard input, and cannot be combined with other paths.")
        return _check_stdin(stdin_filename or "<stdin>", form, fix, diff, codes)
    if stdin_filename is not None:
        raise click.UsageError("--stdin-filename needs the path -.")
    if fix:
        return _fix(paths or description_folders(), form, diff, codes)
    with progress_bar("checking") as progress:
        report = check(paths or description_folders(), jobs=jobs, progress=progress, **codes)
    _print(report, form)
    return 0 if report.ok else 1


def _fix(paths: tuple[Path, ...], form: ReportForm, diff: bool, codes: dict[str, Any]) -> int:
    from devgen import fix_files

    result = fix_files(paths, write=not diff, **codes)
    for reason in result.refused:
        click.echo(reason, err=True)
    for file in result.files:
        click.echo(file.diff() if diff else f"mended   {file.path}: {', '.join(file.done)}", err=form != "text")
    if diff:
        return 1 if result.files or not result.report.ok else 0
    _print(result.report, form)
    return 0 if result.report.ok else 1


def _check_stdin(name: str | Path, form: ReportForm, fix: bool, diff: bool, codes: dict[str, Any]) -> int:
    """Check standard input. With ``fix`` the mended text is the output, and findings go to standard error."""
    text = _standard_input()
    if not fix:
        report = check_text(text, name, **codes)
        _print(report, form)
        return 0 if report.ok else 1
    from difflib import unified_diff

    from devgen import fix_text

    mended, report = fix_text(text, name, **codes)
    if diff:
        names = (str(name), str(name))
        click.echo("\n".join(unified_diff(text.splitlines(), mended.splitlines(), *names, lineterm="")))
        return 1 if mended != text or not report.ok else 0
    click.echo(mended, nl=False)
    _print(report, form, err=True)
    return 0 if report.ok else 1


def _standard_input() -> str:
    data = sys.stdin.buffer.read(_STDIN_LIMIT + 1)
    if len(data) > _STDIN_LIMIT:
        raise click.ClickException(f"standard input is larger than {_STDIN_LIMIT >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"standard input is not UTF-8 text: byte at offset {error.start}") from error


def _print(report: CheckReport, form: ReportForm, err: bool = False) -> None:
    text = format_diagnostics(report.diagnostics, form, report.files, colour=True)
    if text:
        click.echo(text, err=err)
    if form == "text":
        click.echo(_summary(report), err=err)
        if report.diagnostics:
            click.echo(_more(report), err=err)


def _more(report: CheckReport) -> str:
    """Return the command that prints the catalogue's entries of the findings, those of errors first."""
    ordered = sorted(report.diagnostics, key=lambda diagnostic: not diagnostic.is_error)
    codes = list(dict.fromkeys(diagnostic.code for diagnostic in ordered))
    return f"causes and cures: devgen explain {' '.join(codes[:_EXPLAINED])}"


def _summary(report: CheckReport) -> str:
    files, errors, hidden = len(report.files), report.errors, report.hidden_errors
    faults = f"{errors or 'no'} error{'s' * (errors != 1)}"
    if hidden:
        faults += f", {hidden} not shown: {'their codes are' if hidden > 1 else 'its code is'} not selected"
    warnings = sum(found.severity == "warning" for found in report.diagnostics)
    if warnings:
        faults += f", {warnings} warning{'s' * (warnings != 1)}"
    return f"{files} file{'s' * (files != 1)} checked, {faults}"
