"""PCI configuration, the bus and mechanism 1, as a guest's firmware uses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from device_kit import Card
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.runtime.base.faults import DeviceError, MachineError, StateError
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.pci import Bar, PciConfig, PciIdentity

SLOT = 3
RAM = 1 << 20


def make() -> tuple[Machine, Card]:
    machine = Machine(MachineConfig(ram=RAM, pci=True, clock="manual"))
    card = machine.add_device(DevicePlacement("card", "card", slot=SLOT), Card)
    assert isinstance(card, Card)
    return machine, card


@pytest.fixture
def parts() -> Iterator[tuple[Machine, Card]]:
    machine, card = make()
    yield machine, card
    machine.close()


def address(register: int, slot: int = SLOT, function: int = 0, bus: int = 0) -> int:
    return 1 << 31 | bus << 16 | slot << 11 | function << 8 | register


def get(machine: Machine, register: int, size: int = 4, slot: int = SLOT) -> int:
    machine.io.write(0xCF8, address(register & ~3, slot), 4)
    return machine.io.read(0xCFC + (register & 3), size)


def put(machine: Machine, register: int, value: int, size: int = 4) -> None:
    machine.io.write(0xCF8, address(register & ~3), 4)
    machine.io.write(0xCFC + (register & 3), value, size)


def test_the_guest_finds_the_card_and_the_bridge(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    found = [slot for slot in range(32) if get(machine, 0, slot=slot) != 0xFFFFFFFF]
    assert found == [0, SLOT]
    assert (get(machine, 0), get(machine, 8), get(machine, 0x2C)) == (0x00F11B36, 0xFF000001, 0x11001AF4)
    assert get(machine, 0x0B, 1, slot=0) == 0x06


@pytest.mark.parametrize("what", [address(0, bus=1), address(0, function=1), address(0) & ~(1 << 31), 0])
def test_nobody_answers(parts: tuple[Machine, Card], what: int) -> None:
    machine, _ = parts
    machine.io.write(0xCF8, what, 4)
    assert [machine.io.read(0xCFC, size) for size in (1, 2, 4)] == [0xFF, 0xFFFF, 0xFFFFFFFF]


def test_byte_and_word_lanes(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    assert [get(machine, register, 1) for register in range(4)] == [0x36, 0x1B, 0xF1, 0x00]
    assert [get(machine, 0, 2), get(machine, 2, 2), get(machine, 1, 2)] == [0x1B36, 0x00F1, 0xF11B]


def test_the_address_port_takes_dwords_only(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    machine.io.write(0xCF8, 0xFFFFFFFF, 4)
    machine.io.write(0xCF8, 0, 2)
    machine.io.write(0xCF9, 6, 1)
    assert machine.io.read(0xCF8, 4) == 0xFFFFFFFF
    assert machine.io.read(0xCFB, 1) == 0xFF


@pytest.mark.parametrize(
    ("low", "port", "size", "value"),
    [
        (0, 0xCFC, 4, 0x12378086),
        (1, 0xCFC, 1, 0x80),
        (2, 0xCFC, 2, 0x1237),
        (2, 0xCFD, 1, 0x12),  # OR, not a sum: 2 | 1
        (3, 0xCFC, 1, 0x12),
        (3, 0xCFF, 1, 0x12),
        (2, 0xCFC, 4, 0x00001237),  # goes on in the next dword
        (0xA, 0xCFC, 4, 0x00000600),
        (0xFF, 0xCFC, 4, 0),  # what lies beyond the 256 bytes reads as zero
    ],
)
def test_the_low_bits_of_the_address_count_as_in_qemu(
    parts: tuple[Machine, Card], low: int, port: int, size: int, value: int
) -> None:
    machine, _ = parts
    machine.io.write(0xCF8, address(0, slot=0) | low, 4)
    assert machine.io.read(port, size) == value


def test_a_write_through_the_low_bits_reaches_its_byte_only(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    put(machine, 0x3C, 0x11, 1)
    machine.io.write(0xCF8, address(0x04) | 1, 4)
    machine.io.write(0xCFC, 0x05, 1)  # SERR# and INTx disable of the command register's high byte
    assert get(machine, 0x04, 2) == 0x0500
    machine.io.write(0xCF8, address(0xFC) | 3, 4)
    machine.io.write(0xCFC, 0xFFFFFFFF, 4)
    assert get(machine, 0x3C, 1) == 0x11


@pytest.mark.parametrize(
    ("register", "mask"), [(0x10, 0xFFFFF000), (0x14, 0xFFFFF801), (0x18, 0xFFFFE00C), (0x1C, 0xFFFFFFFF), (0x20, 0)]
)
def test_sizing(parts: tuple[Machine, Card], register: int, mask: int) -> None:
    machine, card = parts
    put(machine, 4, 3, 2)
    put(machine, register, 0xFFFFFFFF)
    assert get(machine, register) == mask
    assert all(card.config.bar_address(bar) is None for bar in card.BARS if bar.width == 4)


def test_sizing_the_rom(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    put(machine, 0x30, 0xFFFFF800)
    assert get(machine, 0x30) == 0xFFFFF800


def test_place_use_move_and_turn_off_an_io_bar(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    put(machine, 0x14, 0xC000)
    assert machine.io.read(0xC000, 4) == 0xFFFFFFFF
    put(machine, 4, 1, 2)
    machine.io.write(0xC000, 0x12345678, 4)
    assert machine.io.read(0xC002, 2) == 0x1234
    put(machine, 0x14, 0xD000)
    assert (machine.io.read(0xC000, 4), machine.io.read(0xD000, 4)) == (0xFFFFFFFF, 0x12345678)
    put(machine, 4, 0, 2)
    assert machine.io.read(0xD000, 4) == 0xFFFFFFFF


def test_a_64_bit_bar_above_4_gib(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    put(machine, 0x18, 0x40000000)
    put(machine, 0x1C, 0x12)
    put(machine, 4, 2, 2)
    machine.memory.write(0x12_4000_1FF8, 0x55, 1)
    assert machine.memory.read(0x12_4000_1FF8, 1) == 0x55


def test_a_bar_never_hides_ram(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    machine.memory.write(0x8000, 0x77, 4)
    put(machine, 4, 2, 2)
    put(machine, 0x10, 0x8000)
    assert machine.memory.read(0x8000, 4) == 0x77


def test_a_bar_at_address_0_is_not_decoded(parts: tuple[Machine, Card]) -> None:
    machine, card = parts
    put(machine, 4, 3, 2)
    assert card.config.bar_address(card.BARS[1]) is None


def test_read_only_bits_stay(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    put(machine, 0, 0)
    put(machine, 8, 0)
    put(machine, 0x3C, 0xFFFF, 2)
    put(machine, 4, 0xFFFFFFFF)
    assert (get(machine, 0), get(machine, 8), get(machine, 0x3C, 2)) == (0x00F11B36, 0xFF000001, 0x01FF)
    assert get(machine, 4) == 0x0547


def test_intx_goes_to_the_gsi_of_its_slot_and_pin(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    put(machine, 0x14, 0xC000)
    put(machine, 4, 1, 2)
    machine.io.write(0xC004, 1, 4)
    assert [gsi for gsi in range(16, 20) if machine.gsi_level(gsi)] == [16 + SLOT % 4]
    put(machine, 4, 0x401, 2)
    assert machine.gsi_level(16 + SLOT % 4) == 0
    put(machine, 4, 0x001, 2)
    assert machine.gsi_level(16 + SLOT % 4) == 1


def test_intx_on_a_wire_of_the_boards_choice_is_gated_too() -> None:
    machine = Machine(MachineConfig(ram=RAM, pci=True, clock="manual"))
    card = machine.add_device(DevicePlacement("card", "card", slot=SLOT, irq={"inta": 11}), Card)
    assert isinstance(card, Card)
    with machine:
        card.inta.set(1)
        assert [gsi for gsi in range(32) if machine.gsi_level(gsi)] == [11]
        put(machine, 4, 0x400, 2)
        assert machine.gsi_level(11) == 0


def test_dma_needs_bus_mastering(parts: tuple[Machine, Card]) -> None:
    machine, card = parts
    card.store_memory(0x100, 5, 4)
    assert card.load_memory(0x100, 4) == 0xFFFFFFFF
    put(machine, 4, 4, 2)
    card.store_memory(0x100, 5, 4)
    assert (machine.memory.read(0x100, 4), card.load_memory(0x100, 4)) == (5, 5)


def test_a_machine_reset_unmaps(parts: tuple[Machine, Card]) -> None:
    machine, card = parts
    put(machine, 0x10, 0xE0000000)
    put(machine, 4, 2, 2)
    machine.reset()
    assert card.config.command == 0
    assert machine.memory.read(0xE0000000, 4) == 0xFFFFFFFF


def test_a_snapshot_maps_again_and_refuses_another_identity(parts: tuple[Machine, Card]) -> None:
    machine, card = parts
    put(machine, 0x10, 0xE0000000)
    put(machine, 4, 2, 2)
    saved = machine.save_state()
    machine.reset()
    machine.load_state(saved)
    machine.memory.write(0xE0000000, 9, 4)
    assert card.SCRATCH == 9
    state = card.save_state()
    state["pci"] = "00" + str(state["pci"])[2:]
    with pytest.raises(StateError, match="read-only bits at 0x00"):
        card.load_state(state)


@pytest.mark.parametrize(
    "bars",
    [
        (Bar(0, "mem32", 0x30),),
        (Bar(0, "mem32", 8),),
        (Bar(0, "io", 2),),
        (Bar(0, "mem64", 16), Bar(1, "io", 4)),
        (Bar(5, "mem64", 16),),
        (Bar(6, "io", 4),),
        (Bar("rom", "rom", 1024),),
    ],
)
def test_impossible_bars(bars: tuple[Bar, ...]) -> None:
    with pytest.raises(DeviceError, match="BAR"):
        PciConfig(PciIdentity(1, 2), bars)


def test_capabilities_form_a_list() -> None:
    config = PciConfig(PciIdentity(1, 2))
    first = config.add_capability(5, bytes(12), b"\1")
    second = config.add_capability(0x11, bytes(10))
    assert (config.read(0x34, 1), config.read(first + 1, 1), config.read(second + 1, 1)) == (first, second, 0)
    assert config.read(6, 2) & 0x10
    config.write(first + 2, 0xFF, 1)
    assert config.read(first, 4) == 0x00010005 | second << 8
    with pytest.raises(DeviceError, match="no room"):
        config.add_capability(9, bytes(250))


def test_slots_are_checked() -> None:
    machine, _ = make()
    for slot, message in ((SLOT, "in use by 'card'"), (32, "does not exist"), (0, "in use by 'pci-host-bridge'")):
        with pytest.raises(MachineError, match=message):
            machine.add_device(DevicePlacement("other", "card", slot=slot), Card)
    machine.close()


@pytest.mark.parametrize("functions", [(0, 1), (1, 0), (2, 0, 7)])
def test_each_of_several_functions_says_so_in_whatever_order_they_came(functions: tuple[int, ...]) -> None:
    machine = Machine(MachineConfig(pci=True, clock="manual"))
    with machine:
        for function in functions:
            placement = DevicePlacement(f"card{function}", "card", slot=SLOT, function=function)
            machine.add_device(placement, Card)
        assert machine.pci is not None
        assert {machine.pci.config_read(SLOT, function, 0x0E, 1) for function in functions} == {0x80}
        assert machine.pci.config_read(0, 0, 0x0E, 1) == 0


def test_one_function_alone_says_so(parts: tuple[Machine, Card]) -> None:
    machine, _ = parts
    assert get(machine, 0x0E, 1) == 0


class SecondPin(Card):
    PCI: ClassVar[PciIdentity] = PciIdentity(0x1B36, 0x00F3, interrupt_pin=2)


def test_functions_have_bars_and_pins_of_their_own() -> None:
    machine, first = make()
    second = machine.add_device(DevicePlacement("other", "card", slot=SLOT, function=1), SecondPin)
    assert isinstance(second, SecondPin)
    with machine:
        for card, base in ((first, 0xE0000000), (second, 0xE0100000)):
            card.config.set_bar(card.BARS[0], base)
            card.config.write(4, 2, 2)
        machine.memory.write(0xE0100000, 7, 4)
        assert (first.SCRATCH, second.SCRATCH) == (0, 7)
        first.inta.set(1)
        assert [gsi for gsi in range(16, 20) if machine.gsi_level(gsi)] == [16 + SLOT % 4]
        second.inta.set(1)
        assert [gsi for gsi in range(16, 20) if machine.gsi_level(gsi)] == sorted({16 + SLOT % 4, 16 + (SLOT + 1) % 4})
        saved = machine.save_state()
        machine.reset()
        machine.load_state(saved)
        assert machine.memory.read(0xE0100000, 4) == 7


def test_a_slot_without_function_0_is_refused() -> None:
    registry = Registry()
    registry.add(Card)
    config = MachineConfig(pci=True, devices=(DevicePlacement("lonely", Card.NAME, slot=SLOT, function=1),))
    with pytest.raises(MachineError, match=r"lonely: no guest finds PCI slot 3\.1 without a function 0"):
        Machine(config, registry)


ACCESS = st.tuples(
    st.sampled_from((0xCF8, 0xCF9, 0xCFB, 0xCFC, 0xCFD, 0xCFE, 0xCFF)),
    st.integers(1, 8),
    st.one_of(
        st.sampled_from((0, 0x3, 0x407, 0xFFFFFFFF, 0xFFFFF000, 0xFFFFFFFFFFFFFFFF, 0xCF8, 0xF000, 0x80000000)),
        st.integers(0, 63).map(lambda register: address(4 * register)),
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ACCESS, max_size=40))
def test_a_guest_may_write_anything_anywhere(accesses: list[tuple[int, int, int]]) -> None:
    machine, _ = make()
    with machine:
        for port, size, value in accesses:
            machine.io.write(port, value, size)
            machine.io.read(port, size)
        assert machine.memory.read(0, 4) == 0
        machine.io.write(0xCF8, address(0), 4)
        assert machine.io.read(0xCFC, 4) in (0x00F11B36, 0xFFFFFFFF)
