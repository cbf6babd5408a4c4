"""A guest reads the same values, and lines change in the same order, on each host and after a restore.

Descriptions and steps are drawn (tests/kit/generated_descriptions.py). Clocks are manual; those of guests stand still.
tests/hosts/vfio_user/test_vfio_agrees.py has the same for vfio-user.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest
from generated_code import class_of, described_in
from generated_descriptions import ACCESSES, DONE, STEPS, Outcome, Step, descriptions, on_the_bench
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.hosts.bench import Bench
from devgen.hosts.bench.placing import place_bars
from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.observe.journal import Journal, Output
from devgen.runtime.pci import PciDevice

PORT = 0xC000
CODE, VALUES = 0x7000, 0x5000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@settings(max_examples=80, deadline=None)
@given(descriptions(), STEPS, st.data())
def test_a_restored_device_goes_on_as_the_saved_one(
    folder: Path, text: str, steps: list[Step], data: st.DataObject
) -> None:
    device: type[PciDevice] = class_of(described_in(text, folder))
    cut = data.draw(st.integers(0, len(steps)), "saved after so many steps")
    with Bench(device) as saved, Bench(device) as restored:
        on_the_bench(saved, steps[:cut])
        on_the_bench(restored, steps[cut:][:2])  # what it did before must not matter
        restored.load_state(json.loads(json.dumps(saved.save_state())))
        restored.journal.take()
        assert on_the_bench(restored, steps[cut:]) == on_the_bench(saved, steps[cut:])
        assert restored.save_state() == saved.save_state()


def program(steps: list[Step]) -> bytes:
    """Real-mode code that makes the accesses, keeps what it reads at VALUES, then writes DONE."""
    code = b"\x31\xc0\x8e\xd8"  # xor ax,ax; mov ds,ax
    for number, (how, offset, size, value) in enumerate([*steps, ("write", DONE, 4, 0)]):
        code += b"\x66\xb8" + pack("<I", value) + b"\xba" + pack("<H", PORT + offset)  # mov eax, value; mov dx, port
        if how == "read":
            code += {1: b"\xec", 2: b"\xed", 4: b"\x66\xed"}[size]
            code += b"\x66\xa3" + pack("<H", VALUES + 4 * number)  # mov [VALUES + 4 * number], eax
        else:
            code += {1: b"\xee", 2: b"\xef", 4: b"\x66\xef"}[size]
    return code + b"\xf4"


def on_a_guest(
    host: Callable[[Machine], KvmHost | EmulatorHost], device: type[PciDevice], steps: list[Step]
) -> tuple[list[int], list[Output]]:
    """The values read and the outputs in order, on a clock that stands still."""
    guest = GuestConfig(program(steps), CODE, CODE)
    config = MachineConfig(ram=1 << 20, irqchip="none", pci=True, guest=guest, clock="manual")
    with Machine(config) as machine:
        placement = DevicePlacement(device.NAME, device.NAME, slot=4, on_event={"END": "exit"})
        card = machine.add_device(placement, device)
        assert isinstance(card, PciDevice)
        place_bars(card, {"0": PORT})
        journal = Journal(card, machine.clocks.virtual)
        machine.event_sinks.append(journal.event)
        with host(machine) as running:
            result = running.run(20)
        assert result.reason == "exit", result
        memory = machine.memory
        read = [memory.read(VALUES + 4 * at, step[2]) for at, step in enumerate(steps) if step[0] == "read"]
        return read, [output for output in journal.take() if output.name != "END"]


def as_a_guest_sees_it(outcome: Outcome) -> tuple[list[int], list[Output]]:
    return [value for value, _ in outcome if value is not None], [one for _, outputs in outcome for one in outputs]


@settings(max_examples=30, deadline=None)
@given(descriptions(), ACCESSES)
def test_a_guest_on_the_emulator_is_like_the_bench(folder: Path, text: str, steps: list[Step]) -> None:
    device: type[PciDevice] = class_of(described_in(text, folder))
    with Bench(device) as bench:
        assert on_a_guest(EmulatorHost, device, steps) == as_a_guest_sees_it(on_the_bench(bench, steps))


@pytest.mark.kvm
@settings(max_examples=25, deadline=None)
@given(descriptions(), ACCESSES)
def test_a_guest_on_kvm_is_like_the_bench(folder: Path, text: str, steps: list[Step]) -> None:
    device: type[PciDevice] = class_of(described_in(text, folder))
    with Bench(device) as bench:
        assert on_a_guest(KvmHost, device, steps) == as_a_guest_sees_it(on_the_bench(bench, steps))
