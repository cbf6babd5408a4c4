#!/usr/bin/env python3
"""Random writes of 4 KiB by fio in a Linux guest, each read back and compared: four jobs, depth 8, two processors.

    tests/linux/fio_verify.py --requests 1000000

The disks are served by this process. Each job has a quarter of a disk and writes every block of it once in random
order, then reads and compares all of them; that is one loop. Printed is a line with the sums after each round of
loops; the exit code is 1 if a block was not what was written, or a disk stopped.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    tests = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(tests / "fetch"), str(tests.parent)]

import fetch_fio
import fetch_linux
import fetch_qemu
from linux_guest import LinuxGuest
from served import ServedCard

from devgen.qemu.debian_packages import Unavailable

JOBS = 4
DEPTH = 8
BLOCK = 4096
SECTORS = 32768
"""16 MiB, the most that the virtio disk can have."""
MODULES = ("virtio_pci", "virtio_blk", "nvme")
DISKS = {"virtio-blk-pci": "vda", "nvme": "nvme0n1"}
ROUND = 2
"""Loops of a round."""
MEMORY = "1G"
"""Twice the libraries of fio, and what they need to run."""


@dataclass(frozen=True)
class Outcome:
    """What fio did: requests, and the seconds that it took."""

    writes: int
    reads: int
    seconds: float

    @property
    def requests(self) -> int:
        """Both kinds."""
        return self.writes + self.reads

    def __add__(self, other: Outcome) -> Outcome:
        """Both together."""
        return Outcome(self.writes + other.writes, self.reads + other.reads, self.seconds + other.seconds)

    def __str__(self) -> str:
        """One line."""
        rate = self.requests / max(self.seconds, 0.001)
        return f"{self.writes:,} writes, {self.reads:,} reads, all compared, {rate:,.0f} a second"


@contextmanager
def disks(folder: Path) -> Iterator[tuple[LinuxGuest, dict[str, ServedCard]]]:
    """A guest of two processors with both disks and fio."""
    fio = fetch_fio.find()
    assert fio is not None, fetch_fio.MISSING
    with (
        ServedCard("virtio-blk-pci", folder / "blk", sectors=SECTORS) as blk,
        ServedCard("nvme", folder / "nvme", blocks=SECTORS) as nvme,
        LinuxGuest(
            folder, [blk.path, nvme.path], modules=MODULES, files=fio, qemu=("-smp", "2"), memory=MEMORY
        ) as guest,
    ):
        yield guest, {"virtio-blk-pci": blk, "nvme": nvme}


def verify(guest: LinuxGuest, disk: str, *, loops: int, sectors: int = SECTORS, seconds: int = 300) -> Outcome:
    """Let fio write and verify ``sectors`` of the disk ``loops`` times. Raises AssertionError if it is not content."""
    share = sectors * 512 // JOBS
    words = (
        f"fio --name=verify --filename=/dev/{disk} --direct=1 --ioengine=libaio --rw=randwrite --bs={BLOCK} "
        f"--numjobs={JOBS} --iodepth={DEPTH} --size={share} --offset_increment={share} --loops={loops} "
        "--verify=crc32c --verify_fatal=1 --verify_state_save=0 --group_reporting --output-format=json"
    )
    start = time.monotonic()
    printed = guest.sh(words, seconds)
    job = json.loads(printed[printed.index("{") :])["jobs"][0]
    assert job["error"] == 0, printed
    return Outcome(job["write"]["total_ios"], job["read"]["total_ios"], time.monotonic() - start)


def run(requests: int, minutes: float) -> None:
    """Rounds on both disks in turn until each has had its requests or the time is over; then a line for each."""
    end = time.monotonic() + 60 * minutes
    done = {device: Outcome(0, 0, 0.0) for device in DISKS}
    with tempfile.TemporaryDirectory(prefix="fio-") as folder, disks(Path(folder)) as (guest, _):
        while time.monotonic() < end and any(outcome.requests < requests for outcome in done.values()):
            for device, disk in DISKS.items():
                if done[device].requests < requests:
                    done[device] += verify(guest, disk, loops=ROUND, seconds=3600)
            print("; ".join(f"{device}: {outcome}" for device, outcome in done.items()), flush=True)


def main() -> int:
    """Fetch what is missing, then run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=20_000, help="to each disk (default: 20000)")
    parser.add_argument("--minutes", type=float, default=60, help="after which no further round begins (default: 60)")
    wanted = parser.parse_args()
    try:
        fetch_qemu.get()
        fetch_linux.get()
        fetch_fio.get()
        run(wanted.requests, wanted.minutes)
    except (Unavailable, AssertionError) as error:
        print(f"fio_verify: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
