#!/usr/bin/env python3
"""Boot Linux on devgen's KVM host many times in a row, and read its disks beside QEMU's.

    tests/nested/linux_boots.py --boots 10
    tests/nested/linux_boots.py --boots 1 --disks
    tests/nested/linux_boots.py --boots 10 --architecture aarch64

Each boot runs from power-on to a shell and to power-off; one that fails is printed, and the exit code is then 1.
Printed are the seconds to the shell, and the accesses of the last boot by device. With --disks, the same kernel reads
4 KiB blocks of virtio-blk and NVMe on devgen and on QEMU with KVM, one after the other; that is for x86 only.

Where this host's KVM does not boot Linux, all of it runs in the nested lab (docs/linux.md), where times say little.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

if __name__ == "__main__":
    tests = Path(__file__).resolve().parents[1]
    sys.path[:0] = [*(str(tests / folder) for folder in ("fetch", "linux")), str(tests.parent)]

from arm64_linux import Arm64Linux
from kvm_linux import CLOCK, POWER, KvmLinux, boots_linux
from lab_variables import IN_LAB
from linux_guest import LinuxGuest
from outer_lab import OuterLab

from devgen import DevicePlacement
from devgen.cli.access_table import table
from devgen.qemu.machines import Architecture

BLOCK = 4096
BLOCKS = 1000
DISK = 16 << 20
READ = (
    "echo 0 >/sys/block/{0}/queue/read_ahead_kb; echo 3 >/proc/sys/vm/drop_caches; read begin idle </proc/uptime; "
    f"dd if=/dev/{{0}} of=/dev/null bs={BLOCK} count={BLOCKS} 2>/dev/null; read end idle </proc/uptime; "
    "echo $begin $end"
)
"""Without reading ahead, each block is a request."""
DISKS = {"virtio-blk": "vda", "NVMe": "nvme0n1"}
MODULES = ("virtio_blk", "nvme")
QEMU_MACHINE = ("-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "256M", "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot")  # fmt: skip

ARM64_CLOCK = DevicePlacement("rtc", "pl031", at={"registers": 0x9010000}, irq={"intr": 2})
GUESTS: dict[Architecture, tuple[type[KvmLinux], tuple[DevicePlacement, ...]]] = {
    "x86_64": (KvmLinux, (CLOCK, POWER)),
    "aarch64": (Arm64Linux, (ARM64_CLOCK,)),
}

Shell = Callable[[str], str]


def boot(folder: Path, architecture: Architecture, counting: bool) -> float:
    """Boot once and power off. Return the seconds to the shell. Raises AssertionError."""
    kind, devices = GUESTS[architecture]
    with kind(folder, devices, counting=counting) as guest:
        seconds = time.monotonic() - guest.started
        if guest.counts is not None:
            print(table(guest.counts.counts()), flush=True)
        guest.send("poweroff -f")
        result = guest.ended()
        assert (result.reason, result.code) == ("exit", 0), result
        return seconds


def boots(count: int, architecture: Architecture) -> bool:
    """Boot ``count`` times and print a line for each. Return whether all went well."""
    good = []
    for number in range(1, count + 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                good.append(boot(Path(folder), architecture, counting=number == count))
                print(f"boot {number}: {good[-1]:.1f} s to the shell, powered off", flush=True)
            except AssertionError as error:
                print(f"boot {number}: {error}", flush=True)
    if good:
        print(f"{len(good)} of {count} boots; to the shell: median {median(good):.1f} s, longest {max(good):.1f} s")
    return len(good) == count


def reads(shell: Shell, disk: str) -> float:
    """Return the 4 KiB reads of a disk in a second, the best of three runs."""
    runs = [[float(word) for word in shell(READ.format(disk)).split()] for _ in range(3)]
    return max(BLOCKS / (end - begin) for begin, end in runs)


def disks(folder: Path) -> Iterator[str]:
    """Read the disks on devgen and on QEMU. Yield a line for each."""
    image = folder / "image"
    image.write_bytes(bytes(DISK))
    (folder / "ours").mkdir()
    (folder / "qemu").mkdir()
    with KvmLinux(folder / "ours", (CLOCK, POWER, *_ours(image)), modules=MODULES) as guest:
        ours = {name: reads(guest.sh, disk) for name, disk in DISKS.items()}
    with LinuxGuest(folder / "qemu", modules=MODULES, machine=QEMU_MACHINE, qemu=_qemus(image), seconds=300) as guest:
        theirs = {name: reads(lambda script: guest.sh(script, 60), disk) for name, disk in DISKS.items()}
    for name in DISKS:
        ratio = ours[name] / theirs[name]
        yield f"{name}: {ours[name]:.0f} reads a second, QEMU's {theirs[name]:.0f}, ratio {ratio:.2f}"


def _ours(image: Path) -> tuple[DevicePlacement, ...]:
    sectors = {"sectors": DISK // 512}
    return (
        DevicePlacement("vda", "virtio-blk-pci", slot=4, properties=sectors, media={"medium": image}),
        DevicePlacement("nvme", "nvme", slot=5),
    )


def _qemus(image: Path) -> list[str]:
    words = []
    for name, device in (("a", "virtio-blk-pci"), ("b", "nvme,serial=1")):
        words += ["-drive", f"file={image},format=raw,if=none,id={name},readonly=off,file.locking=off"]
        words += ["-device", f"{device},drive={name}"]
    return words


def main() -> int:
    """Run here or in the nested lab. Return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boots", type=int, default=1, metavar="N")
    parser.add_argument("--disks", action="store_true")
    parser.add_argument("--architecture", choices=GUESTS, default="x86_64")
    wanted = parser.parse_args()
    if wanted.disks and wanted.architecture != "x86_64":
        parser.error("--disks is for x86_64 only")
    if IN_LAB not in os.environ and not boots_linux(wanted.architecture):
        lab = OuterLab(wanted.architecture)
        try:
            print("in the nested lab", flush=True)
            return lab.run_python([str(Path(__file__).resolve()), *sys.argv[1:]], sys.stdout)
        finally:
            lab.close()
    good = boots(wanted.boots, wanted.architecture)
    if wanted.disks:
        with tempfile.TemporaryDirectory() as folder:
            for line in disks(Path(folder)):
                print(line)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
