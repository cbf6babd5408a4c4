"""``--color`` and the variables of the environment that choose colour."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

_CHOICES = {"auto": None, "always": True, "never": False}


def colour_option(command: Command) -> Command:
    """Add ``--color``. The choice is the context's: ``click.echo`` removes colour where it is not wanted."""
    return click.option(
        "--color",
        type=click.Choice(list(_CHOICES)),
        default="auto",
        expose_value=False,
        is_eager=True,
        callback=_choose,
        help="Colour the findings. auto: on a terminal, unless NO_COLOR is set; FORCE_COLOR colours a pipe, too.",
    )(command)


def _choose(context: click.Context, _parameter: click.Parameter, value: str) -> None:
    context.color = environment_colour() if _CHOICES[value] is None else _CHOICES[value]


def environment_colour() -> bool | None:
    """Return what the environment says about colour (no-color.org, force-color.org); None: colour on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None
