"""The options of commands that print findings in descriptions: which of them, and in which format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from devgen import REPORT_FORMS, Project

Command = Callable[..., Any]


def format_option(command: Command) -> Command:
    """Add ``--format``, passed as ``form``."""
    choice = click.Choice(REPORT_FORMS)
    text = "Format of the findings.  [default: text]"
    return click.option("--format", "form", type=choice, default="text", help=text)(command)


def selection_options(command: Command) -> Command:
    """Add ``--select`` and ``--ignore``."""
    ignore = "Hide warnings with these codes, or prefixes of codes. Errors cannot be ignored."
    command = click.option("--ignore", metavar="CODES", multiple=True, help=ignore)(command)
    select = "Show only findings with these codes, or prefixes of codes: DG0609,DG04."
    return click.option("--select", metavar="CODES", multiple=True, help=select)(command)


def chosen_codes(select: tuple[str, ...], ignore: tuple[str, ...], project: Project | None) -> dict[str, Any]:
    """Return the arguments ``select`` and ``ignore`` of the API. Options precede the project's settings."""
    if project is not None and (project.select or project.ignore):
        from devgen import UnknownCodeError, select_diagnostics

        try:
            select_diagnostics((), select=project.select, ignore=project.ignore)
        except UnknownCodeError as error:
            raise UnknownCodeError(f"{project.root / 'pyproject.toml'}: [tool.devgen.check]: {error}") from error
    return {
        "select": select or (project.select if project else ()),
        "ignore": ignore or (project.ignore if project else ()),
    }
