"""Checks that the machine's interrupt controller has the interrupts that devices drive."""

from __future__ import annotations

from devgen.language.boards.board_under_check import BoardUnderCheck
from devgen.language.diagnostics import codes_placements as kinds

_GREATEST = {"pc": 23}
"""Type of machine → its greatest interrupt number, where the schema's is not it."""


def check_interrupt_numbers(board: BoardUnderCheck) -> None:
    """Report interrupt numbers that the machine does not have."""
    greatest = _GREATEST.get(board.board.machine.type)
    if greatest is None:
        return
    for placement in board.board.devices:
        for line, number in placement.irq:
            if number > greatest:
                irq = board.tree["devices"][placement.name]["irq"]
                machine = board.board.machine.type
                board.at_value(kinds.NO_SUCH_INTERRUPT, irq, line, number=number, machine=machine, greatest=greatest)
