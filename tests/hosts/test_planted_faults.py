"""The drawn comparisons find faults that are planted in the hosts, within their usual number of examples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from drawn_guests import Host, conductor
from generated_descriptions import descriptions
from generated_hardware import hardware_descriptions
from generated_steps import HARDWARE_STEPS, STEPS
from hypothesis import strategies as st
from planted_faults import is_found
from test_hosts_agree import CUTS, EVERY, EXAMPLES, RESTORES, a_restored_device_goes_on, compare

import devgen.hosts.bench.bench as bench_module
import devgen.runtime.device.device as device_module
import devgen.runtime.machine.machine_state as machine_state
from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.emulator.x86.access_hooks import GuestAccesses
from devgen.hosts.kvm import KvmHost, exit_accesses
from devgen.hosts.kvm.coalesced_ring import CoalescedRing
from devgen.runtime.device.fifo import Fifo

Fault = Callable[[pytest.MonkeyPatch], None]


def emulator_never_settles(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(EmulatorHost, "_settle", lambda self: None)


def emulator_reads_low_halves_only(patch: pytest.MonkeyPatch) -> None:
    load = GuestAccesses._load
    patch.setattr(GuestAccesses, "_load", lambda *access: load(*access) & 0xFFFFFFFF)


def kvm_hears_of_no_due_timer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(KvmHost, "_armed_now", lambda self: None)


def kvm_loses_a_coalesced_write(patch: pytest.MonkeyPatch) -> None:
    entry = CoalescedRing._entry
    patch.setattr(CoalescedRing, "_entry", lambda ring, at: entry(ring, at) if at % 3 else (0, 0, 0, 0))


def kvm_writes_low_halves_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exit_accesses, "_MASKS", (*exit_accesses._MASKS[:8], 0xFFFFFFFF))


def a_restore_loses_timers(patch: pytest.MonkeyPatch) -> None:
    for module in (bench_module, machine_state):
        patch.setattr(module, "arm_restored", lambda restorations: None)


def a_restore_loses_an_entry_of_a_fifo(patch: pytest.MonkeyPatch) -> None:
    restore = Fifo.restore
    patch.setattr(Fifo, "restore", lambda fifo, head, count, slots: restore(fifo, head, count and count - 1, slots))


def a_restore_forgets_what_edges_are_compared_with(patch: pytest.MonkeyPatch) -> None:
    _forget(patch, lambda name: name.endswith(".seen"))


def a_restore_locks_what_a_key_has_opened(patch: pytest.MonkeyPatch) -> None:
    _forget(patch, lambda name: name == "key")


def a_restore_swaps_elements(patch: pytest.MonkeyPatch) -> None:
    prepare = device_module.prepare_item

    def swapped(device: Any, item: Any, data: Any, *rest: Any) -> None:
        prepare(device, item, data[::-1] if item.name in ("unit_step", "UNIT.SOURCE") else data, *rest)

    patch.setattr(device_module, "prepare_item", swapped)


def _forget(patch: pytest.MonkeyPatch, lost: Callable[[str], bool]) -> None:
    prepare = device_module.prepare_item
    patch.setattr(
        device_module,
        "prepare_item",
        lambda device, item, *rest: None if lost(item.name) else prepare(device, item, *rest),
    )


KVM = pytest.mark.kvm
HOST_FAULTS = [
    (EmulatorHost, emulator_never_settles),
    (EmulatorHost, emulator_reads_low_halves_only),
    (EmulatorHost, a_restore_loses_timers),
    pytest.param(KvmHost, kvm_hears_of_no_due_timer, marks=KVM),
    pytest.param(KvmHost, kvm_loses_a_coalesced_write, marks=KVM),
    pytest.param(KvmHost, kvm_writes_low_halves_only, marks=KVM),
    pytest.param(KvmHost, a_restore_loses_timers, marks=KVM),
]


@pytest.mark.slow
@pytest.mark.parametrize(("host", "fault"), HOST_FAULTS)
def test_a_fault_of_a_host_is_found(tmp_path: Path, host: Host, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    drawn = (descriptions(), STEPS, EVERY, st.none() | CUTS)
    assert is_found(partial(compare, host, tmp_path, conductor(tmp_path)), drawn, EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [a_restore_loses_timers, a_restore_loses_an_entry_of_a_fifo])
def test_a_fault_of_restoring_is_found(tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert is_found(partial(a_restored_device_goes_on, tmp_path), (descriptions(), STEPS, CUTS), RESTORES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        a_restore_forgets_what_edges_are_compared_with,
        a_restore_locks_what_a_key_has_opened,
        a_restore_swaps_elements,
    ],
)
def test_a_fault_of_restoring_interrupts_and_keys_is_found(
    tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    drawn = (hardware_descriptions(accesses=True), HARDWARE_STEPS, CUTS)
    assert is_found(partial(a_restored_device_goes_on, tmp_path), drawn, RESTORES)
