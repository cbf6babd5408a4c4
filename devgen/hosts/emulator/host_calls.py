"""What a processor's parts call on the emulator host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class HostCalls:
    """Functions of the host.

    ``notice``: stop the guest before its next instruction, so that the host handles what has happened.
    ``settle``: called after each access, under the machine's lock. ``failed``: a device's handler has raised this
    exception. ``raise_nmi``: make a non-maskable interrupt pending, under the lock.
    """

    notice: Callable[[], None]
    settle: Callable[[], None]
    failed: Callable[[Exception], None]
    raise_nmi: Callable[[], None]
