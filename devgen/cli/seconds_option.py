"""The type of a number of seconds on the command line."""

from __future__ import annotations

from math import isnan
from typing import Any

import click

MOST = 1_000_000_000
"""The upper limit in seconds, about thirty years; system calls accept timeouts of at most a few hundred years."""


class Seconds(click.FloatRange):
    """A number of seconds above 0. ``nan`` and ``inf`` are refused, since no clock can wait for them."""

    def __init__(self) -> None:
        super().__init__(min=0, max=MOST, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number. Any other text is a usage error."""
        seconds = float(super().convert(value, param, ctx))
        if isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds
