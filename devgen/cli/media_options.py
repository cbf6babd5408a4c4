"""``--medium``: files that hold a device's medium."""

from __future__ import annotations

from collections.abc import Iterable

import click

from devgen.cli.command_error import InputError

option = click.option(
    "--medium",
    "media",
    multiple=True,
    metavar="DEVICE.MEDIUM=FILE",
    help="Keep a medium of a device in FILE, such as disk.medium=disk.img. Repeatable.",
)


def named_media(texts: Iterable[str]) -> dict[str, str]:
    """Return DEVICE.MEDIUM → file. Raises InputError for a text that is not DEVICE.MEDIUM=FILE."""
    found: dict[str, str] = {}
    for text in texts:
        place, _, file = text.partition("=")
        device, dot, medium = place.rpartition(".")
        if not (dot and device and medium and file) or "\0" in file:
            raise InputError(f"--medium {text}: write DEVICE.MEDIUM=FILE, as disk.medium=disk.img")
        found[place] = file
    return found
