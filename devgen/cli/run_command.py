"""``devgen run``: a board comes to life."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from devgen.cli.accel import Accel, Host, choose, make_host
from devgen.cli.boards import find_board, load_configuration
from devgen.cli.errors import InputError
from devgen.cli.project import project_registry
from devgen.runtime.errors import RuntimeFault
from devgen.runtime.machine import Machine
from devgen.runtime.run import RunResult

ACCELS = click.Choice(["auto", "kvm", "emulator"])


@click.command(
    "run",
    epilog="""\b
Examples:
  devgen run pl031-alarm                       a board that comes with devgen
  devgen run boards/mine.yaml --accel emulator
  devgen run boards/mine.yaml --timeout 10""",
)
@click.argument("board")
@click.option("--accel", type=ACCELS, default="auto", show_default=True, help="What runs the guest's processor.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="End the run after so long."
)
def command(board: str, accel: Accel, timeout: float | None) -> int:
    """Run a board: its guest, its devices.

    BOARD is a board file, or the name of a board that comes with devgen. The run ends when a device ends it (exit code
    0 if its code is 0, else 1), when the guest halts for good, on Ctrl-C, or after --timeout.
    """
    chosen, why = choose(accel)
    config = load_configuration(find_board(board))
    if config.guest is None:
        raise InputError(f"{board}: the board has no guest to run")
    click.echo(f"devgen: {config.name} on {chosen} ({why})", err=True)
    try:
        with Machine(config, project_registry()) as machine:
            host = make_host(chosen, machine)
            try:
                with stopped_by_signals(host):
                    result = host.run(timeout)
            finally:
                host.close()
    except (RuntimeFault, OSError) as error:
        raise InputError(f"{board}: {error}") from error
    return report(result)


def report(result: RunResult) -> int:
    """Say how the run ended; the command's exit code."""
    click.echo(f"devgen: {result}", err=True)
    return 0 if result.ok else 1


@contextmanager
def stopped_by_signals(host: Host) -> Iterator[None]:
    """Let Ctrl-C and a polite kill end the run in order, so that streams are flushed and the VM is released."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        host.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
