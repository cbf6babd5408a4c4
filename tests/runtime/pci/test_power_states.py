"""Power states as an operating system drives them: through PMCSR, and what a function does and does not in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from device_kit import Card

from devgen.runtime.base.faults import DeviceError
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.pci import Bar, Msi, PciConfig, PciIdentity, PowerManagement
from devgen.runtime.pci.pci_device import Capability
from devgen.runtime.pci.power_management import D0, D1, D2, D3COLD, D3HOT, PowerControl

AT = 0x40
PMCSR = AT + 4
BASE = 0xE000_0000


class Sleeper(Card):
    """The card of the kit, with power management and a line that wakes."""

    CAPABILITIES: ClassVar[tuple[Capability, ...]] = (PowerManagement(d1=True, pme=(D0, D3HOT, D3COLD)), Msi())

    def __init__(self, env: Environment, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        self.wake = self.add_pme("wake")
        self.done = self.add_vector("done", 0)

    def reset(self) -> None:
        super().reset()
        self.SCRATCH = 0


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine(MachineConfig(ram=1 << 20, pci=True, clock="manual"))
    machine.add_device(DevicePlacement("card", "card", slot=1, irq={"wake": 9}), Sleeper)
    card = dut(machine)
    card.config.set_bar(card.BARS[0], BASE)
    card.config.write(4, 7, 2)
    yield machine
    machine.close()


def dut(machine: Machine) -> Sleeper:
    card = machine.devices["card"]
    assert isinstance(card, Sleeper)
    return card


def go(machine: Machine, state: int) -> None:
    dut(machine).config.write(PMCSR, state, 2)


def state(machine: Machine) -> int:
    return dut(machine).config.read(PMCSR, 2) & 3


def test_the_capability_says_what_there_is(machine: Machine) -> None:
    config = dut(machine).config
    assert (config.read(AT, 1), config.read(AT + 2, 2), config.read(PMCSR, 4)) == (0x01, 0xCA03, 0)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((D1,), D1),
        ((D2,), D0),  # not supported: the write is discarded
        ((D1, D2), D1),
        ((D3HOT,), D3HOT),
        ((D3HOT, D1), D3HOT),
        ((D1, D3HOT), D3HOT),
        ((D3HOT, D0), D0),
        ((D1, D0), D0),
    ],
)
def test_transitions(machine: Machine, path: tuple[int, ...], expected: int) -> None:
    for one in path:
        go(machine, one)
    assert state(machine) == expected


@pytest.mark.parametrize("asleep", [D1, D3HOT])
def test_asleep_only_configuration_space_answers(machine: Machine, asleep: int) -> None:
    machine.memory.write(BASE, 5, 4)
    go(machine, asleep)
    assert machine.memory.read(BASE, 4) == 0xFFFFFFFF
    assert dut(machine).config.read(0, 2) == 0x1B36


def test_asleep_it_masters_nothing(machine: Machine) -> None:
    go(machine, D3HOT)
    dut(machine).store_memory(0x100, 5, 4)
    assert (machine.memory.read(0x100, 4), dut(machine).load_memory(0x100, 4)) == (0, 0xFFFFFFFF)


def test_asleep_its_wire_is_silent(machine: Machine) -> None:
    card = dut(machine)
    card.inta.set(1)
    go(machine, D1)
    assert (card.pin.level, card.config.read(6, 2) & 8) == (0, 8)
    go(machine, D0)
    assert card.pin.level == 1


def test_asleep_it_sends_no_message(machine: Machine) -> None:
    card = dut(machine)
    at = 0x48
    card.config.write(at + 4, 0x200, 4)
    card.config.write(at + 0xC, 0x77, 2)
    card.config.write(at + 2, 1, 2)
    go(machine, D1)
    card.done.pulse()
    assert machine.memory.read(0x200, 4) == 0
    go(machine, D0)
    card.done.pulse()
    assert machine.memory.read(0x200, 4) == 0x77


def test_from_d1_it_comes_back_as_it_was(machine: Machine) -> None:
    machine.memory.write(BASE, 5, 4)
    go(machine, D1)
    go(machine, D0)
    assert (machine.memory.read(BASE, 4), dut(machine).config.command) == (5, 7)


def test_from_d3hot_it_comes_back_reset(machine: Machine) -> None:
    card = dut(machine)
    machine.memory.write(BASE, 5, 4)
    go(machine, D3HOT)
    go(machine, D0)
    assert (card.SCRATCH, card.config.command, card.config.read(0x10, 4)) == (0, 0, 0)


def test_without_a_soft_reset_it_comes_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sleeper, "CAPABILITIES", (PowerManagement(no_soft_reset=True), Msi()))
    machine = Machine(MachineConfig(ram=1 << 20, pci=True, clock="manual"))
    with machine:
        machine.add_device(DevicePlacement("card", "card", slot=1), Sleeper)
        card = dut(machine)
        assert card.config.read(PMCSR, 2) == 8
        card.config.set_bar(card.BARS[0], BASE)
        card.config.write(4, 7, 2)
        machine.memory.write(BASE, 5, 4)
        go(machine, D3HOT)
        go(machine, D0)
        assert machine.memory.read(BASE, 4) == 5


def test_a_snapshot_taken_asleep_is_asleep(machine: Machine) -> None:
    machine.memory.write(BASE, 5, 4)
    go(machine, D3HOT)
    saved = machine.save_state()
    machine.reset()
    assert state(machine) == D0
    machine.load_state(saved)
    assert (state(machine), machine.memory.read(BASE, 4)) == (D3HOT, 0xFFFFFFFF)
    go(machine, D0)
    assert dut(machine).SCRATCH == 0  # the way back resets, after a restore too


def test_a_wake_event_asserts_pme_while_it_is_enabled(machine: Machine) -> None:
    card = dut(machine)
    go(machine, D3HOT | 0x100)
    card.wake.pulse()
    assert (card.config.read(PMCSR, 2), machine.gsi_level(9)) == (0x8103, 1)
    go(machine, 0x8103)  # write 1 to clear
    assert (card.config.read(PMCSR, 2), machine.gsi_level(9)) == (0x0103, 0)


def test_a_wake_event_in_a_state_without_pme_is_nothing(machine: Machine) -> None:
    go(machine, D1 | 0x100)
    dut(machine).wake.pulse()
    assert dut(machine).config.read(PMCSR, 2) == 0x0101


def test_pme_outlives_the_way_to_d0(machine: Machine) -> None:
    go(machine, D3HOT | 0x100)
    dut(machine).wake.pulse()
    go(machine, D0 | 0x100)
    assert (dut(machine).config.read(PMCSR, 2), machine.gsi_level(9)) == (0x8100, 1)
    machine.reset()
    assert (dut(machine).config.read(PMCSR, 2), machine.gsi_level(9)) == (0, 0)


def test_pme_in_a_state_that_there_is_not() -> None:
    config = PciConfig(PciIdentity(1, 2), (Bar(0, "mem32", 16),))
    with pytest.raises(DeviceError, match="PME# in a state"):
        PowerControl(config, PowerManagement(pme=(D2,)), lambda: None, lambda: None)
