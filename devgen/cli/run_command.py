"""``devgen run``: a board comes to life."""

from __future__ import annotations

from contextlib import nullcontext

import click

from devgen.cli.accel import Accel
from devgen.cli.session import ACCEL_HELP, ACCELS, TIMEOUT, TIMEOUT_HELP, report, run_board


@click.command(
    "run",
    epilog="""\b
Examples:
  devgen run pl031-alarm                       a board that comes with devgen
  devgen run boards/mine.yaml --accel emulator
  devgen run boards/mine.yaml --timeout 10""",
)
@click.argument("board")
@click.option("--accel", type=ACCELS, default="auto", show_default=True, help=ACCEL_HELP)
@click.option("--timeout", type=TIMEOUT, metavar="SECONDS", help=TIMEOUT_HELP)
def command(board: str, accel: Accel, timeout: float | None) -> int:
    """Run a board: its guest, its devices.

    BOARD is a board file, or the name of a board that comes with devgen. The run ends when a device ends it (exit code
    0 if its code is 0, else 1), when the guest halts for good, on Ctrl-C, or after --timeout.
    """
    return report(run_board(board, accel, timeout, lambda _machine, _host: nullcontext()))
