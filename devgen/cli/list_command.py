"""``devgen list``: the devices that a board or a test can name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from devgen import DeviceEntry, Statistics, list_devices, measure_devices

DECLARED = 1.0
"""The share of a device's behaviour that its description holds: the language has no way out into Python."""

_SIZES = ("YAML lines", "registers", "fields", "behaviour", "declared")


@click.command(
    "list",
    epilog="""\b
Examples:
  devgen list
  devgen list --stats
  devgen list --format json""",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the list.")
@click.option("--stats", is_flag=True, help="Print the sizes of the descriptions instead of the devices' titles.")
def command(form: str, stats: bool) -> int:
    """List the devices that boards and tests can use, and where each comes from.

    They are those of the project's own generated/ folder, of the built catalogue that comes with devgen, and of
    installed packages that declare the entry point group `devgen.devices`.

    With --stats, for each one whose description is in devices/ of the project or of devgen: lines of YAML (with what it
    includes, without blank lines and comments), registers and fields as declared, lines of these that are behaviour,
    and the share of the device's behaviour that they are: all of it, since a description has no way out into Python.
    """
    devices = list_devices()
    sizes = measure_devices() if stats else {}
    if form == "json":
        click.echo(json.dumps([_entry(device, sizes.get(device.name)) for device in devices], indent=2))
    elif stats:
        _print_sizes([device.name for device in devices], sizes)
    else:
        _print_table([(device.name, device.bus, device.title, f"({device.source})") for device in devices])
    return 0


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
    """Print columns, each as wide as its widest cell; the last one is not filled up."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))
