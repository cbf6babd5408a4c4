"""A served device through QEMU's qtest, beside a server that does nothing and one of QEMU's own devices."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from _measure import Result, Table, interleaved
from _qemu import Qtest
from _starts import Amount, Run, over_starts, start_of
from _vfio_peers import listening, peer, served

DEVICE = "dma-engine"
SCRATCH = 0x24  # in its BAR 0
LIVENESS = 0x04  # of edu, whose BARs hold no RAM that QEMU would map, so that it posts writes


def commands(qemu: Qtest, line: bytes) -> Run:
    def run(calls: int) -> None:
        for _ in range(calls):
            qemu.ask(line)

    return run


def attached(path: Path) -> dict[str, object]:
    """QEMU's name for a device behind a socket."""
    return {"driver": "vfio-user-pci", "socket": {"type": "unix", "path": str(path)}}


def through_qemu(qemu: list[str], amount: Amount) -> Table:
    def measure(folder: Path) -> list[Result]:
        with ExitStack() as stack:
            start = partial(start_of, stack)
            start(peer("canned", folder / "canned"))
            start(served(DEVICE, folder / "card"))
            start(served("edu", folder / "edu"))
            devices = [attached(folder / name) for name in ("canned", "card", "edu")] + [{"driver": "edu"}]
            machine = Qtest(qemu, folder, devices)
            stack.callback(machine.close)
            read, write = b"readl %#x", b"writel %#x 1"
            canned, card, edu, own = (Qtest.BAR + (at << 24) for at in range(4))
            candidates = {
                "read, a vfio-user server that does nothing": commands(machine, read % canned),
                "read, devgen": commands(machine, read % (card + SCRATCH)),
                "read, QEMU's own edu": commands(machine, read % own),
                "read, RAM": commands(machine, read % 0x1000),
                "posted write, a vfio-user server that does nothing": commands(machine, write % canned),
                "posted write, devgen": commands(machine, write % (edu + LIVENESS)),
                "answered write, devgen": commands(machine, write % (card + SCRATCH)),
            }
            return interleaved(candidates, calls=amount.calls // 2, rounds=amount.rounds)

    results = over_starts(measure, amount.starts)
    rows = [(*each.name.split(", "), each.ns / 1000, each.ratio) for each in results]
    return Table("The same through QEMU's qtest", ("access", "of", "µs", "of the do-nothing server's read"), rows)


def attaching(qemu: list[str], folder: Path, rounds: int) -> Table:
    taken: dict[str, list[float]] = {"without a device": [], "with the device": []}
    for _ in range(rounds):
        for who, devices in (("without a device", []), ("with the device", [attached(folder / "card")])):
            (folder / "card").unlink(missing_ok=True)
            with listening(served(DEVICE, folder / "card")):
                machine = Qtest(qemu, folder, devices)
                taken[who].append(machine.started)
                machine.close()
    rows = [(who, f"{median(times) * 1e3:.0f}") for who, times in taken.items()]
    return Table("QEMU's start to the first qtest command", ("QEMU", "ms"), rows)
