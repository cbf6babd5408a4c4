"""``--stream``: other ends for a board's streams than the board says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import click

from devgen.cli.command_error import InputError
from devgen.runtime.base.errors import suggest
from devgen.runtime.machine.machine_config import MachineConfig

option = click.option(
    "--stream",
    "streams",
    multiple=True,
    metavar="DEVICE.STREAM=END",
    help="Connect a stream to stdio, pty, socket:PATH, file:PATH or null, whatever the board says.",
)


def connected(config: MachineConfig, streams: Iterable[str]) -> MachineConfig:
    """``config`` with these streams connected.

    Raises:
        InputError: a text that is no DEVICE.STREAM=END, or a device that the board does not have.
    """
    for text in streams:
        place, equals, end = text.partition("=")
        device, dot, stream = place.rpartition(".")
        if not (equals and dot and device and stream and end):
            raise InputError(f"--stream {text}: write DEVICE.STREAM=END, as uart.serial=pty")
        names = [one.name for one in config.devices]
        if device not in names:
            raise InputError(f"--stream {text}: the board has no device '{device}'{suggest(device, names)}")
        devices = (
            replace(one, streams={**one.streams, stream: end}) if one.name == device else one for one in config.devices
        )
        config = replace(config, devices=tuple(devices))
    return config
