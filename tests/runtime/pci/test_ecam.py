"""Configuration space in memory, beside the ports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from device_kit import Card

from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.pci import Express, SerialNumber
from devgen.runtime.pci.pci_device import Capability

ECAM = 0xE000_0000
SLOT, CONVENTIONAL = 3, 4
BASE = ECAM + (SLOT << 15)
ID = 0x00F11B36


class ExpressCard(Card):
    CAPABILITIES: ClassVar[tuple[Capability, ...]] = (Express(), SerialNumber(0x1122334455667788))


@pytest.fixture
def machine() -> Iterator[Machine]:
    with Machine(MachineConfig(ram=1 << 20, pci=True, ecam=ECAM, clock="manual")) as made:
        made.add_device(DevicePlacement("express", "card", slot=SLOT), ExpressCard)
        made.add_device(DevicePlacement("second", "card", slot=SLOT, function=1), Card)
        made.add_device(DevicePlacement("conventional", "card", slot=CONVENTIONAL), Card)
        yield made


@pytest.mark.parametrize(
    ("offset", "size", "value"),
    [
        (0x000, 1, 0x36),
        (0x002, 2, 0x00F1),
        (0x000, 4, ID),
        (0x000, 8, 0x0010_0000_00F1_1B36),
        (0x104, 4, 0x55667788),
        (0x104, 8, 0x11223344_55667788),
        (0xFFC, 4, 0),
        (0x1000, 4, ID),  # the second function
        (0x1100, 4, 0xFFFFFFFF),  # conventional: it ends at 0x100
        (0x2000, 4, 0xFFFFFFFF),  # nobody
        (0x2000, 8, (1 << 64) - 1),
        (0x10000, 1, 0xFF),
    ],
)
def test_reads(machine: Machine, offset: int, size: int, value: int) -> None:
    assert machine.memory.read(BASE + offset, size) == value


def test_both_ways_lead_to_the_same_registers(machine: Machine) -> None:
    machine.memory.write(BASE + 0x3C, 0x55, 1)
    machine.io.write(0xCF8, 1 << 31 | SLOT << 11 | 0x3C, 4)
    assert machine.io.read(0xCFC, 1) == 0x55


def test_eight_bytes_are_written_as_two_registers(machine: Machine) -> None:
    machine.memory.write(BASE + 0x10, 0x0000C001_E1000000, 8)
    assert (machine.memory.read(BASE + 0x10, 4), machine.memory.read(BASE + 0x14, 4)) == (0xE1000000, 0xC001)


def test_a_bar_placed_through_it_answers(machine: Machine) -> None:
    machine.memory.write(BASE + 0x10, 0xE1000000, 4)
    machine.memory.write(BASE + 0x04, 2, 2)
    machine.memory.write(0xE1000000, 9, 4)
    assert machine.memory.read(0xE1000000, 4) == 9


def test_writes_to_nobody_are_dropped(machine: Machine) -> None:
    machine.memory.write(ECAM + (9 << 15), 0xFFFFFFFF, 4)
    machine.memory.write(BASE + 0x1FFC, 0xFFFFFFFF, 4)
    assert machine.memory.read(BASE, 4) == ID


def test_a_bar_does_not_hide_it(machine: Machine) -> None:
    machine.memory.write(BASE + 0x10, ECAM, 4)
    machine.memory.write(BASE + 0x04, 2, 2)
    assert machine.memory.read(BASE, 4) == ID


def test_it_cannot_lie_in_ram() -> None:
    with pytest.raises(MachineError, match=r"ECAM window of PCI at memory 0x0\.\.0xfffff overlaps RAM"):
        Machine(MachineConfig(ram=1 << 20, pci=True, ecam=0))
