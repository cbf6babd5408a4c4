"""Stock QEMU with a PCI Express function: what its guest finds in configuration space, sleep, resets, functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from qtest import BAR0, MSI, MSIX, SLOT, Qtest
from serving import serving

from devgen.hosts.vfio_user import VfioUserServer
from devgen.runtime.pci.config_space import HEADER_TYPE

pytestmark = pytest.mark.qemu

POWER, VENDOR, EXPRESS = 0x01, 0x09, 0x10
ECAM = 0xB000_0000
PCIEXBAR = 0x8000_0060
"""Where q35's host bridge has the place of its ECAM window, as an address for mechanism 1."""
ID, SCRATCH = BAR0, BAR0 + 0x24
DMA1 = 0x444D4131


@pytest.fixture
def qemu(tmp_path: Path, server: VfioUserServer) -> Iterator[Qtest]:
    qemu = Qtest(tmp_path, server.path)
    qemu.set_up()
    yield qemu
    qemu.close()


def test_the_guest_finds_every_capability(qemu: Qtest) -> None:
    found, at = {}, qemu.config(0x34) & 0xFF
    while at:
        found[at] = qemu.config(at) & 0xFF
        at = qemu.config(at) >> 8 & 0xFF
    assert found == {0x40: MSIX, 0x4C: MSI, 0x64: POWER, 0x6C: EXPRESS, 0xA8: VENDOR}


def test_the_vendor_specific_capability_is_whole(qemu: Qtest) -> None:
    at = qemu.capability(VENDOR)
    words = [qemu.config(at + 4 * word) for word in range(4)]
    assert (words[0] & 0xFFFF00FF, words[1:]) == (0x01100009, [0x00000000, 0x00000800, 0x00000004])


def test_on_the_root_bus_it_is_integrated_into_the_root_complex(qemu: Qtest) -> None:
    at = qemu.capability(EXPRESS)
    assert (qemu.config(at) >> 16, qemu.config(at + 4), qemu.config(at + 0x0C)) == (0x0092, 0x10008001, 0)


def test_the_guest_reads_the_serial_number_through_ecam(qemu: Qtest) -> None:
    qemu.ask(f"outl 0xcf8 {PCIEXBAR:#x}")
    qemu.ask(f"outl 0xcfc {ECAM | 1:#x}")
    base = ECAM + (SLOT << 15)
    assert qemu.readl(base) == 0x00F21B36
    assert [qemu.readl(base + at) for at in (0x100, 0x104, 0x108)] == [0x00010003, 0x00000001, 0x02000000]


def test_the_guest_puts_the_card_to_sleep_and_wakes_it(qemu: Qtest, server: VfioUserServer) -> None:
    control = qemu.capability(POWER) + 4
    qemu.writel(SCRATCH, 0x55)
    qemu.set_config(control, 3)
    assert (qemu.config(control), server.device.config.asleep) == (3, True)
    assert qemu.readl(ID) != DMA1
    qemu.set_config(control, 0)
    qemu.set_up()  # the card has been reset, as its capability says
    assert (qemu.readl(ID), qemu.readl(SCRATCH), server.device.config.asleep) == (DMA1, 0, False)


def test_the_guest_resets_the_function(qemu: Qtest) -> None:
    control = qemu.capability(EXPRESS) + 8
    qemu.writel(SCRATCH, 0x55)
    qemu.set_config(control, qemu.config(control) | 0x8000)
    qemu.set_up()
    assert (qemu.readl(ID), qemu.readl(SCRATCH), qemu.config(control)) == (DMA1, 0, 0x2810)


def test_two_servers_are_functions_of_one_slot(tmp_path: Path, server: VfioUserServer) -> None:
    with serving(tmp_path / "second", device="edu"):
        qemu = Qtest(tmp_path, server.path, functions=[tmp_path / "second"])
        try:
            assert (qemu.config(0), qemu.config(0, function=1)) == (0x00F21B36, 0x11E81234)
            assert [qemu.config(0x0C, function=number) >> 16 & 0xFF for number in (0, 1)] == [0x80, 0x80]
            assert server.device.config.data[HEADER_TYPE] == 0  # it is QEMU that says so
        finally:
            qemu.close()
