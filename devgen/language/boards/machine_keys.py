"""Checks settings that would be ignored, and backends that two streams cannot share."""

from __future__ import annotations

from collections.abc import Callable

from devgen.language.board import BoardMachine
from devgen.language.boards.board_under_check import BoardUnderCheck
from devgen.language.diagnostics import codes_placements as kinds

_NEEDS: tuple[tuple[str, Callable[[BoardMachine], bool], str], ...] = (
    ("intx", lambda machine: machine.pci, "the machine has no PCI bus (`pci: true`)"),
    ("intx", lambda machine: machine.irqchip != "none", "the machine has no interrupt controllers (`irqchip: none`)"),
    ("pit", lambda machine: machine.irqchip != "none" or machine.pit == "none",
     "the interval timer needs the interrupt controllers (`irqchip: kernel`)"),
)  # fmt: skip
"""A key of `machine`, whether it has an effect, and why it has none."""

_SHARED = ("socket:", "file:")
"""Backends that only one stream can use."""
_TERMINAL = "stdio"
"""The backend whose input only one stream gets; several may write to it."""


def check_machine_keys(board: BoardUnderCheck) -> None:
    """Warn of keys that have no effect on this machine, and of interrupts without interrupt controllers."""
    spec, machine = board.tree.get("machine", {}), board.board.machine
    for key, effective, reason in _NEEDS:
        if key in spec and not effective(machine):
            board.at_key(kinds.NO_EFFECT, spec, key, key=key, reason=reason)
    if machine.irqchip == "none" and machine.type != "bus":
        for name, placement in board.tree.get("devices", {}).items():
            if placement.get("irq"):
                reason = "the machine has no interrupt controllers (`irqchip: none`)"
                board.at_key(kinds.NO_EFFECT, placement, "irq", key=f"irq' of '{name}", reason=reason)


def check_backends(board: BoardUnderCheck) -> None:
    """Report two streams of the board that use the same socket or file, or need the input of the same terminal."""
    users: dict[str, tuple[str, dict[str, str], str]] = {}
    for name, placement in board.tree.get("devices", {}).items():
        streams = placement.get("streams", {})
        for stream, backend in streams.items():
            if not backend.startswith(_SHARED):
                continue
            if backend in users:
                other, node, key = users[backend]
                related = [board.second_place(node, key, f"stream '{key}' of '{other}' uses it here")]
                values = {"name": name, "other": other, "backend": backend, "related": related}
                board.at_value(kinds.SAME_BACKEND, streams, stream, **values)
            users.setdefault(backend, (name, streams, stream))
    _check_terminal(board)


def _check_terminal(board: BoardUnderCheck) -> None:
    """Warn of streams that receive and are connected to stdio, except the first: a run gives it all input."""
    receiving = [
        (placed, stream.name)
        for placed in board.placed.values()
        for stream in placed.device.streams
        if placed.entries("streams").get(stream.name) == _TERMINAL and stream.on_receive
    ]
    for placed, stream in receiving[1:]:
        reader, first = receiving[0]
        related = [board.second_place(reader.entries("streams"), first, "this stream gets the input")]
        values = {"name": placed.name, "other": reader.name, "first": first, "related": related}
        board.at_value(kinds.NO_TERMINAL_INPUT, placed.entries("streams"), stream, stream=stream, **values)
