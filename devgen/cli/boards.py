"""From a board file to a machine's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from devgen.cli.errors import InputError
from devgen.runtime.config import DevicePlacement, GuestConfig, MachineConfig
from devgen.share import find_share
from devgen.spec import load_board
from devgen.spec.board import Board, BoardDevice
from devgen.spec.diagnostics import render_text


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
    return configuration(result.board, path.parent)


def configuration(board: Board, folder: Path) -> MachineConfig:
    """The runtime's form of ``board``; the guest's image is looked up from ``folder``."""
    guest = None
    if board.guest is not None:
        entry = board.guest.load if board.guest.entry is None else board.guest.entry
        guest = GuestConfig(folder / board.guest.image, board.guest.load, entry, board.guest.mode)
    return MachineConfig(
        name=board.name,
        title=board.title,
        ram=board.machine.ram,
        irqchip=board.machine.irqchip,
        pci=board.machine.pci,
        devices=tuple(_placement(name, device) for name, device in _by_name(board).items()),
        guest=guest,
    )


def _by_name(board: Board) -> Mapping[str, BoardDevice]:
    return {device.name: device for device in board.devices}


def _placement(name: str, device: BoardDevice) -> DevicePlacement:
    return DevicePlacement(name=name, device=device.device)
