"""``devgen replay``: replays recorded traces against the devices of this project."""

from __future__ import annotations

from pathlib import Path

import click

from devgen import Registry, TraceError, find_traces, project_registry, replay_trace


@click.command(
    "replay",
    epilog="""\b
Examples:
  devgen replay traces/pl031-1.jsonl
  devgen replay traces/                        every .jsonl below the folder
  devgen replay --snapshot-every 1 traces/     save, rebuild and restore the device after each op""",
)
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--snapshot-every",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Save and restore the device every N operations.  [default: never]",
)
@click.option(
    "--device",
    "source",
    metavar="NAME",
    help="The device to replay, for a trace of several devices (devgen run --trace-format json).",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only the traces that fail, and the count.")
def command(traces: tuple[Path, ...], snapshot_every: int, source: str | None, quiet: bool) -> int:
    """Replay traces against devices and compare every value, line, byte and event with its time.

    TRACES are JSON-lines files or folders of such files. The header of each trace names its device. One line is printed
    for each trace: for a difference, the operation, its line in the file, the expected value and the actual value. The
    exit code is 1 if a trace failed.
    """
    files = find_traces(traces)
    registry = project_registry()
    failed = 0
    for path in files:
        fault = _replay(path, registry, snapshot_every, source)
        failed += fault is not None
        if fault is not None or not quiet:
            click.echo(f"FAIL {path}: {fault}" if fault is not None else f"ok   {path}")
    click.echo(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _replay(path: Path, registry: Registry, snapshot_every: int, source: str | None) -> str | None:
    """Replay a trace. Return the first difference or error as one line, or None."""
    try:
        result = replay_trace(path, device=source, snapshot_every=snapshot_every, registry=registry)
    except TraceError as error:
        return str(error).removeprefix(f"{path}: ")
    return None if result.divergence is None else str(result.divergence)
