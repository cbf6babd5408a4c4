"""From a board file to a machine's configuration."""

from __future__ import annotations

from pathlib import Path

import click

from devgen.cli.command_error import InputError
from devgen.language import load_board
from devgen.language.board import Board, Placement
from devgen.language.diagnostics.reporting import render_text
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.share import find_share


def find_board(name: str) -> Path:
    """The file that ``name`` means: a path, or the name of a board that comes with devgen.

    Raises:
        InputError: there is no such file or board.
    """
    path = Path(name)
    if path.exists():
        return path
    bundled = bundled_boards()
    if name in bundled:
        return bundled[name]
    import difflib

    close = difflib.get_close_matches(name, bundled, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    known = ", ".join(bundled) or "none"
    raise InputError(f"{name}: no such file, and no board of that name comes with devgen (known: {known}){hint}")


def bundled_boards() -> dict[str, Path]:
    """The boards that come with devgen, by name."""
    examples = find_share("examples")
    if examples is None:
        return {}
    return {path.stem: path for path in sorted((examples / "boards").glob("*.yaml"))}


def load_configuration(path: Path) -> MachineConfig:
    """Load and check a board; prints what is wrong with it.

    Raises:
        InputError: the board has errors.
    """
    result = load_board(path)
    if result.diagnostics:
        click.echo(render_text(result.diagnostics), err=True)
    if result.board is None:
        raise InputError(f"{path}: the board has errors")
    return configuration(result.board)


def configuration(board: Board) -> MachineConfig:
    """The runtime's form of ``board``."""
    guest = board.guest
    return MachineConfig(
        name=board.name,
        title=board.title,
        ram=board.machine.ram,
        irqchip=board.machine.irqchip,
        pci=board.machine.pci,
        ecam=board.machine.ecam,
        pit=board.machine.pit,
        intx_gsis=board.machine.intx,
        devices=tuple(_placement(device) for device in board.devices),
        guest=None if guest is None else GuestConfig(guest.image, guest.load, guest.entry, guest.mode),
    )


def _placement(device: Placement) -> DevicePlacement:
    slot, function = device.slot or (None, 0)
    return DevicePlacement(
        name=device.name,
        device=device.device,
        at=dict(device.at),
        slot=slot,
        function=function,
        irq=dict(device.irq),
        wires=dict(device.wires),
        properties=dict(device.properties),
        on_event=dict(device.on_event),
        streams=dict(device.streams),
        where=f"{device.mark.file}:{device.mark.line}:{device.mark.column}",
    )
