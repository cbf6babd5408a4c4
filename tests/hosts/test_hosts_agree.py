"""A guest reads the same values, and lines change in the same order, on each host and after a restore.

Descriptions and steps are drawn (tests/kit/generated_descriptions.py, generated_hardware.py, generated_steps.py).
Clocks are manual. A guest shows by marks between which of its accesses an output came; with few marks, accesses follow
one another directly.
tests/hosts/vfio_user/test_vfio_agrees.py has the same for vfio-user, tests/hosts/bench/test_bench_like_the_model.py
compares the bench with a model. Doorbells are not drawn: on KVM they ring a moment later.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawn_arm64_guests import ARM64
from drawn_guests import REAL_MODE, Host, Processor, conductor, on_a_guest
from generated_code import class_of, described_in
from generated_descriptions import Drawn, descriptions
from generated_hardware import DrawnHardware, hardware_descriptions
from generated_steps import HARDWARE_STEPS, STEPS, Step, marked, on_the_bench, with_a_move_after, with_beginnings
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.hosts.bench import Bench
from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost
from devgen.runtime.device.device import Device
from devgen.runtime.pci import PciDevice

EVERY = st.sampled_from([1, 1, 7, 1000])
"""A mark after each so manieth step."""

CUTS = st.integers(0, 20) | st.integers(0, 40)
EXAMPLES = 40
"""Of each host."""

RESTORES = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drawn")


@pytest.fixture(scope="module")
def conducting(folder: Path) -> type[Device]:
    return conductor(folder)


@pytest.fixture(scope="module")
def conducting_arm64(folder: Path) -> type[Device]:
    return conductor(folder, ARM64)


def compare(
    host: Host,
    folder: Path,
    conducting: type[Device],
    drawn: Drawn | DrawnHardware,
    steps: list[Step],
    every: int,
    cut: int | None,
    processor: Processor = REAL_MODE,
) -> None:
    """The guest on the host sees what the bench shows; also if it is saved and restored after ``cut`` steps."""
    device: type[PciDevice] = class_of(described_in(drawn.text, folder))
    steps = with_a_move_after(steps, cut)
    marks = lambda number: number % every == every - 1  # noqa: E731
    with Bench(device) as bench:
        expected = marked(on_the_bench(bench, with_beginnings(steps, cut)), marks)
    assert on_a_guest(host, device, conducting, steps, marks, cut, processor) == expected


def a_restored_device_goes_on(folder: Path, drawn: Drawn | DrawnHardware, steps: list[Step], cut: int) -> None:
    device: type[PciDevice] = class_of(described_in(drawn.text, folder))
    cut %= len(steps)
    steps = with_a_move_after(steps, cut)
    with Bench(device) as saved, Bench(device) as restored:
        on_the_bench(saved, steps[:cut])
        on_the_bench(restored, steps[cut:][:2])  # what it did before must not matter
        restored.load_state(json.loads(json.dumps(saved.save_state())))
        restored.take_output(None)
        saved.take_output(None)
        restored.journal.take()
        assert on_the_bench(restored, steps[cut:]) == on_the_bench(saved, steps[cut:])
        assert restored.save_state() == saved.save_state()


@pytest.mark.slow
@settings(max_examples=RESTORES, deadline=None)
@given(descriptions(), STEPS, CUTS)
def test_a_restored_device_goes_on_as_the_saved_one(folder: Path, drawn: Drawn, steps: list[Step], cut: int) -> None:
    a_restored_device_goes_on(folder, drawn, steps, cut)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(descriptions(), STEPS, EVERY, st.none() | CUTS)
def test_a_guest_on_the_emulator_is_like_the_bench(
    folder: Path, conducting: type[Device], drawn: Drawn, steps: list[Step], every: int, cut: int | None
) -> None:
    compare(EmulatorHost, folder, conducting, drawn, steps, every, cut)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(drawn=descriptions() | hardware_descriptions(), steps=STEPS | HARDWARE_STEPS, every=EVERY, cut=st.none() | CUTS)
def test_an_arm64_guest_on_the_emulator_is_like_the_bench(
    folder: Path,
    conducting_arm64: type[Device],
    drawn: Drawn | DrawnHardware,
    steps: list[Step],
    every: int,
    cut: int | None,
) -> None:
    compare(EmulatorHost, folder, conducting_arm64, drawn, steps, every, cut, ARM64)


@pytest.mark.slow
@pytest.mark.kvm
@settings(max_examples=EXAMPLES, deadline=None)
@given(descriptions(), STEPS, EVERY, st.none() | CUTS)
def test_a_guest_on_kvm_is_like_the_bench(
    folder: Path, conducting: type[Device], drawn: Drawn, steps: list[Step], every: int, cut: int | None
) -> None:
    compare(KvmHost, folder, conducting, drawn, steps, every, cut)


@pytest.mark.slow
@settings(max_examples=RESTORES, deadline=None)
@given(hardware_descriptions(accesses=True), HARDWARE_STEPS, CUTS)
def test_restored_interrupt_fields_counters_and_keys_go_on(
    folder: Path, drawn: DrawnHardware, steps: list[Step], cut: int
) -> None:
    a_restored_device_goes_on(folder, drawn, steps, cut)


@pytest.mark.slow
@pytest.mark.parametrize("host", [EmulatorHost, pytest.param(KvmHost, marks=pytest.mark.kvm)])
@settings(max_examples=EXAMPLES, deadline=None)
@given(drawn=hardware_descriptions(), steps=HARDWARE_STEPS, every=EVERY, cut=st.none() | CUTS)
def test_interrupt_fields_counters_and_locks_are_as_on_the_bench(
    folder: Path,
    conducting: type[Device],
    host: Host,
    drawn: DrawnHardware,
    steps: list[Step],
    every: int,
    cut: int | None,
) -> None:
    compare(host, folder, conducting, drawn, steps, every, cut)


@pytest.mark.slow
@pytest.mark.parametrize("host", [EmulatorHost, pytest.param(KvmHost, marks=pytest.mark.kvm)])
@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(drawn=hardware_descriptions(accesses=True), steps=HARDWARE_STEPS)
def test_keys_count_the_same_accesses_as_on_the_bench(
    folder: Path, conducting: type[Device], host: Host, drawn: DrawnHardware, steps: list[Step]
) -> None:
    """There are no marks, which are accesses too."""
    compare(host, folder, conducting, drawn, steps, every=1000, cut=None)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(descriptions(), STEPS, EVERY, st.none() | CUTS)
def test_many_guests_on_the_emulator_are_like_the_bench(
    folder: Path, conducting: type[Device], drawn: Drawn, steps: list[Step], every: int, cut: int | None
) -> None:
    compare(EmulatorHost, folder, conducting, drawn, steps, every, cut)


@pytest.mark.slow
@pytest.mark.kvm
@settings(max_examples=300, deadline=None)
@given(descriptions(), STEPS, EVERY, st.none() | CUTS)
def test_many_guests_on_kvm_are_like_the_bench(
    folder: Path, conducting: type[Device], drawn: Drawn, steps: list[Step], every: int, cut: int | None
) -> None:
    compare(KvmHost, folder, conducting, drawn, steps, every, cut)
