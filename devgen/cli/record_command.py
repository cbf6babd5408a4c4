"""``devgen record``: a board's run, as one of its devices lives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from devgen.cli.accel_option import Accel, Host
from devgen.cli.board_run import ACCEL_HELP, ACCELS, TIMEOUT, TIMEOUT_HELP, report, run_board
from devgen.cli.command_error import InputError
from devgen.cli.stream_options import option as stream_option
from devgen.runtime.base.errors import suggest
from devgen.runtime.device.device import Device
from devgen.runtime.machine.machine import Machine
from devgen.runtime.observe.recorder import Recorder


@click.command(
    "record",
    epilog="""\b
Examples:
  devgen record pl031-alarm --device rtc -o rtc.jsonl
  devgen replay rtc.jsonl                      what was recorded must replay exactly
  devgen record boards/mine.yaml --device card -o card.jsonl --accel emulator --timeout 10""",
)
@click.argument("board")
@click.option("--device", "name", metavar="NAME", required=True, help="The device to record, by its name on the board.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The trace file to write."
)
@click.option("--accel", type=ACCELS, default="auto", show_default=True, help=ACCEL_HELP)
@click.option("--timeout", type=TIMEOUT, metavar="SECONDS", help=TIMEOUT_HELP)
@stream_option
def command(board: str, name: str, output: Path, accel: Accel, timeout: float | None, streams: tuple[str, ...]) -> int:
    """Run a board and record one device's trace: accesses, time, lines, bytes, events and memory it touches.

    `devgen replay` carries the trace out again, on a clock of its own, and compares. The run ends as that of
    `devgen run` does, with the same exit code; the trace is whole however it ends.
    """
    recorded: list[Recorder] = []

    @contextmanager
    def observe(machine: Machine, _host: Host) -> Iterator[None]:
        device = find_device(machine, name)
        with writable(output).open("w", encoding="utf-8") as file, Recorder(machine, device, file) as recorder:
            recorded.append(recorder)
            yield

    result = run_board(board, accel, timeout, observe, streams)
    if recorded[0].error is not None:
        raise InputError(f"{output}: {recorded[0].error.strerror}; the trace is cut off")
    click.echo(f"devgen: {recorded[0].ops} operations of {name} in {output}", err=True)
    return report(result)


def find_device(machine: Machine, name: str) -> Device:
    """The device of that name.

    Raises:
        InputError: the board has none.
    """
    device = machine.devices.get(name)
    if device is None:
        known = ", ".join(machine.devices) or "none"
        raise InputError(f"the board has no device '{name}'{suggest(name, machine.devices)}; it has {known}")
    return device


def writable(path: Path) -> Path:
    """``path``, if a file can be written there.

    Raises:
        InputError: it cannot.
    """
    try:
        path.open("a").close()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    return path
