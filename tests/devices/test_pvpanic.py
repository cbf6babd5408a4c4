"""pvpanic as QEMU's docs/specs/pvpanic.txt describes it, as an ISA port, a memory-mapped register and a PCI card."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]
EACH = pytest.mark.parametrize("device", ["pvpanic-isa", "pvpanic-mmio", "pvpanic-pci"])


@EACH
@pytest.mark.parametrize("events", [1, 2, 3])
def test_reading_tells_the_events_that_are_supported(bench: MakeBench, device: str, events: int) -> None:
    assert bench(device, events=events).read8(0) == events


@EACH
@pytest.mark.parametrize(
    ("written", "reported"),
    [(1, "GUEST_PANICKED"), (2, "GUEST_CRASHLOADED"), (3, "GUEST_PANICKED"), (0xFE, "GUEST_CRASHLOADED")],
)
def test_a_byte_reports_the_graver_of_its_events(bench: MakeBench, device: str, written: int, reported: str) -> None:
    dut = bench(device, events=1)
    dut.write8(0, written)
    assert [event.name for event in dut.events] == [reported]


@EACH
def test_other_bits_report_nothing(bench: MakeBench, device: str) -> None:
    dut = bench(device)
    dut.write8(0, 0xFC)
    assert dut.events == []


@pytest.mark.parametrize("device", ["pvpanic-mmio", "pvpanic-pci"])
def test_each_byte_is_the_register(bench: MakeBench, device: str) -> None:
    dut = bench(device)
    assert dut.read16(0) == 0x0303
    dut.write16(0, 0x0102)
    assert [event.name for event in dut.events] == ["GUEST_CRASHLOADED", "GUEST_PANICKED"]
