"""The NVMe controller in a guest of Debian's kernel: its own `nvme` driver, its block device, a file system on it."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from linux_guest import LinuxGuest
from served import ServedCard

pytestmark = [pytest.mark.qemu, pytest.mark.linux]

BLOCKS = 8192
DATA = random.Random(1).randbytes(1 << 20)
"""1 MiB that the guest has as /data."""

PCI = f"/sys/bus/pci/devices/{LinuxGuest.address(0)}"
MODULES = ("nvme", "ext4", "crc32c_generic")


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCard]:
    with ServedCard(
        "nvme", tmp_path_factory.mktemp("card") / "nvme", blocks=BLOCKS, serial="N1", temperature=300
    ) as card:
        yield card


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory, card: ServedCard) -> Iterator[LinuxGuest]:
    folder = tmp_path_factory.mktemp("guest")
    with LinuxGuest(folder, [card.path], modules=MODULES, files={"/data": DATA}, qemu=("-smp", "2")) as guest:
        yield guest


def interrupts(guest: LinuxGuest) -> dict[str, int]:
    """How often each of the driver's queues has interrupted, on any processor."""
    lines = [line.split() for line in guest.sh("grep nvme /proc/interrupts").splitlines()]
    return {words[-1]: sum(int(word) for word in words[1:3]) for words in lines}


def md5(data: bytes | bytearray) -> str:
    return hashlib.md5(data).hexdigest()


def test_the_driver_knows_it(guest: LinuxGuest) -> None:
    assert guest.sh(f"basename $(readlink {PCI}/driver)") == "nvme"
    shown = guest.sh("cd /sys/class/nvme/nvme0; cat model serial firmware_rev state")
    assert [line.rstrip() for line in shown.splitlines()] == ["devgen NVMe", "N1", "1.0", "live"]


def test_the_driver_complains_of_nothing(guest: LinuxGuest) -> None:
    said = {line.partition("] ")[2] for line in guest.sh("dmesg").splitlines()}
    assert {line for line in said if line.startswith("nvme")} == {
        f"nvme nvme0: pci function {LinuxGuest.address(0)}",
        "nvme nvme0: 2/0/0 default/read/poll queues",
    }


def test_it_has_a_block_device_with_a_cache(guest: LinuxGuest) -> None:
    shown = guest.sh(
        "cd /sys/block/nvme0n1; cat size queue/logical_block_size queue/max_hw_sectors_kb queue/write_cache eui"
    )
    assert shown.splitlines() == [str(BLOCKS), "512", "128", "write back", "52 54 00 ff fe 12 34 56"]


def test_its_temperature_can_be_read(guest: LinuxGuest) -> None:
    assert guest.sh(f"cat {PCI}/nvme/nvme0/hwmon*/temp1_input") == "26850"  # thousandths of a degree Celsius


def test_what_is_written_to_it_is_in_the_medium_and_comes_back(guest: LinuxGuest, card: ServedCard) -> None:
    guest.sh("dd if=/data of=/dev/nvme0n1 bs=64k seek=3 oflag=direct 2>&1")
    start = 3 * 65536
    assert card.call(lambda device: device.medium[start : start + len(DATA)]) == DATA
    guest.sh("dd if=/dev/nvme0n1 of=/back bs=64k skip=3 count=16 iflag=direct 2>&1; cmp /data /back")


@pytest.mark.parametrize(("size", "count"), [("512", 100), ("3k", 50), ("1M", 1)])
def test_blocks_of_any_size_come_back(guest: LinuxGuest, size: str, count: int) -> None:
    guest.sh(f"dd if=/data of=/dev/nvme0n1 bs={size} count={count} oflag=direct 2>&1")
    guest.sh(f"dd if=/dev/nvme0n1 of=/back bs={size} count={count} iflag=direct 2>&1")
    guest.sh("cmp -n $(stat -c %s /back) /data /back")


def test_what_the_host_puts_into_the_medium_the_guest_reads(guest: LinuxGuest, card: ServedCard) -> None:
    contents = random.Random(2).randbytes(BLOCKS * 512)

    def put(device: object) -> None:
        device.medium[:] = contents  # type: ignore[attr-defined]

    card.call(put)
    assert guest.sh("dd if=/dev/nvme0n1 bs=256k iflag=direct 2>/dev/null | md5sum").split()[0] == md5(contents)


