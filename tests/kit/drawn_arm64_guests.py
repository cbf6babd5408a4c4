"""The drawn guests of `drawn_guests` as arm64 code: accesses to the port window of a virt machine and to its memory.

Arm ARM, C4.1: MOVZ and MOVK, LDR and STR of one register with an offset of 0.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import pack

from drawn_guests import BASES, PORTS, Processor
from generated_descriptions import DONE, MARK
from generated_steps import Read, Step, Write

from devgen.common.machine_map import VIRT_BARS, VIRT_PORTS, VIRT_RAM

VALUES = VIRT_RAM + 0x5000
CODE = VIRT_RAM + 0x7000
CONDUCTOR = 0x0900_0000
MEMORY = VIRT_BARS

_LOADS = {1: 0x3940_0000, 2: 0x7940_0000, 4: 0xB940_0000, 8: 0xF940_0000}
_STORES = {1: 0x3900_0000, 2: 0x7900_0000, 4: 0xB900_0000, 8: 0xF900_0000}
_MOVZ, _MOVK = 0xD280_0000, 0xF280_0000
_FOR_EVER = 0x1400_0000  # b .


def program(steps: list[Step], first: int, marks: Callable[[int], bool]) -> bytes:
    """Code that makes the steps, numbered from ``first``, then writes DONE. It keeps what it reads at VALUES."""
    words: list[int] = []
    for number, step in enumerate(steps, first):
        words += _step(step, number)
        if marks(number):
            words += _store(VIRT_PORTS + PORTS + MARK, 1, number & 0xFF)
    words += _store(VIRT_PORTS + PORTS + DONE, 4, 0)
    return pack(f"<{len(words) + 1}I", *words, _FOR_EVER)


def _step(step: Step, number: int) -> list[int]:
    match step:
        case Read(place, offset, size):
            load = [*_move(0, _address(place, offset)), _LOADS[size] | 0 << 5 | 1]
            return [*load, *_move(0, VALUES + 8 * number), _STORES[8] | 0 << 5 | 1]
        case Write(place, offset, size, value):
            return _store(_address(place, offset), size, value)
        case _:
            return _store(CONDUCTOR, 2, number)


def _address(place: str, offset: int) -> int:
    return (VIRT_PORTS + PORTS if place == "ports" else MEMORY + BASES[place]) + offset  # type: ignore[index]


def _store(address: int, size: int, value: int) -> list[int]:
    return [*_move(0, address), *_move(1, value), _STORES[size] | 0 << 5 | 1]


def _move(register: int, value: int) -> list[int]:
    """Load 64 bits into a register."""
    parts = [value >> 16 * n & 0xFFFF for n in range(4)]
    return [(_MOVK if n else _MOVZ) | n << 21 | part << 5 | register for n, part in enumerate(parts)]


ARM64 = Processor(program, {"type": "virt"}, "mmio", CODE, CONDUCTOR, MEMORY, VALUES)
