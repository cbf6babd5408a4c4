"""``--on-event``: what happens at a device's event."""

from __future__ import annotations

from collections.abc import Iterable

import click

from devgen.cli.command_error import InputError

ACTIONS = (
    "log, ignore, exit, run:COMMAND (a shell command, for at most 10 s) or qmp:SOCKET:COMMAND (a command to a QEMU's "
    "monitor, as qmp:/tmp/qmp.sock:system_reset)"
)

board_option = click.option(
    "--on-event",
    "actions",
    multiple=True,
    metavar="DEVICE.EVENT=ACTION",
    help=f"What an event does, instead of what the board says: {ACTIONS}; exit ends the run. Repeatable.",
)

served_option = click.option(
    "--on-event",
    "actions",
    multiple=True,
    metavar="EVENT=ACTION",
    help=f"What an event of the device does: {ACTIONS}; exit ends the server. All but ignore log it. Repeatable.",
)


def named_actions(texts: Iterable[str], form: str) -> dict[str, str]:
    """Event → action; of two for one event the last counts. ``form`` is what to write, for a message.

    Raises:
        InputError: a text without ``=``, or without a name before it.
    """
    found = {}
    for text in texts:
        event, equals, action = text.partition("=")
        if not (event and equals):
            raise InputError(f"--on-event {text}: write {form}")
        found[event] = action
    return found