def test_its_queues_interrupt_by_msi_x(guest: LinuxGuest) -> None:
    assert set(guest.sh(f"cat {PCI}/msi_irqs/*").split()) == {"msix"}
    before = interrupts(guest)
    for processor in (1, 2):
        guest.sh(f"taskset {processor} dd if=/dev/nvme0n1 of=/dev/null bs=4k count=20 iflag=direct 2>&1")
    after = interrupts(guest)
    assert set(after) == {"nvme0q0", "nvme0q1", "nvme0q2"}
    assert after["nvme0q1"] - before["nvme0q1"] >= 20
    assert after["nvme0q2"] - before["nvme0q2"] >= 20
    assert card_line_is_low(guest)


def card_line_is_low(guest: LinuxGuest) -> bool:
    """Whether the interrupt status bit of the status register is clear."""
    return not int(guest.sh(f"hexdump -s 6 -n 1 -e '1/1 \"%d\"' {PCI}/config")) & 0x08


def test_a_file_system_lives_on_it(guest: LinuxGuest, card: ServedCard) -> None:
    guest.sh(
        "mke2fs /dev/nvme0n1 2>&1; mkdir -p /mnt; mount -t ext2 /dev/nvme0n1 /mnt; cp /data /mnt/one; mkdir /mnt/d"
    )
    guest.sh("cp /data /mnt/d/two; rm /mnt/one; sync; umount /mnt; echo 3 > /proc/sys/vm/drop_caches")
    assert card.call(lambda device: bytes(device.medium[0x438:0x43A])) == b"\x53\xef"  # ext2's magic number
    assert guest.sh("mount -t ext2 /dev/nvme0n1 /mnt; cd /mnt; find . -type f; md5sum d/two").split() == [
        "./d/two", md5(DATA), "d/two",
    ]  # fmt: skip
    guest.sh("umount /mnt")


def test_it_can_be_saved_and_restored_under_the_driver(guest: LinuxGuest, card: ServedCard) -> None:
    """Time and again, while blocks go in and out."""
    stop = Event()

    def replace() -> None:
        while not stop.wait(0.02):
            card.call(lambda device: device.load_state(json.loads(json.dumps(device.save_state()))))

    thread = Thread(target=replace)
    thread.start()
    try:
        guest.sh("dd if=/data of=/dev/nvme0n1 bs=4k oflag=direct 2>&1")
        found = guest.sh("dd if=/dev/nvme0n1 bs=4k count=256 iflag=direct 2>/dev/null | md5sum").split()[0]
    finally:
        stop.set()
        thread.join()
    assert found == md5(DATA)


def test_it_can_be_reset_and_goes_on(guest: LinuxGuest) -> None:
    guest.sh(
        "dd if=/data of=/dev/nvme0n1 bs=64k count=4 oflag=direct 2>&1; echo 1 > /sys/class/nvme/nvme0/reset_controller"
    )
    guest.sh("for n in $(seq 50); do grep -q live /sys/class/nvme/nvme0/state && break; sleep 0.1; done")
    found = guest.sh("dd if=/dev/nvme0n1 bs=64k count=4 iflag=direct 2>/dev/null | md5sum").split()[0]
    assert found == md5(DATA[: 4 * 65536])


def test_it_can_be_let_go_and_taken_again(guest: LinuxGuest, card: ServedCard) -> None:
    address = LinuxGuest.address(0)
    guest.sh("dd if=/data of=/dev/nvme0n1 bs=64k count=4 oflag=direct 2>&1")
    guest.sh(f"echo {address} > /sys/bus/pci/drivers/nvme/unbind; test ! -e /dev/nvme0n1")
    assert card.call(lambda device: device.CSTS) in (0, 2 << 2, 1 | 2 << 2)  # disabled, or shut down
    guest.sh(f"echo {address} > /sys/bus/pci/drivers/nvme/bind")
    guest.sh("for n in $(seq 50); do test -b /dev/nvme0n1 && break; sleep 0.1; done")
    found = guest.sh("dd if=/dev/nvme0n1 bs=64k count=4 iflag=direct 2>/dev/null | md5sum").split()[0]
    assert found == md5(DATA[: 4 * 65536])
