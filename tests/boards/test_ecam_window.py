"""A guest finds a card through ECAM, on both CPU hosts."""

from __future__ import annotations

from struct import pack
from typing import Any

import pytest

from devgen import Board, DevicePlacement, GuestConfig, MachineConfig

ECAM, LOAD, FOUND = 0xE000_0000, 0x7000, 0x5000
HLT = b"\xf4"


def copied(address: int, to: int) -> bytes:
    """32-bit code: mov eax, [address]; mov [to], eax."""
    return b"\xa1" + pack("<I", address) + b"\xa3" + pack("<I", to)


@pytest.mark.parametrize("accel", ["emulator", pytest.param("kvm", marks=pytest.mark.kvm)])
def test_a_guest_finds_a_card_and_nobody(accel: Any) -> None:
    code = copied(ECAM + (3 << 15), FOUND) + copied(ECAM + (4 << 15), FOUND + 4) + HLT
    config = MachineConfig(
        ram=1 << 20, irqchip="none", pci=True, ecam=ECAM,
        devices=(DevicePlacement("card", "edu", slot=3),), guest=GuestConfig(code, LOAD, LOAD, "protected"),
    )  # fmt: skip
    with Board(config, accel=accel) as board:
        assert board.run(30).reason == "halt"
        assert [board.machine.memory.read(FOUND + at, 4) for at in (0, 4)] == [0x11E81234, 0xFFFFFFFF]
