"""A guest programs BARs through configuration mechanism 1: regions and doorbells follow, whatever it writes."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_kit import Rebuilder

from devgen.runtime.device.environment import Environment
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.register_bank import Reg, RegisterBank
from devgen.runtime.pci import PciDevice
from devgen.runtime.pci.config_space import Bar, PciIdentity

BAR0, COMMAND = 0x10, 0x04
HIGH, HIGHER = 0xC000_0000, 0xC010_0000


class Card(PciDevice):
    """4 KiB of registers with one doorbell of 4 bytes."""

    NAME = "card"
    PCI = PciIdentity(0x1B36, 0x00F1)
    BARS = (Bar(0, "mem32", 0x1000),)

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.rings = 0
        bank = RegisterBank("registers", 0x1000, registers=(Reg("ID", 0, 32, lambda: 0x600DCA4D, None),))
        region = MemoryRegion.io("registers", 0x1000, bank)
        self.add_region(region, bar=0)
        self.add_doorbell(region, "QUEUE", 0x40, 4, None, self.ring)

    def ring(self, count: int) -> None:
        self.rings += count


class Guest:
    """Two cards in slots 1 and 2, and how a guest reaches their configuration space."""

    def __init__(self) -> None:
        self.machine = Machine(MachineConfig(ram=0, irqchip="none", pci=True))
        self.cards = [self.plug(1), self.plug(2)]

    def plug(self, slot: int) -> Card:
        card = self.machine.add_device(DevicePlacement(f"card{slot}", "card", slot=slot), Card)
        assert isinstance(card, Card)
        return card

    def configure(self, slot: int, offset: int, value: int, size: int = 4) -> None:
        self.machine.io.write(0xCF8, 0x8000_0000 | slot << 11 | offset & 0xFC, 4)
        self.machine.io.write(0xCFC + (offset & 3), value, size)

    def place(self, slot: int, address: int) -> None:
        self.configure(slot, BAR0, address)
        self.configure(slot, COMMAND, 2, 2)


@pytest.fixture
def guest() -> Iterator[Guest]:
    made = Guest()
    yield made
    made.machine.close()


def test_registers_and_doorbell_follow_the_bar(guest: Guest) -> None:
    memory, card = guest.machine.memory, guest.cards[0]
    for address in (HIGH, HIGHER):
        guest.place(1, address)
        assert memory.read(address, 4) == 0x600DCA4D
        memory.write(address + 0x40, 1, 4)
    assert card.rings == 2
    assert memory.read(HIGH, 4) == 0xFFFF_FFFF
    guest.configure(1, COMMAND, 0, 2)
    assert memory.read(HIGHER, 4) == 0xFFFF_FFFF


def test_a_bar_on_anothers_doorbell_is_survived(guest: Guest, caplog: pytest.LogCaptureFixture) -> None:
    """Of two BARs at one place the later mapped one covers the other, its doorbell included: nothing collides."""
    memory = guest.machine.memory
    guest.place(1, HIGH)
    with caplog.at_level(logging.WARNING):
        guest.place(2, HIGH)
    memory.write(HIGH + 0x40, 1, 4)
    assert [card.rings for card in guest.cards] == [0, 1]
    guest.place(2, HIGHER)
    memory.write(HIGH + 0x40, 1, 4)
    assert [card.rings for card in guest.cards] == [1, 1]


words = st.sampled_from([0, 2, 3, 7, HIGH, HIGHER, HIGH | 0xFFF, 0xFFFF_FFFF, 0xFFFF_F000, 0xFEE0_0000, 0x1000])
writes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 0xFF), words, st.sampled_from([1, 2, 4])), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes)
def test_no_configuration_write_raises_and_listeners_keep_up(script: list[tuple[int, int, int, int]]) -> None:
    guest = Guest()
    listener = Rebuilder()
    guest.machine.memory.add_listener(listener)
    for slot, offset, value, size in script:
        guest.configure(slot, offset - offset % size, value, size)
        guest.configure(slot, BAR0, value)
        assert listener.sections == set(guest.machine.memory.flat_view.sections)
        shown = {s.offset_within_address_space + 0x40 for s in listener.sections if s.region.name.endswith("registers")}
        assert {address for address, _ in listener.doorbells} <= shown
    guest.machine.close()
