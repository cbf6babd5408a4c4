"""An arm64 guest that writes garbage over all devices without a driver, and halts; and a run that is killed."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import arm64_initrd
import fetch_linux
import pytest
from arm64_linux import Arm64Linux

import devgen
from devgen import DevicePlacement, KernelConfig, MachineConfig

LOG = "log"
SECONDS = 2


class TestHostile:
    """Two processors write and read at random. Drivers leave their devices first, so that no DMA of theirs is left.

    On a busy machine the lab may be slower than the kernel's watchdogs allow, so these do not write to the console.
    """

    DEVICES = (
        DevicePlacement("rtc", "pl031", at={"registers": 0x9010000}, irq={"intr": 2}),
        DevicePlacement("gpio", "pl061", at={"registers": 0x9030000}, irq={"intr": 7}),
        DevicePlacement("panic", "pvpanic-mmio", at={"registers": 0x9060000}, on_event={"GUEST_PANICKED": LOG}),
        DevicePlacement("disk", "nvme", slot=1),
        DevicePlacement("vda", "virtio-blk-pci", slot=2),
        DevicePlacement("rng", "virtio-rng-pci", slot=3, streams={"entropy": "random"}),
        DevicePlacement("lines", "pci-idio-16", slot=4),
        DevicePlacement("dog", "i6300esb", slot=5, on_event={"WATCHDOG": LOG}),
        DevicePlacement("edu", "edu", slot=6),
        DevicePlacement("engine", "dma-engine", slot=7),
        DevicePlacement("card", "pvpanic-pci", slot=8, on_event={"GUEST_PANICKED": LOG}),
    )
    UNBIND = """
for driver in pci/drivers/nvme pci/drivers/gpio-pci-idio-16 "pci/drivers/i6300ESB timer" pci/drivers/pvpanic-pci \
    amba/drivers/rtc-pl031 amba/drivers/pl061_gpio platform/drivers/pvpanic-mmio; do
    for device in "/sys/bus/$driver/"*[0-9]*; do echo ${device##*/} >"/sys/bus/$driver/unbind"; done
done
echo 0000:00:03.0 >/sys/bus/pci/drivers/virtio-pci/unbind
"""
    # A port is in memory: Linux shows its address in /proc/iomem as that of the window of ports.
    PLACES = """
ports=0x3eff0000
for card in /sys/bus/pci/devices/*; do
    test -e $card/driver && continue
    echo 1 >$card/enable
    while read -r first last flags; do
        test $((flags & 0x100)) != 0 && echo mem,$((ports + first)),$((last - first + 1))
        test $((flags & 0x200)) != 0 && echo mem,$first,$((last - first + 1))
    done <$card/resource
    echo config,$card/config,0x3c,0xff
done
echo config,/sys/bus/pci/devices/0000:00:06.0/config,0x10,0x27
echo mem,0x9010000,0x1000 mem,0x9030000,0x1000 mem,0x9060000,2
"""

    @pytest.fixture(scope="class")
    @staticmethod
    def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm64Linux]:
        folder = tmp_path_factory.mktemp("hostile")
        with Arm64Linux(folder, TestHostile.DEVICES, cpus=2, append="iomem=relaxed nowatchdog") as guest:
            yield guest

    def test_pvpanic_has_its_drivers(self, guest: Arm64Linux) -> None:
        drivers = "for d in {0}; do basename $(readlink $d/driver); done"
        devices = "/sys/bus/platform/devices/9060000.pvpanic-mmio /sys/bus/pci/devices/0000:00:08.0"
        assert guest.sh(drivers.format(devices)).split() == ["pvpanic-mmio", "pvpanic-pci"]

    def test_the_disk_and_the_console_work_beside_garbage(self, guest: Arm64Linux) -> None:
        guest.sh(f"dmesg -n 1; {self.UNBIND}")
        places = guest.sh(self.PLACES).split()
        assert len(places) > 20
        script = f"""
dd if=/dev/urandom of=/tmp/data bs=4k count=16 2>/dev/null
for seed in 1 2; do
    taskset -c $((seed - 1)) /scribble {SECONDS} $seed {" ".join(places)} >/tmp/done$seed 2>&1 &
done
for round in 1 2; do
    dd if=/tmp/data of=/dev/vda bs=4k seek=$round 2>/dev/null; sync
    echo 3 >/proc/sys/vm/drop_caches
    dd if=/dev/vda bs=4k skip=$round count=16 2>/dev/null | cmp - /tmp/data && echo same
done
wait
cat /tmp/done1 /tmp/done2
"""
        *rounds, first, second = guest.sh(script, 120).split()
        assert rounds == ["same"] * 2
        assert min(int(first), int(second)) > 20
        assert guest.sh("echo here") == "here"

    def test_a_guest_whose_processors_all_halt_ends_the_run(self, guest: Arm64Linux) -> None:
        """One branches to itself with interrupts masked; the other repeats WFE and WFI."""
        guest.send("halt -f")
        result = guest.ended()
        assert (result.reason, result.code) == ("halt", 0)
        assert result.detail.startswith("halted with interrupts disabled at 0xffff")


START = 120.0


def run(console: Path, kernel: Path, initrd: Path) -> None:
    """The process that is killed."""
    at, stream = {"registers": 0x9000000}, {"serial": f"socket:{console}"}
    uart = DevicePlacement("uart", "pl011", at=at, irq={"intr": 1}, streams=stream)
    guest = KernelConfig(kernel, initrd, "console=ttyAMA0 earlycon")
    config = MachineConfig(name="killed", type="virt", ram=128 << 20, guest=guest, devices=(uart,))
    devgen.Board(config, accel="kvm").run()


def speaks_and_is_killed(console: Path, *files: Path) -> None:
    """Run a guest until its kernel speaks, and kill the process. A new one would have to load Python's modules."""
    process = multiprocessing.get_context("fork").Process(target=run, args=(console, *files))
    process.start()
    try:
        end = time.monotonic() + START
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            while peer.connect_ex(str(console)):
                assert process.is_alive() and time.monotonic() < end
                time.sleep(0.1)
            peer.settimeout(START)
            assert peer.recv(1)
            process.kill()
            process.join(20)
            assert process.exitcode == -signal.SIGKILL
            while peer.recv(65536):
                pass
    finally:
        process.kill()
        process.join()


def test_a_run_that_was_killed_leaves_nothing_that_holds_up_the_next(tmp_path: Path) -> None:
    linux = fetch_linux.find("arm64")
    assert linux is not None
    console, files = tmp_path / "console", (linux.image, arm64_initrd.find(tmp_path))
    before = set(Path("/dev/shm").iterdir())
    speaks_and_is_killed(console, *files)
    assert set(Path("/dev/shm").iterdir()) == before
    speaks_and_is_killed(console, *files)
