"""``devgen list``: the devices that a board or a test can name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from devgen.cli.project_devices import project_registry
from devgen.share import find_share

if TYPE_CHECKING:
    from devgen.language.statistics import Statistics

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
    registry = project_registry()
    rows = [(name, *registry.describe(name)) for name in sorted(registry.names())]
    sizes = _sizes() if stats else {}
    if form == "json":
        click.echo(json.dumps([_entry(row, sizes.get(row[0]) if stats else None) for row in rows], indent=2))
    elif stats:
        _print_sizes([row[0] for row in rows], sizes)
    else:
        _print_table([(*row[:3], f"({row[3]})") for row in rows])
    return 0


def _entry(row: Sequence[str], sizes: Statistics | None) -> dict[str, Any]:
    entry: dict[str, Any] = dict(zip(("device", "bus", "title", "source"), row, strict=True))
    if sizes is not None:
        entry["lines"], entry["registers"], entry["fields"] = sizes.lines, sizes.registers, sizes.fields
        entry["behaviour_lines"], entry["declared"] = sizes.behaviour, DECLARED
    return entry


def _print_sizes(names: Iterable[str], sizes: dict[str, Statistics]) -> None:
    rows = []
    for name in names:
        one = sizes.get(name)
        numbers = ["-"] * len(_SIZES)
        if one is not None:
            numbers = [str(count) for count in (one.lines, one.registers, one.fields, one.behaviour)]
            numbers.append(f"{DECLARED:.0%}")
        rows.append((name, *(cell.rjust(len(head)) for cell, head in zip(numbers, _SIZES, strict=True))))
    _print_table([("device", *_SIZES), *rows])


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print columns, each as wide as its widest cell; the last one is not filled up."""
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))


def _sizes() -> dict[str, Statistics]:
    """The sizes of the devices whose descriptions are at hand; the project's own count before the catalogue's."""
    from devgen.language import load_device
    from devgen.language.loading import is_board
    from devgen.language.statistics import measure

    found: dict[str, Statistics] = {}
    for folder in (Path.cwd() / "devices", find_share("devices")):
        if folder is None or not folder.is_dir():
            continue
        for path in sorted(one for one in folder.rglob("*") if one.suffix in (".yaml", ".yml") and one.is_file()):
            loaded = load_device(path) if not is_board(path) else None
            sizes = measure(loaded) if loaded is not None else None
            if sizes is not None and loaded is not None and loaded.device is not None:
                found.setdefault(loaded.device.name, sizes)
    return found
