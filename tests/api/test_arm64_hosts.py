"""A board of type virt says in one line where it runs."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

import devgen
from devgen import MachineConfig
from devgen.api import accelerators
from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.machine_config import GuestConfig

BOARD = MachineConfig(name="board", type="virt", ram=1 << 20, guest=GuestConfig(b"code", load=0x40000000))
NEEDS = "board: a board of type virt needs an arm64 host with /dev/kvm"


def said(accel: accelerators.Accel) -> str:
    with pytest.raises(MachineError) as error:
        devgen.Board(BOARD, accel=accel)
    return str(error.value)


def test_the_emulator_runs_none() -> None:
    assert said("emulator") == f"{NEEDS} (the emulator runs x86 guests only)"


@pytest.mark.parametrize("accel", accelerators.ACCELS)
def test_a_host_without_kvm_runs_none(monkeypatch: pytest.MonkeyPatch, accel: accelerators.Accel) -> None:
    monkeypatch.setattr(accelerators, "why_no_kvm", lambda machine: f"/dev/kvm: no {machine}")
    assert said(accel).startswith(NEEDS)


@pytest.mark.kvm
@pytest.mark.skipif(platform.machine() != "x86_64", reason="asks a KVM of another architecture")
def test_an_x86_host_runs_none() -> None:
    assert said("kvm") == f"{NEEDS} (/dev/kvm of this host (x86_64) runs no arm64 guests)"
    assert Path("/dev/kvm").exists()
