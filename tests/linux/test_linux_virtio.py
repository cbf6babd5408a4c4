"""Virtio devices in a guest of Debian's kernel, with the drivers of its tree; one boot for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from linux_guest import LinuxGuest
from served import ServedCard

pytestmark = [pytest.mark.qemu, pytest.mark.linux]
MODULES = ("virtio_pci", "virtio-rng", "virtio_blk", "crc32c_generic", "ext4")
SECTORS = 8192


@pytest.fixture(scope="module")
def rng(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCard]:
    with ServedCard("virtio-rng-pci", tmp_path_factory.mktemp("rng") / "s") as card:
        yield card


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCard]:
    with ServedCard("virtio-blk-pci", tmp_path_factory.mktemp("blk") / "s", sectors=SECTORS, serial="DISK-7") as card:
        yield card


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCard]:
    with ServedCard("virtio-console-pci", tmp_path_factory.mktemp("console") / "s") as card:
        yield card


@pytest.fixture(scope="module")
def guest(
    tmp_path_factory: pytest.TempPathFactory, rng: ServedCard, disk: ServedCard, console: ServedCard
) -> Iterator[LinuxGuest]:
    folder = tmp_path_factory.mktemp("guest")
    with LinuxGuest(folder, [rng.path, disk.path, console.path], modules=MODULES, qemu=("-smp", "2")) as guest:
        yield guest


def messages(guest: LinuxGuest, name: str) -> int:
    """Interrupts so far of the lines of /proc/interrupts that have ``name``, of both processors."""
    counted = guest.sh(f"grep -e '{name}' /proc/interrupts | awk '{{n += $2 + $3}} END {{print n}}'")
    return int(counted)


@pytest.mark.parametrize(
    ("card", "driver", "kind"),
    [(0, "virtio_rng", "0x0004"), (1, "virtio_blk", "0x0002"), (2, "virtio_console", "0x0003")],
)
def test_drivers_bind(guest: LinuxGuest, card: int, driver: str, kind: str) -> None:
    pci, virtio = f"/sys/bus/pci/devices/{guest.address(card)}", f"/sys/bus/virtio/devices/virtio{card}"
    assert guest.sh(f"basename $(readlink {pci}/driver)") == "virtio-pci"
    assert guest.sh(f"basename $(readlink {virtio}/driver); cat {virtio}/device") == f"{driver}\n{kind}"


@pytest.mark.parametrize(("card", "taken"), [(0, [28, 32]), (1, [2, 6, 9, 12, 14, 28, 32])])
def test_the_driver_takes_every_feature(guest: LinuxGuest, card: int, taken: list[int]) -> None:
    bits = guest.sh(f"cat /sys/bus/virtio/devices/virtio{card}/features")
    assert [number for number, bit in enumerate(bits) if bit == "1"] == taken


class TestEntropy:
    def feed(self, card: ServedCard, data: bytes) -> None:
        """Random bytes come from outside."""
        card.call(lambda device: device.streams["entropy"].receive(data))

    def test_the_kernel_reads_the_bytes_that_came_on_the_stream(self, guest: LinuxGuest, rng: ServedCard) -> None:
        assert guest.sh("cat /sys/class/misc/hw_random/rng_current") == "virtio_rng.0"
        told = bytes(number * 7 & 0xFF for number in range(4096))
        self.feed(rng, told)
        read = bytes.fromhex(guest.sh("dd if=/dev/hwrng bs=512 count=1 2>/dev/null | od -An -v -tx1"))
        assert read
        assert all(read[at : at + 32] in told for at in range(0, len(read), 32))  # the kernel takes some for itself

    def test_a_buffer_comes_back_with_a_message(self, guest: LinuxGuest, rng: ServedCard) -> None:
        before = messages(guest, "virtio0-input")
        self.feed(rng, bytes(4096))
        guest.sh("dd if=/dev/hwrng of=/dev/null bs=256 count=4")
        assert messages(guest, "virtio0-input") > before


class TestDisk:
    def medium(self, card: ServedCard, start: int, length: int) -> bytes:
        return card.call(lambda device: bytes(device.medium[start : start + length]))

    def test_the_kernel_knows_the_disk(self, guest: LinuxGuest) -> None:
        assert guest.sh(
            "cd /sys/block/vda; cat size serial; echo; cat queue/logical_block_size ro | xargs"
        ).split() == [
            str(SECTORS),
            "DISK-7",
            "512",
            "0",
        ]

    def test_each_processor_has_its_queue(self, guest: LinuxGuest) -> None:
        assert guest.sh("ls /sys/block/vda/mq").split() == ["0", "1"]

    def test_what_is_written_is_on_the_medium_and_is_read(self, guest: LinuxGuest, disk: ServedCard) -> None:
        guest.sh("seq 100000 | head -c 300000 >/tmp/data; dd if=/tmp/data of=/dev/vda bs=100k seek=1 conv=fsync")
        data = "".join(f"{number}\n" for number in range(1, 100001)).encode()[:300000]
        assert self.medium(disk, 102400, 300000) == data
        guest.sh("echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=100k skip=1 | head -c 300000 | cmp - /tmp/data")

    def test_the_kernel_reads_what_the_host_has_put_there(self, guest: LinuxGuest, disk: ServedCard) -> None:
        def put(device: Any) -> None:
            device.medium[1 << 20 : (1 << 20) + 5] = b"hello"

        disk.call(put)
        assert guest.sh("echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=1M skip=1 | head -c 5").endswith("hello")

    def test_a_file_system_lives_on_it(self, guest: LinuxGuest) -> None:
        guest.sh("mke2fs /dev/vda >/dev/null; mkdir -p /mnt; mount -t ext4 /dev/vda /mnt")
        guest.sh("for n in $(seq 50); do seq $n 1000 >/mnt/$n; done; cp -r /mnt /tmp/copy; umount /mnt")
        guest.sh("echo 3 >/proc/sys/vm/drop_caches; mount -t ext4 -o ro /dev/vda /mnt")
        guest.sh("for n in $(seq 50); do cmp /mnt/$n /tmp/copy/$n || exit; done; umount /mnt")

    def test_every_queue_has_its_message(self, guest: LinuxGuest) -> None:
        for processor in (0, 1):
            before = messages(guest, f"virtio1-req.{processor}")
            guest.sh(f"taskset {1 << processor:x} dd if=/dev/vda of=/dev/null bs=4k count=8 iflag=direct")
            assert messages(guest, f"virtio1-req.{processor}") > before

    def test_it_can_be_given_up_and_taken_again(self, guest: LinuxGuest) -> None:
        guest.sh("cd /sys/bus/virtio/drivers/virtio_blk; echo virtio1 >unbind; test ! -b /dev/vda; echo virtio1 >bind")
        guest.sh("dd if=/dev/vda of=/dev/null bs=1M iflag=direct")

    def test_a_write_behind_the_end_is_an_error_and_no_more(self, guest: LinuxGuest) -> None:
        guest.sh(f"dd if=/dev/zero of=/dev/vda bs=512 seek={SECTORS} count=1", status=1)
        guest.sh("dd if=/dev/vda of=/dev/null count=1 iflag=direct")


class TestConsole:
    def test_what_the_guest_prints_goes_out(self, guest: LinuxGuest, console: ServedCard) -> None:
        heard = bytearray()
        console.call(lambda device: device.streams["serial"].connect(heard.append))
        guest.sh("exec 3<>/dev/hvc0; stty raw -echo <&3; seq 1000 >&3")
        assert bytes(heard) == "".join(f"{number}\n" for number in range(1, 1001)).encode()

    def test_what_comes_in_is_what_the_guest_reads(self, guest: LinuxGuest, console: ServedCard) -> None:
        console.call(lambda device: device.streams["serial"].receive(b"good morning\n"))
        assert guest.sh("exec 3<>/dev/hvc0; stty raw -echo <&3; head -n 1 <&3") == "good morning"
