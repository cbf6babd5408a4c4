"""Checks that no device has ports on a machine without port space."""

from __future__ import annotations

from devgen.language.boards.board_under_check import BoardUnderCheck, Placed
from devgen.language.diagnostics import codes_placements as kinds


def check_ports(board: BoardUnderCheck) -> None:
    """Report regions in port space on a machine of type `virt`. A card's ports are in the host bridge's window."""
    if board.board.machine.type == "virt":
        for placed in board.placed.values():
            _check_ports(board, placed)


def _check_ports(board: BoardUnderCheck, placed: Placed) -> None:
    for region in placed.device.regions:
        if region.space == "pio" and "slot" not in placed.spec:
            related = [placed.known.related("the region is declared here", "regions", region.name)]
            board.at_device(kinds.NO_PORTS, placed.name, name=placed.name, part=region.name, related=related)
