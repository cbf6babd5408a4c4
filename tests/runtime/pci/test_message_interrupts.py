"""MSI and MSI-X as a driver programs them: through configuration space, the table in a BAR, and memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from devgen.runtime.base.faults import DeviceError, StateError
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.pci import Bar, Msi, MsiX, PciConfig, PciDevice, PciIdentity
from devgen.runtime.pci.message_interrupts import MsiMessages
from devgen.runtime.pci.pci_device import Capability

MASTER = 0x6
BASE = 0xE000_0000
TARGET = 0x4000


class Engine(PciDevice):
    NAME: ClassVar[str] = "engine"
    PCI: ClassVar[PciIdentity] = PciIdentity(0x1B36, 2, interrupt_pin=1)
    BARS: ClassVar[tuple[Bar, ...]] = (Bar(0, "mem32", 0x1000),)
    CAPABILITIES: ClassVar[tuple[Capability, ...]] = (
        Msi(4, masking=True),
        MsiX(70, bar=0, table=0, pending_bar=0, pending=0x800),
    )

    def __init__(self, env: Environment, **properties: PropertyValue) -> None:
        super().__init__(env, **properties)
        self.wire = self.add_intx("inta")
        self.done = self.add_vectors("done", 70, 0)


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine(MachineConfig(ram=1 << 20, pci=True, clock="manual"))
    machine.add_device(DevicePlacement("engine", "engine", slot=1), Engine)
    engine = dut(machine)
    engine.config.set_bar(engine.BARS[0], BASE)
    engine.config.write(4, MASTER, 2)
    yield machine
    machine.close()


def dut(machine: Machine) -> Engine:
    engine = machine.devices["engine"]
    assert isinstance(engine, Engine)
    return engine


def offset(engine: Engine, identifier: int) -> int:
    at = engine.config.read(0x34, 1)
    while engine.config.read(at, 1) != identifier:
        at = engine.config.read(at + 1, 1)
    return at


def enable_msix(machine: Machine, control: int = 0x8000) -> None:
    dut(machine).config.write(offset(dut(machine), 0x11) + 2, control, 2)


def program(machine: Machine, vector: int, data: int, mask: int = 0) -> None:
    for word, value in enumerate((TARGET + 4 * vector, 0, data, mask)):
        machine.memory.write(BASE + 16 * vector + 4 * word, value, 4)


def message(machine: Machine, vector: int) -> int:
    return machine.memory.read(TARGET + 4 * vector, 4)


def pending(machine: Machine) -> int:
    return machine.memory.read(BASE + 0x800, 8) | machine.memory.read(BASE + 0x808, 8) << 64


def test_the_driver_finds_both_capabilities(machine: Machine) -> None:
    engine = dut(machine)
    assert engine.config.read(6, 2) & 0x10
    msi, msix = offset(engine, 0x05), offset(engine, 0x11)
    assert (msi, msix) == (0x40, 0x58)
    assert engine.config.read(msi + 2, 2) == 0x0184  # masking, 64 bit, four vectors
    assert (engine.config.read(msix + 2, 2), engine.config.read(msix + 4, 4)) == (69, 0)
    assert engine.config.read(msix + 8, 4) == 0x800


def test_a_vector_of_msix_is_a_write_of_its_data(machine: Machine) -> None:
    enable_msix(machine)
    program(machine, 3, 0x1234)
    dut(machine).done[3].pulse()
    assert message(machine, 3) == 0x1234


def test_nothing_is_sent_while_messages_are_off(machine: Machine) -> None:
    program(machine, 3, 0x1234)
    dut(machine).done[3].pulse()
    assert (message(machine, 3), pending(machine)) == (0, 0)


def test_nothing_is_sent_by_what_is_not_bus_master(machine: Machine) -> None:
    enable_msix(machine)
    program(machine, 3, 0x1234)
    dut(machine).config.write(4, 2, 2)
    dut(machine).done[3].pulse()
    assert message(machine, 3) == 0


def test_a_hosts_own_way_takes_messages_of_a_bus_master_only(machine: Machine) -> None:
    engine, taken = dut(machine), []
    engine.on_vector = taken.append
    engine.done[3].pulse()
    engine.config.write(4, 2, 2)
    engine.done[4].pulse()
    assert taken == [3]


@pytest.mark.parametrize("vector", [0, 63, 64, 69])
def test_a_masked_vector_waits_and_is_sent_once(machine: Machine, vector: int) -> None:
    enable_msix(machine)
    program(machine, vector, 0x77, mask=1)
    dut(machine).done[vector].pulse()
    dut(machine).done[vector].pulse()
    assert (message(machine, vector), pending(machine)) == (0, 1 << vector)
    program(machine, vector, 0x78)
    assert (message(machine, vector), pending(machine)) == (0x78, 0)


def test_the_function_mask_holds_all_vectors(machine: Machine) -> None:
    enable_msix(machine, 0xC000)
    for vector in (1, 2):
        program(machine, vector, 0x50 + vector)
        dut(machine).done[vector].pulse()
    assert (message(machine, 1), pending(machine)) == (0, 6)
    enable_msix(machine)
    assert (message(machine, 1), message(machine, 2), pending(machine)) == (0x51, 0x52, 0)


def test_entries_are_masked_after_a_reset(machine: Machine) -> None:
    program(machine, 0, 1)
    machine.reset()
    assert dut(machine).messages["msix"].save() == {"table": [0, 0, 0, 1] * 70, "pending": "0"}


def test_reserved_bits_of_the_table_are_zero(machine: Machine) -> None:
    for word in range(4):
        machine.memory.write(BASE + 4 * word, 0xFFFFFFFF, 4)
    assert [machine.memory.read(BASE + 4 * word, 4) for word in range(4)] == [0xFFFFFFFC, 0xFFFFFFFF, 0xFFFFFFFF, 1]
    machine.memory.write(BASE, 0x1122334455667788, 8)
    assert machine.memory.read(BASE, 8) == 0x1122334455667788


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("at", [0, 0x800], ids=["table", "pending"])
def test_dwords_are_the_narrowest_accesses_of_the_tables(machine: Machine, at: int, size: int) -> None:
    program(machine, 0, 0x77, mask=1)
    enable_msix(machine)
    dut(machine).done[0].pulse()
    before = machine.memory.read(BASE + at, 8)
    assert before
    machine.memory.write(BASE + at, (1 << 8 * size) - 1, size)
    assert (machine.memory.read(BASE + at, 8), machine.memory.read(BASE + at, size)) == (before, 0)


def test_the_pending_bits_are_read_only(machine: Machine) -> None:
    program(machine, 0, 0x77, mask=1)
    enable_msix(machine)
    dut(machine).done[0].pulse()
    for value in (0, (1 << 64) - 1):
        machine.memory.write(BASE + 0x800, value, 8)
        assert pending(machine) == 1


def test_a_guest_cannot_give_msi_more_than_there_is(machine: Machine) -> None:
    engine = dut(machine)
    at = offset(engine, 5)
    engine.config.write(at + 4, TARGET, 4)
    engine.config.write(at + 12, 0xFFFF, 2)
    engine.config.write(at + 2, 0x0071, 2)  # 128 of four
    engine.done[1].pulse()
    assert message(machine, 0) == 0xFFFD
    engine.done[7].pulse()
    assert message(machine, 0) == 0xFFFF


def test_msi_shares_what_the_guest_gives(machine: Machine) -> None:
    engine = dut(machine)
    at = offset(engine, 5)
    engine.config.write(at + 4, TARGET, 4)
    engine.config.write(at + 12, 0x41, 2)
    engine.config.write(at + 2, 0x0011, 2)  # two of four
    engine.done[1].pulse()
    assert message(machine, 0) == 0x41
    engine.done[2].pulse()
    assert message(machine, 0) == 0x40


def test_a_masked_vector_of_msi_waits(machine: Machine) -> None:
    engine = dut(machine)
    at = offset(engine, 5)
    engine.config.write(at + 4, TARGET, 4)
    engine.config.write(at + 12, 0x40, 2)
    engine.config.write(at + 16, 0xFFFFFFFF, 4)
    engine.config.write(at + 2, 0x0021, 2)
    engine.done[2].pulse()
    assert (engine.config.read(at + 16, 4), engine.config.read(at + 20, 4), message(machine, 0)) == (0xF, 4, 0)
    engine.config.write(at + 16, 0, 4)
    assert (engine.config.read(at + 20, 4), message(machine, 0)) == (0, 0x42)


def test_the_wire_is_silent_while_messages_are_on(machine: Machine) -> None:
    engine = dut(machine)
    engine.wire.set(1)
    assert engine.pin.level == 1
    enable_msix(machine)
    assert (engine.pin.level, engine.config.read(6, 2) & 8) == (0, 8)
    enable_msix(machine, 0)
    assert engine.pin.level == 1


def test_the_hosts_window_hears_messages(machine: Machine) -> None:
    heard: list[tuple[int, int]] = []
    machine.message_sinks.append(lambda address, data: heard.append((address, data)))
    dut(machine).send_message(0xFEE0_1004, 0x31)
    assert heard == [(0xFEE0_1004, 0x31)]


def test_a_snapshot_keeps_table_masks_and_pending_and_sends_nothing(machine: Machine) -> None:
    engine = dut(machine)
    enable_msix(machine)
    program(machine, 5, 0x99, mask=1)
    program(machine, 6, 0x66)
    engine.done[5].set(1)
    engine.done[6].set(1)
    machine.memory.write(TARGET + 24, 0, 4)
    saved = engine.save_state()
    machine.reset()
    for line in engine.done:
        line.set(0)
    engine.load_state(saved)
    assert (message(machine, 6), pending(machine), engine.save_state()) == (0, 1 << 5, saved)
    engine.done[6].pulse()
    assert message(machine, 6) == 0  # it was high: no rise
    engine.done[6].pulse()
    assert message(machine, 6) == 0x66


@pytest.mark.parametrize(
    "bad",
    [None, {}, {"msi": None}, {"msi": 1, "msix": {}}, {"msi": None, "msix": {"table": [0] * 279, "pending": "0"}}]
    + [{"msi": None, "msix": {"table": [0] * 280, "pending": text}} for text in ("", "-1", "x", f"{1 << 70:x}", 3)],
)
def test_bad_state_is_refused(machine: Machine, bad: object) -> None:
    engine = dut(machine)
    saved = {**engine.save_state(), "messages": bad}
    with pytest.raises(StateError):
        engine.load_state(saved)  # type: ignore[arg-type]


@pytest.mark.parametrize("vectors", [0, 3, 64])
def test_msi_has_a_power_of_two(vectors: int) -> None:
    with pytest.raises(DeviceError):
        MsiMessages(PciConfig(PciIdentity(1, 2)), Msi(vectors), lambda _a, _d: None, lambda: None)


class Outside(PciDevice):
    BARS: ClassVar[tuple[Bar, ...]] = (Bar(0, "mem32", 0x1000),)
    CAPABILITIES: ClassVar[tuple[Capability, ...]] = (MsiX(8, bar=0, table=0xFC0, pending_bar=0, pending=0),)


def test_a_table_outside_its_bar_is_refused(machine: Machine) -> None:
    with pytest.raises(DeviceError, match="msix-table does not fit into BAR 0"):
        Outside(Environment(machine.clocks))


class Path:
    """A host's way for messages: takes those of vectors in ``takes``."""

    def __init__(self, takes: set[int]) -> None:
        self.takes = takes
        self.heard: list[tuple[int, int, int] | str] = []

    def send(self, vector: int, address: int, data: int) -> bool:
        if vector in self.takes:
            self.heard.append((vector, address, data))
        return vector in self.takes

    def drop(self) -> None:
        self.heard.append("drop")


