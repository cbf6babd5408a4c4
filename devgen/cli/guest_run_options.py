"""``--kernel``, ``--initrd``, ``--append``, ``--cpus``, ``--ram``: another guest, and the machine around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from devgen import GuestOptions

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--kernel", metavar="FILE", help="Boot this Linux kernel (bzImage or vmlinux)."),
    click.option("--initrd", metavar="FILE", help="The kernel's initial RAM disk."),
    click.option("--append", metavar="TEXT", default="", help="Add this to the kernel's command line."),
    click.option("--cpus", type=int, metavar="N", help="The number of processors."),
    click.option("--ram", metavar="SIZE", help="The size of RAM, as '512 MiB'."),
)


def options(command: Command) -> Command:
    """Add the options to a command, which gets them as the parameter ``guest``."""

    @wraps(command)
    def wrapped(
        *args: Any, kernel: str | None, initrd: str | None, append: str, cpus: int | None, ram: str | None, **rest: Any
    ) -> Any:
        return command(*args, guest=GuestOptions(kernel, initrd, append, cpus, ram), **rest)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]
