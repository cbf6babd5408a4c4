"""Options of ``run`` that choose another guest, and the machine around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, TypeVar

import click

from devgen import GuestOptions

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--kernel",
        metavar="FILE",
        help="Boot this Linux kernel: bzImage or vmlinux; for a board of type virt, Image or Image.gz.",
    ),
    click.option("--initrd", metavar="FILE", help="Use this initial RAM disk instead of the board's."),
    click.option("--append", metavar="TEXT", default="", help="Add this to the board's kernel command line."),
    click.option("--cpus", type=int, metavar="N", help="The number of processors, instead of the board's."),
    click.option("--no-reboot", is_flag=True, help="End the run when the guest asks for a reset."),
    click.option("--ram", metavar="SIZE", help="The size of RAM, such as '512 MiB', instead of the board's."),
)


def options(command: Command) -> Command:
    """Add the options to a command, which gets them as the parameter ``guest``."""

    @wraps(command)
    def wrapped(*args: Any, no_reboot: bool, **values: Any) -> Any:
        given = {field.name: values.pop(field.name) for field in fields(GuestOptions) if field.name != "on_reset"}
        return command(*args, guest=GuestOptions(**given, on_reset="exit" if no_reboot else None), **values)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]
