"""A number of seconds on the command line."""

from __future__ import annotations

from math import isnan
from typing import Any

import click

MOST = 1_000_000_000
"""About thirty years; the system's timeouts take no more than a few hundred."""


class Seconds(click.FloatRange):
    """Seconds above 0. ``nan`` and ``inf`` pass as numbers elsewhere; no clock can wait for them."""

    def __init__(self) -> None:
        super().__init__(min=0, max=MOST, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; fails as a usage error."""
        seconds = float(super().convert(value, param, ctx))
        if isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds
