"""Checks that a guest can find a place for each 32-bit BAR."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.common.machine_map import CHIPS, VIRT_BARS, VIRT_PORTS, ram_parts
from devgen.language.boards.board_under_check import BoardUnderCheck
from devgen.language.diagnostics import codes_placements as kinds

_TOP = 1 << 32


def check_bars(board: BoardUnderCheck) -> None:
    """Warn of each 32-bit BAR that is larger than every free, aligned place below 4 GiB."""
    largest: int | None = None
    for placed in board.placed.values():
        for bar in placed.device.pci.bars if placed.device.pci is not None else ():
            if bar.type not in ("mem32", "rom") or "slot" not in placed.spec:
                continue
            largest = largest or _largest_place(board)
            if bar.size > largest:
                board.at_value(
                    kinds.BAR_TOO_LARGE,
                    placed.spec,
                    "slot",
                    bar=bar.index,
                    name=placed.name,
                    size=f"{bar.size:#x}",
                    free=f"{largest:#x}",
                    related=[placed.known.related("the BAR is declared here", "pci", "bars", str(bar.index))],
                )


def _largest_place(board: BoardUnderCheck) -> int:
    """Return the size of the largest power of two, at a multiple of itself, between RAM, chips and devices."""
    taken = sorted((start, start + size) for start, size in _taken(board))
    largest, free = 0, 0
    for start, end in [*taken, (_TOP, _TOP)]:
        largest = max(largest, _largest_aligned(free, start))
        free = max(free, end)
    return largest


def _taken(board: BoardUnderCheck) -> Iterator[tuple[int, int]]:
    machine = board.board.machine
    if machine.type == "virt":
        yield 0, VIRT_BARS
        yield VIRT_PORTS, _TOP - VIRT_PORTS
    yield ram_parts(machine.type, machine.ram)[0]
    if machine.irqchip == "kernel":
        yield from ((start, size) for _, space, start, size, _ in CHIPS[machine.type] if space == "mmio")
    for placed in board.placed.values():
        at = placed.entries("at")
        for region in placed.device.regions:
            if region.space == "mmio" and region.name in at:
                yield at[region.name], region.size


def _largest_aligned(start: int, end: int) -> int:
    for size in (1 << bit for bit in range(32, 3, -1)):
        if -(-start // size) * size + size <= end:
            return size
    return 0
