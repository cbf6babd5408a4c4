"""``devgen list``: the devices that a board or a test can name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import click

from devgen import DeviceEntry, Statistics, describe_boards, list_devices, list_todo, measure_devices

DECLARED = 1.0
"""The share of a device's behaviour that its description contains: always 100 %, since it cannot call Python."""

_SIZES = ("YAML lines", "registers", "fields", "behaviour", "declared")


@click.command(
    "list",
    epilog="""\b
Examples:
  devgen list
  devgen list --stats
  devgen list --todo
  devgen list --boards
  devgen list --format json""",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Format of the list.")
@click.option("--stats", is_flag=True, help="Print the sizes of the descriptions instead of the devices' titles.")
@click.option("--todo", is_flag=True, help="List the parts that are described as external and have no behaviour yet.")
@click.option("--boards", is_flag=True, help="List the project's boards, imported ones included, and devgen's boards.")
def command(form: str, stats: bool, todo: bool, boards: bool) -> int:
    """List the devices that boards and tests can use, and their origins.

    The devices come from the project's own generated/ folder, from the built catalogue that comes with devgen, and from
    installed packages that declare the entry point group `devgen.devices`.

    --stats adds columns for each device whose description is in devices/ of the project or of devgen: lines of YAML
    (including included files, without blank lines and comments), registers and fields as declared, lines of behaviour,
    and the share of the device's behaviour in the description. The share is always 100 %, since a description cannot
    call Python.

    --todo lists the registers, interrupts and GPIO outputs of the project that are described as external and have no
    behaviour yet, each with its file and line. An import describes all of them as external. Without a project, the
    devices of devgen are searched.

    --boards lists the boards in the project's devices folder, with the type of the machine and the number of devices,
    and those that come with devgen. Commands and tests take the name of a board in place of its file.
    """
    if todo + stats + boards > 1:
        raise click.UsageError("--todo, --stats and --boards cannot be combined")
    if boards:
        _print_boards(form)
        return 0
    if todo:
        _print_todo(form)
        return 0
    devices = list_devices()
    sizes = measure_devices() if stats else {}
    if form == "json":
        click.echo(json.dumps([_entry(device, sizes.get(device.name)) for device in devices], indent=2))
    elif stats:
        _print_sizes([device.name for device in devices], sizes)
    else:
        _print_table([(device.name, device.bus, device.title, f"({device.source})") for device in devices])
    return 0


def _print_boards(form: str) -> None:
    found = describe_boards()
    if form == "json":
        click.echo(json.dumps([{**asdict(board), "file": str(board.file)} for board in found], indent=2))
    elif found:
        _print_table(
            [
                (board.name, board.machine, f"{len(board.devices)} devices", board.title, f"({board.file})")
                for board in found
            ]
        )


def _entry(device: DeviceEntry, sizes: Statistics | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "device": device.name,
        "bus": device.bus,
        "title": device.title,
        "source": device.source,
    }
    if sizes is not None:
        entry["lines"], entry["registers"], entry["fields"] = sizes.lines, sizes.registers, sizes.fields
        entry["behaviour_lines"], entry["declared"] = sizes.behaviour, DECLARED
    return entry


def _print_todo(form: str) -> None:
    parts = list_todo()
    if form == "json":
        click.echo(json.dumps([{**asdict(part), "file": str(part.file)} for part in parts], indent=2))
        return
    rows = [(part.device, part.kind, part.name, f"{part.file}:{part.line}", part.title) for part in parts]
    if rows:
        _print_table(rows)
    click.echo(f"{len(rows)} to be written")


def _print_sizes(names: Iterable[str], sizes: dict[str, Statistics]) -> None:
    rows = []
    for name in names:
        size = sizes.get(name)
        numbers = ["-"] * len(_SIZES)
        if size is not None:
            numbers = [str(count) for count in (size.lines, size.registers, size.fields, size.behaviour)]
            numbers.append(f"{DECLARED:.0%}")
        rows.append((name, *(cell.rjust(len(head)) for cell, head in zip(numbers, _SIZES, strict=True))))
    _print_table([("device", *_SIZES), *rows])


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print columns, each as wide as its widest cell. The last column is not padded."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for row in rows:
        click.echo(
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        )