def test_a_host_may_take_messages_and_leaves_the_others_to_the_function(machine: Machine) -> None:
    enable_msix(machine)
    path = dut(machine).messages["msix"].path = Path({1})
    for vector in (1, 2):
        program(machine, vector, 0x30 + vector)
        dut(machine).done[vector].pulse()
    assert path.heard == [(1, TARGET + 4, 0x31)]
    assert (message(machine, 1), message(machine, 2)) == (0, 0x32)


def test_a_host_hears_of_a_masked_vector_when_it_is_sent(machine: Machine) -> None:
    enable_msix(machine)
    path = dut(machine).messages["msix"].path = Path({1})
    program(machine, 1, 0x31, mask=1)
    dut(machine).done[1].pulse()
    assert path.heard == []
    program(machine, 1, 0x32)
    assert path.heard == [(1, TARGET + 4, 0x32)]


@pytest.mark.parametrize("kind", ["msi", "msix"])
def test_a_host_drops_what_it_kept_when_messages_end(machine: Machine, kind: str) -> None:
    engine = dut(machine)
    path = engine.messages[kind].path = Path(set())
    control = offset(engine, {"msi": 0x05, "msix": 0x11}[kind]) + 2
    on = {"msi": 1, "msix": 0x8000}[kind]
    engine.config.write(control, on, 2)
    assert path.heard == []
    engine.config.write(control, 0, 2)
    assert path.heard == ["drop"]
    engine.load_state(engine.save_state())
    machine.reset()
    assert path.heard == ["drop"] * 3


def test_msix_names_the_messages_that_nothing_holds_back(machine: Machine) -> None:
    msix = dut(machine).messages["msix"]
    program(machine, 3, 0x33)
    program(machine, 4, 0x34, mask=1)
    program(machine, 69, 0x69)
    assert list(msix.open_messages(range(128))) == []
    enable_msix(machine)
    assert list(msix.open_messages(range(128))) == [(3, TARGET + 12, 0x33), (69, TARGET + 4 * 69, 0x69)]
    assert list(msix.open_messages(range(64))) == [(3, TARGET + 12, 0x33)]
    enable_msix(machine, 0xC000)
    assert list(msix.open_messages(range(128))) == []


def test_msi_names_the_messages_that_nothing_holds_back(machine: Machine) -> None:
    engine = dut(machine)
    at = offset(engine, 5)
    engine.config.write(at + 4, TARGET, 4)
    engine.config.write(at + 12, 0x47, 2)
    engine.config.write(at + 16, 1, 4)
    assert list(engine.messages["msi"].open_messages(range(64))) == []
    engine.config.write(at + 2, 0x0011, 2)  # two of four
    assert list(engine.messages["msi"].open_messages(range(64))) == [(1, TARGET, 0x47)]
