"""The addresses that a guest may give to PCI BARs: what no RAM, no chip and no device of the board takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from devgen.common.machine_map import HIGH_RAM, LOW_RAM
from devgen.runtime.machine.machine import Machine

PORTS_START: Final = 0x1000
PORTS_END: Final = 1 << 16
LOW_END: Final = 0xFEC0_0000
"""The chips of a PC lie from here to 4 GiB."""
HIGH_SIZE: Final = 16 << 30
"""Bytes of the window above 4 GiB; it ends below 2^36 on a board of up to 32 GiB, which every 64-bit processor reaches.
"""
_ALIGNMENT = 1 << 20
_GIBIBYTE = 1 << 30


def port_windows(machine: Machine) -> Iterator[tuple[int, int]]:
    """Yield (start, size) of each run of free ports above those of the PC's own devices."""
    for start, end in machine.layout.gaps("pio", PORTS_START, PORTS_END):
        yield start, end - start


def memory_windows(machine: Machine) -> Iterator[tuple[int, int]]:
    """Yield (start, size) of the free memory below and above 4 GiB, in whole MiB."""
    yield from _whole(machine, LOW_RAM, LOW_END)
    above = max(HIGH_RAM, HIGH_RAM + machine.config.ram - LOW_RAM)
    start = -(-above // _GIBIBYTE) * _GIBIBYTE
    yield from _whole(machine, start, start + HIGH_SIZE)


def _whole(machine: Machine, start: int, end: int) -> Iterator[tuple[int, int]]:
    for first, after in machine.layout.gaps("mmio", start, end):
        low, high = -(-first // _ALIGNMENT) * _ALIGNMENT, after // _ALIGNMENT * _ALIGNMENT
        if low < high:
            yield low, high - low
