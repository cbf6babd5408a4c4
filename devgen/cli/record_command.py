"""``devgen record``: runs a board and records one of its devices."""

from __future__ import annotations

from pathlib import Path

import click

from devgen import Accel, record_run
from devgen.cli.board_run import ACCEL_CHOICE, ACCEL_HELP, TIMEOUT, TIMEOUT_HELP, opened, report
from devgen.cli.colour_option import colour_option
from devgen.cli.stream_options import option as stream_option


@click.command(
    "record",
    epilog="""\b
Examples:
  devgen record pl031-alarm --device rtc -o rtc.jsonl
  devgen replay rtc.jsonl                      what was recorded must replay exactly
  devgen record boards/mine.yaml --device card -o card.jsonl --accel emulator --timeout 10""",
)
@click.argument("board")
@colour_option
@click.option("--device", "name", metavar="NAME", required=True, help="The device to record, by its name on the board.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The trace file to write."
)
@click.option("--accel", type=ACCEL_CHOICE, default="auto", show_default=True, help=ACCEL_HELP)
@click.option("--timeout", type=TIMEOUT, metavar="SECONDS", help=TIMEOUT_HELP)
@stream_option
def command(board: str, name: str, output: Path, accel: Accel, timeout: float | None, streams: tuple[str, ...]) -> int:
    """Run a board and record the trace of a device: its accesses, time, lines, bytes, events and memory accesses.

    `devgen replay` repeats the trace on a simulated clock and compares the results. The run ends like that of `devgen
    run`, with the same exit code. The trace is complete however the run ends.
    """
    with opened(board, accel, streams) as ready:
        recording = record_run(ready, name, output, timeout)
    click.echo(f"devgen: {recording.ops} operations of {name} in {output}", err=True)
    if recording.looped:
        inputs = ", ".join(recording.looped)
        click.echo(f"devgen: the recording does not replay exactly: {name} drove its own {inputs}", err=True)
    return report(recording.result)
