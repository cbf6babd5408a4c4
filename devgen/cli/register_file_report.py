"""What ``import`` and ``export`` print alike: the files that were written, and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import click

from devgen import Finding

_SHOWN: Final = 10
"""Most findings that are printed without --findings."""

FINDINGS_HELP: Final = f"Print all findings; by default the first {_SHOWN}."


class Written(Protocol):
    """A file, and whether it was written or left as it was."""

    @property
    def path(self) -> Path:
        """Its path."""
        ...

    @property
    def change(self) -> str:
        """``new``, ``wrote`` and so on."""
        ...


def print_report(files: Sequence[Written], findings: Sequence[Finding], all_findings: bool) -> None:
    """Print a line for each file, then the first findings, or all."""
    for file in files:
        click.echo(f"{file.change:<10}{file.path}")
    shown = findings if all_findings else findings[:_SHOWN]
    for finding in shown:
        click.echo(str(finding))
    if len(shown) < len(findings):
        click.echo(f"… {len(findings) - len(shown)} more findings; --findings prints all")
