"""``devgen diff``: what changed between two versions of descriptions, and which of it breaks drivers."""

from __future__ import annotations

import click

from devgen import COMPARISON_FORMS, ComparisonForm, compare

_BREAKING = 3
_COMPATIBLE = 4


@click.command(
    "diff",
    epilog="""\b
Examples:
  devgen diff old/uart.yaml devices/uart.yaml
  devgen diff HEAD:devices devices                what has changed since the last commit
  devgen diff HEAD:boards/pc.yaml boards/pc.yaml  the same of a board
  devgen diff main:devices devices --format markdown""",
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(COMPARISON_FORMS),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 4 if there are only differences that break no driver.")
def command(old: str, new: str, form: ComparisonForm, exit_code: bool) -> int:
    """Report the changes from OLD to NEW as a driver sees them, and which ones break drivers.

    OLD and NEW are description files, folders of them, or files and folders of a git revision (REV:path, as for
    `git show`). Devices and boards are matched by name; two single ones are compared even if their names differ.

    A change is `breaking` if a driver or a board that works with OLD may fail with NEW: a register that moved, was
    removed or narrowed, another reset value, less access; a device of a board that moved or was removed. It is
    `behaviour` if statements, defaults or the guest changed, which only a person can judge. All other changes are
    `compatible`.

    The exit code is 3 if a change is breaking, else 0; 1 and 2 are errors.
    """
    report = compare(old, new)
    click.echo(report.render(form))
    if report.breaking:
        return _BREAKING
    return _COMPATIBLE if exit_code and report.changes else 0
