"""Arm64 guests without an operating system on KVM: they see what they see on the emulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from arm64_assembly import CODE, ELR, ESR, EXECUTED, FAR, OFFSET, RAM, REFUSED, WRITE, asm64, refusal

from devgen import Board, DevicePlacement
from devgen.hosts.kvm import KvmHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig

IMAGES = Path(__file__).parents[2] / "examples" / "guests" / "prebuilt"
UART = DevicePlacement("uart", "pl011", at={"registers": 0x0900_0000}, irq={"intr": 1}, streams={"serial": "memory"})
BOARDS = {
    "pl031_virt": (DevicePlacement("rtc", "pl031", at={"registers": 0x0901_0000}, irq={"intr": 2}),),
    "small_virt": (
        DevicePlacement("timer", "sp804", at={"registers": 0x0904_0000}, irq={"intr": 8}),
        DevicePlacement(
            "gpio",
            "pl061",
            at={"registers": 0x0903_0000},
            irq={"intr": 7},
            wires={f"output[{n}]": f"gpio.input[{n + 4}]" for n in range(4)},
        ),
    ),
}
"""The devices of the boards in examples/boards. The Python of the lab has no packages that read the boards' files."""


@pytest.mark.parametrize("image", BOARDS)
def test_a_guest_that_comes_with_devgen_ends_well(image: str) -> None:
    guest = GuestConfig(IMAGES / f"{image}.bin", 0x4008_0000)
    config = MachineConfig(type="virt", ram=1 << 20, guest=guest, devices=(UART, *BOARDS[image]))
    with Board(config, accel="kvm") as board:
        result = board.run(60)
        said = board.sent("uart", "serial").decode("ascii").splitlines()
    assert (result.ok, said[-1][-4:]) == (True, "done"), (result, said)


def words(body: str, *offsets: int) -> list[int]:
    """What the handlers of a guest that executes ``body`` have stored."""
    config = MachineConfig(type="virt", ram=1 << 20, guest=GuestConfig(asm64(refusal(body)), CODE))
    with Machine(config, log=lambda _line: None) as machine:
        with KvmHost(machine) as host:
            assert host.run(60).ok
        return [int.from_bytes(machine.memory.read_bytes(RAM + offset, 8), "little") for offset in offsets]


@pytest.mark.parametrize(("body", "syndrome", "address"), REFUSED)
def test_kvm_refuses_what_the_emulator_refuses(body: str, syndrome: int, address: int) -> None:
    """KVM 6.1 does not say in the syndrome that the access was a write, and extends its bit 31 to the upper half."""
    handler, found, far, returns_to, place = words(body, OFFSET, ESR, FAR, ELR, 64)
    assert (handler, found & 0xFFFF_FFFF | WRITE, far, returns_to) == (0x200, syndrome | WRITE, address, place)


@pytest.mark.parametrize("body", EXECUTED)
def test_kvm_carries_out_what_the_emulator_carries_out(body: str) -> None:
    assert words(body, OFFSET, ESR) == [0, 0]
