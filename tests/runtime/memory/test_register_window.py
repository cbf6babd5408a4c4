"""Windows: accesses of a data register become accesses of the bank behind it."""

from __future__ import annotations

import pytest

from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.memory.register_window import KEPT, Window


class Cells:
    """Eight 8-bit registers that remember how they were reached."""

    def __init__(self) -> None:
        self.values = list(range(0x10, 0x18))
        self.seen: list[tuple[str, int]] = []

    def read(self, index: int) -> int:
        self.seen.append(("read", index))
        return self.values[index]

    def write(self, index: int, value: int) -> None:
        self.seen.append(("write", index))
        self.values[index] = value


@pytest.fixture
def cells() -> Cells:
    return Cells()


def window(cells: Cells) -> Window:
    register = Reg("CELL", 0, 8, cells.read, cells.write, count=8, stride=1)
    return Window(RegisterBank("bank", 1 << 20, reserved="ones", registers=[register]))


def test_an_access_reaches_the_register_at_its_offset(cells: Cells) -> None:
    through = window(cells)
    through.write(3, 1, 0xAB)
    assert through.read(3, 1) == cells.values[3] == 0xAB


def test_a_wide_access_spans_registers(cells: Cells) -> None:
    assert window(cells).read(0, 4) == 0x13121110


def test_what_is_not_there_reads_as_the_bank_says(cells: Cells) -> None:
    assert window(cells).read(9, 1) == 0xFF


@pytest.mark.parametrize(
    ("mask", "reached", "value"),
    [
        (0x000000FF, [4], 0x00000014),
        (0x0000FF00, [5], 0x00001500),
        (0xFFFF0000, [6, 7], 0x17160000),
        (0x00FFFF00, [5, 6], 0x00161500),
        (0xFFFFFFFF, [4, 5, 6, 7], 0x17161514),
        (0x00000000, [], 0x00000000),
    ],
)
def test_only_the_lanes_of_a_narrow_access_are_touched(cells: Cells, mask: int, reached: list[int], value: int) -> None:
    through = window(cells)
    assert through.read(4, 4, mask) == value
    assert cells.seen == [("read", index) for index in reached]
    through.write(4, 4, 0xDDCCBBAA & mask, mask)
    written = [0xAA, 0xBB, 0xCC, 0xDD]
    assert [cells.values[4 + n] for n in range(4)] == [written[n] if 4 + n in reached else 0x14 + n for n in range(4)]


def test_a_guest_that_tries_every_offset_costs_no_memory(cells: Cells) -> None:
    through = window(cells)
    for at in range(3 * KEPT):
        through.read(at, 1)
        through.write(at, 1, 0)
    assert len(through._readers) <= KEPT
    assert len(through._writers) <= KEPT
