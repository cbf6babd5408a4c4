"""Checks that the machine's interrupt controller has the interrupts that devices and PCI pins drive."""

from __future__ import annotations

from typing import Any

from devgen.common.machine_map import VIRT_SPIS
from devgen.language.boards.board_under_check import BoardUnderCheck, Tree
from devgen.language.diagnostics import codes_placements as kinds

_GREATEST = {"pc": 23, "virt": VIRT_SPIS - 1}
"""Type of machine → its greatest interrupt number, where the schema's is not it."""


def check_interrupt_numbers(board: BoardUnderCheck) -> None:
    """Report interrupt numbers that the machine does not have."""
    for index, number in enumerate(board.tree.get("machine", {}).get("intx", ())):
        _check(board, board.tree["machine"]["intx"], index, number)
    for placement in board.board.devices:
        for line, number in placement.irq:
            _check(board, board.tree["devices"][placement.name]["irq"], line, number)


def _check(board: BoardUnderCheck, node: Tree | list[int], key: str | int, number: int) -> None:
    machine = board.board.machine.type
    greatest = _GREATEST.get(machine)
    if greatest is not None and number > greatest:
        values: dict[str, Any] = {"number": number, "machine": machine, "greatest": greatest}
        mark = board.sources.value_mark(node, key)
        board.sink.add(kinds.NO_SUCH_INTERRUPT, mark, length=len(str(number)), **values)
