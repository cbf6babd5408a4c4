"""``devgen run``: runs a board."""

from __future__ import annotations

from contextlib import ExitStack

import click

from devgen import Accel, GuestOptions, Watch
from devgen.cli.access_table import table
from devgen.cli.board_run import ACCEL_CHOICE, ACCEL_HELP, TIMEOUT, TIMEOUT_HELP, opened, report
from devgen.cli.colour_option import colour_option
from devgen.cli.event_options import board_option
from devgen.cli.guest_run_options import options as guest_options
from devgen.cli.media_options import option as media_option
from devgen.cli.stream_options import option as stream_option
from devgen.cli.watch_options import TracingCommand, options


@click.command(
    "run",
    cls=TracingCommand,
    epilog="""\b
Examples:
  devgen run pl031-alarm                       a board that comes with devgen
  devgen run boards/mine.yaml --accel emulator
  devgen run boards/mine.yaml --timeout 10
  devgen run boards/pc.yaml --kernel vmlinux --initrd initrd.cpio --append 'console=ttyS0' --cpus 2 --ram '1 GiB'
  devgen run boards/mine.yaml --stream uart.serial=pty
  devgen run boards/mine.yaml --on-event 'panic.GUEST_PANICKED=run:mail -s panic me </dev/null'
  devgen run pl031-alarm --trace               each access, by register and field
  devgen run pl031-alarm --trace=all --trace-filter rtc
  devgen run pl031-alarm --vcd lines.vcd       for GTKWave
  devgen run pl031-alarm --stats               accesses by device, at the end""",
)
@click.argument("board")
@colour_option
@click.option("--accel", type=ACCEL_CHOICE, default="auto", show_default=True, help=ACCEL_HELP)
@click.option("--timeout", type=TIMEOUT, metavar="SECONDS", help=TIMEOUT_HELP)
@stream_option
@media_option
@board_option
@guest_options
@click.option("--stats", is_flag=True, help="At the end, print how often the guest accessed each region.")
@options
def command(
    board: str,
    accel: Accel,
    timeout: float | None,
    streams: tuple[str, ...],
    media: tuple[str, ...],
    actions: tuple[str, ...],
    guest: GuestOptions,
    stats: bool,
    watching: Watch,
) -> int:
    """Run a board: its guest with its devices.

    BOARD is a board file, or the name of a board that comes with devgen. It can use the devices that `devgen list`
    shows in this folder. The run ends when a device ends it (exit code 0 if the device's code is 0, else 1), when the
    guest halts forever, on Ctrl-C, or after --timeout. If the guest reads the terminal, Ctrl-C is sent to the guest,
    and Ctrl-A x ends the run.
    """
    with opened(board, accel, streams, actions, guest, media) as ready:
        with ready.watch(watching), ExitStack() as stack:
            counts = stack.enter_context(ready.count_accesses()) if stats else None
            result = ready.run(timeout)
        if counts is not None:
            click.echo(table(counts.counts()), err=True)
        return report(result)
