"""The view of a board: its devices at their addresses, with their interrupts by number."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.language.board import Board, Placement
from devgen.language.module_names import module_name


@dataclass(slots=True, frozen=True)
class BoardView:
    """A board: its machine and its devices."""

    name: str
    """Its name."""
    stem: str
    """Its name as a name of files, with underscores: ``small_pc``."""
    title: str
    """Its title, or an empty string."""
    description: str
    """Its description, or an empty string."""
    machine: str
    """The type of its machine: ``pc``, ``bus`` and so on."""
    devices: tuple[PlacedView, ...]
    """Its devices, in the order of the file."""


@dataclass(slots=True, frozen=True)
class PlacedView:
    """A device on a board."""

    name: str
    """Its name on the board."""
    device: str
    """The name of its description."""
    description: str
    """Its description on the board, or an empty string."""
    at: tuple[tuple[str, int], ...]
    """The regions with an address on the board: name and address."""
    slot: tuple[int, int] | None
    """Slot and function on the PCI bus; None for other devices."""
    irq: tuple[tuple[str, int], ...]
    """The interrupt lines with a number at the machine's controller: name and number."""
    wires: tuple[tuple[str, str], ...]
    """The lines that lead to an input: name, and the input as ``device.input``."""

    @property
    def address(self) -> int | None:
        """Its least address; None without any."""
        return min((address for _, address in self.at), default=None)


def view_of_board(board: Board) -> BoardView:
    """Return the view of a board that was checked by itself."""
    return BoardView(
        board.name,
        module_name(board.name),
        board.title,
        board.description,
        board.machine.type,
        tuple(map(_placed, board.devices)),
    )


def _placed(part: Placement) -> PlacedView:
    return PlacedView(part.name, part.device, part.description, part.at, part.slot, part.irq, part.wires)
