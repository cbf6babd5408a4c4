"""PCI on a machine of type virt: configuration space and ports in memory, messages with their senders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.project_devices import project_registry
from devgen.runtime.pci import PciDevice

ECAM = 0x3F000000
PORTS = 0x3EFF0000
TRANSLATER = 0x08090040
LINES = DevicePlacement("lines", "pci-idio-16", slot=4)
DISK = DevicePlacement("disk", "nvme", slot=5)


@pytest.fixture
def machine() -> Iterator[Machine]:
    config = MachineConfig(type="virt", ram=1 << 20, pci=True, devices=(LINES, DISK))
    with Machine(config, project_registry()) as made:
        yield made


def test_the_host_bridge_is_found_in_the_window(machine: Machine) -> None:
    assert machine.memory.read(ECAM, 4) == 0x00081B36
    assert machine.memory.read(ECAM + (4 << 15), 4) == 0x0DC8494F
    assert machine.memory.read(ECAM + (6 << 15), 4) == 0xFFFFFFFF


def test_ports_of_a_card_are_in_the_port_window(machine: Machine) -> None:
    function = ECAM + (4 << 15)
    machine.memory.write(function + 0x18, 0x1000, 4)
    machine.memory.write(function + 4, 1, 2)
    machine.memory.write(PORTS + 0x1000, 0x5A, 1)
    assert machine.memory.read(PORTS + 0x1000, 1) == 0x5A


def test_a_message_is_written_with_its_senders_number(machine: Machine) -> None:
    seen: list[tuple[int, int, int | None]] = []
    assert machine.pci is not None
    bus, disk = machine.pci, machine.devices["disk"]
    assert isinstance(disk, PciDevice)
    disk.config.write(4, 6, 2)
    machine.message_sinks.append(lambda address, data: seen.append((address, data, bus.message_sender)))
    disk.send_message(TRANSLATER, 3)
    assert seen == [(TRANSLATER, 3, 5 << 3)]
    assert bus.message_sender is None


def test_a_device_with_ports_is_refused() -> None:
    com1 = DevicePlacement("com1", "serial16550", at={"ports": 0x3F8})
    with pytest.raises(MachineError, match=r"com1.* needs ports, and a machine of type virt has no port space"):
        Machine(MachineConfig(type="virt", ram=1 << 20, devices=(com1,)), project_registry())


def test_a_line_beyond_the_gics_is_refused() -> None:
    rtc = DevicePlacement("rtc", "pl031", at={"registers": 0x9010000}, irq={"intr": 224})
    with pytest.raises(MachineError, match=r"GSI 224 is not 0\.\.223"):
        Machine(MachineConfig(type="virt", ram=1 << 20, devices=(rtc,)), project_registry())
