"""``--stream``: backends that replace those of the board's streams."""

from __future__ import annotations

from collections.abc import Iterable

import click

from devgen.cli.command_error import InputError

option = click.option(
    "--stream",
    "streams",
    multiple=True,
    metavar="DEVICE.STREAM=BACKEND",
    help="Connect a stream to stdio, pty, socket:PATH, file:PATH, input:PATH, random or null. Repeatable.",
)


def named_streams(texts: Iterable[str]) -> dict[str, str]:
    """Return DEVICE.STREAM → backend. The last value for a stream takes precedence.

    Raises InputError for a text that is not DEVICE.STREAM=BACKEND.
    """
    found: dict[str, str] = {}
    for text in texts:
        place, equals, end = text.partition("=")
        device, dot, stream = place.rpartition(".")
        if not (equals and dot and device and stream and end):
            raise InputError(f"--stream {text}: write DEVICE.STREAM=BACKEND, as uart.serial=pty")
        found[place] = end
    return found
