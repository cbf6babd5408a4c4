"""Boards of type virt, whose device trees the tests of this folder read."""

from __future__ import annotations

from devgen.runtime.boot.device_tree.virt_tree import Chosen, virt_tree
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.project_devices import project_registry

SERIAL = DevicePlacement(
    "uart", "pl011", at={"registers": 0x9000000}, irq={"intr": 1}, properties={"uartclk": 48000000}
)
CLOCK = DevicePlacement("rtc", "pl031", at={"registers": 0x9010000}, irq={"intr": 2})
LINES = DevicePlacement("gpio", "pl061", at={"registers": 0x9030000}, irq={"intr": 7})
TIMERS = DevicePlacement("timers", "sp804", at={"registers": 0x9040000}, irq={"intr": 8}, properties={"freq1": 2000000})
CHOSEN = Chosen("quiet", None)
PANIC = DevicePlacement("panic", "pvpanic-mmio", at={"registers": 0x9060000})
IN_A_WINDOW = DevicePlacement("other", "pl031", at={"registers": 0x20000000})
BOARDS = {
    "bare": MachineConfig(type="virt", ram=64 << 20),
    "devices": MachineConfig(type="virt", ram=64 << 20, cpus=2, devices=(SERIAL, CLOCK, LINES, TIMERS, PANIC)),
    "cards": MachineConfig(type="virt", ram=5 << 30, cpus=18, pci=True, devices=(SERIAL, IN_A_WINDOW)),
    "ecam": MachineConfig(type="virt", ram=64 << 20, pci=True, ecam=0x3E000000, intx_gsis=(3, 4, 3, 4)),
}


def blob(board: str, chosen: Chosen = CHOSEN) -> bytes:
    """The flattened device tree of a board of BOARDS."""
    with Machine(BOARDS[board], project_registry()) as machine:
        return virt_tree(machine, chosen)
