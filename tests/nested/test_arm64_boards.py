"""Arm64 guests without an operating system on KVM: they see what they see on the emulator."""

from __future__ import annotations

import pytest
from arm64_assembly import CODE, ELR, ESR, EXECUTED, FAR, OFFSET, RAM, REFUSED, WRITE, asm64, refusal

from devgen import Accel, run_board
from devgen.hosts.kvm import KvmHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, MachineConfig

ACCEL: Accel = "kvm"


@pytest.mark.parametrize("board", ["pl031-virt", "small-virt"])
def test_a_board_that_comes_with_devgen_ends_well(board: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    result = run_board(board, accel=ACCEL, timeout=60)
    said = capfdbinary.readouterr().out.decode("ascii").splitlines()
    assert (result.ok, said[-1:]) == (True, [f"{board.replace('-virt', '')}: done"]), (result, said)


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
