"""``--stream``: other ends for a board's streams than the board says."""

from __future__ import annotations

from collections.abc import Iterable

import click

from devgen.cli.command_error import InputError

option = click.option(
    "--stream",
    "streams",
    multiple=True,
    metavar="DEVICE.STREAM=END",
    help="Connect a stream to stdio, pty, socket:PATH, file:PATH or null, whatever the board says.",
)


def named_streams(texts: Iterable[str]) -> dict[str, str]:
    """DEVICE.STREAM → its backend; of two texts for one stream the last counts.

    Raises:
        InputError: a text that is no DEVICE.STREAM=END.
    """
    found: dict[str, str] = {}
    for text in texts:
        place, equals, end = text.partition("=")
        device, dot, stream = place.rpartition(".")
        if not (equals and dot and device and stream and end):
            raise InputError(f"--stream {text}: write DEVICE.STREAM=END, as uart.serial=pty")
        found[place] = end
    return found
