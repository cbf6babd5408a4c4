"""Virtio devices in a guest of Debian's kernel, with the drivers of its tree; one boot for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from linux_guest import LinuxGuest
from served import ServedCard

pytestmark = [pytest.mark.qemu, pytest.mark.linux]
MODULES = ("virtio_pci", "virtio-rng")


@pytest.fixture(scope="module")
def rng(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCard]:
    with ServedCard("virtio-rng-pci", tmp_path_factory.mktemp("rng") / "s") as card:
        yield card


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory, rng: ServedCard) -> Iterator[LinuxGuest]:
    with LinuxGuest(tmp_path_factory.mktemp("guest"), [rng.path], modules=MODULES) as guest:
        yield guest


def feed(card: ServedCard, data: bytes) -> None:
    """Random bytes come from outside."""
    card.call(lambda device: device.streams["entropy"].receive(data))


def test_drivers_bind(guest: LinuxGuest) -> None:
    pci, virtio = f"/sys/bus/pci/devices/{guest.address(0)}", "/sys/bus/virtio/devices/virtio0"
    assert guest.sh(f"basename $(readlink {pci}/driver)") == "virtio-pci"
    assert guest.sh(f"basename $(readlink {virtio}/driver); cat {virtio}/device") == "virtio_rng\n0x0004"


def test_version_1_is_what_is_negotiated(guest: LinuxGuest) -> None:
    bits = guest.sh("cat /sys/bus/virtio/devices/virtio0/features")
    assert [number for number, bit in enumerate(bits) if bit == "1"] == [32]


def test_the_kernel_reads_the_bytes_that_came_on_the_stream(guest: LinuxGuest, rng: ServedCard) -> None:
    assert guest.sh("cat /sys/class/misc/hw_random/rng_current") == "virtio_rng.0"
    told = bytes(number * 7 & 0xFF for number in range(4096))
    feed(rng, told)
    read = bytes.fromhex(guest.sh("dd if=/dev/hwrng bs=512 count=1 2>/dev/null | od -An -v -tx1"))
    assert read
    assert all(read[at : at + 32] in told for at in range(0, len(read), 32))  # the kernel takes some for itself


def test_each_buffer_comes_back_with_a_message(guest: LinuxGuest, rng: ServedCard) -> None:
    count = "grep -h virtio0-input /proc/interrupts | awk '{print $2}'"
    before = int(guest.sh(count))
    feed(rng, bytes(4096))
    guest.sh("dd if=/dev/hwrng of=/dev/null bs=256 count=4")
    assert int(guest.sh(count)) > before
