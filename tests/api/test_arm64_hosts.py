"""Which host runs a board of type virt, and what the others say."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

import pytest

import devgen
from devgen import MachineConfig
from devgen.api import accelerators
from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine_config import GuestConfig, KernelConfig

BOARD = MachineConfig(name="board", type="virt", ram=1 << 20, guest=GuestConfig(b"code", load=0x40000000))


def said(accel: accelerators.Accel, board: MachineConfig = BOARD) -> str:
    with pytest.raises(MachineError) as error:
        devgen.Board(board, accel=accel)
    return str(error.value)


@pytest.mark.parametrize("accel", ["auto", "emulator"])
def test_a_host_without_kvm_runs_it_on_the_emulator(monkeypatch: pytest.MonkeyPatch, accel: accelerators.Accel) -> None:
    monkeypatch.setattr(accelerators, "why_no_kvm", lambda machine: f"/dev/kvm: no {machine}")
    with devgen.Board(BOARD, accel=accel) as board:
        assert board.accel == "emulator"


def test_the_emulator_runs_no_kernel() -> None:
    kernel = replace(BOARD, guest=KernelConfig(Path("Image")))
    assert said("emulator", kernel) == (
        "board: board: a kernel needs an arm64 host with /dev/kvm; on a board of type virt the emulator runs programs "
        "without an operating system (guest: image)"
    )


def test_the_emulator_has_one_processor() -> None:
    assert (
        said("emulator", replace(BOARD, cpus=2)) == "board: board: the emulator has one processor, and the board has 2"
    )


@pytest.mark.kvm
@pytest.mark.skipif(platform.machine() != "x86_64", reason="asks a KVM of another architecture")
def test_an_x86_host_cannot_use_kvm() -> None:
    assert said("kvm") == (
        "board: cannot use KVM (/dev/kvm of this host (x86_64) runs no arm64 guests); the accelerator 'emulator' runs "
        "without it"
    )
