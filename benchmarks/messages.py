"""The cost of an MSI-X message on KVM: by route and irqfd, beside KVM_SIGNAL_MSI and the same write to RAM.

    python benchmarks/messages.py [--quick]

*Sending* is the time that the device's thread needs to raise a vector, with the line's rise and fall; the processor
does not run meanwhile. In a *round trip* the guest rings the doorbell of the catalogue's dma-engine (no exit; a thread
of devgen wakes up), which copies nothing and raises the vector; the processor wakes from HLT, takes the interrupt and
ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter_ns

from _measure import Table, interleaved, ratio

from devgen.hosts.kvm import KvmHost, unavailable
from devgen.hosts.kvm.kvm_host import MessageDelivery
from devgen.runtime.boot.boot_image import boot_state
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.pci import PciDevice

LOAD = 0x7000
IMAGE = Path(__file__).resolve().parents[1] / "examples" / "guests" / "prebuilt" / "message_loop.bin"
BARS = {0: 0xE000_0000, 4: 0xE020_0000}
APIC = 0xFEE0_0000
MAILBOX = 0x2_0000
VECTOR = 0x50
WAYS: dict[str, tuple[MessageDelivery, int]] = {
    "KVM_SIGNAL_MSI": ("signal", APIC),
    "route and irqfd": ("irqfd", APIC),
    "a write to RAM": ("signal", MAILBOX),
}
"""How the host delivers, and where the vector's message is aimed."""


@contextmanager
def board(way: str, count: int) -> Iterator[tuple[KvmHost, PciDevice]]:
    """A host, and the card with vector 0 of MSI-X ready to be raised."""
    delivery, address = WAYS[way]
    image = bytearray(IMAGE.read_bytes())
    image[4:8] = count.to_bytes(4, "little")
    devices = (
        DevicePlacement("dma", "dma-engine", slot=3),
        DevicePlacement("exit", "debug-exit", at={"ports": 0xF4}, on_event={"EXIT": "exit"}),
    )
    config = MachineConfig(ram=1 << 20, pci=True, devices=devices, guest=GuestConfig(bytes(image), LOAD, LOAD))
    with Machine(config, Registry()) as machine, KvmHost(machine, message_delivery=delivery) as host:
        card = machine.devices["dma"]
        assert isinstance(card, PciDevice)
        for bar in card.BARS:
            if bar.index in BARS:
                card.config.set_bar(bar, BARS[bar.index])
        card.config.write(4, 6, 2)
        card.config.write(card.messages["msix"].offset + 2, 0x8000, 2)
        for word, value in enumerate((address, 0, VECTOR, 0)):
            machine.memory.write(BARS[4] + 4 * word, value, 4)
        yield host, card


def sending(calls: int, rounds: int) -> list[tuple[str, float, float]]:
    """Each way's nanoseconds a message, and its ratio to the first one."""
    with ExitStack() as stack:
        senders: dict[str, Callable[[int], object]] = {}
        for way in WAYS:
            host, card = stack.enter_context(board(way, 1))
            senders[way] = _sender(host, card)
        return [(each.name, each.ns, each.ratio) for each in interleaved(senders, calls=calls, rounds=rounds)]


def _sender(host: KvmHost, card: PciDevice) -> Callable[[int], None]:
    line = card.irqs["done[0]"]

    def send(calls: int) -> None:
        with host.machine.lock:
            for _ in range(calls):
                line.pulse()

    return send


def round_trips(count: int, rounds: int) -> dict[str, list[float]]:
    """Nanoseconds a round trip of each way that interrupts, round by round; a first round only warms up."""
    taken: dict[str, list[float]] = {}
    with ExitStack() as stack:
        hosts = {
            way: stack.enter_context(board(way, count))[0] for way, (_, address) in WAYS.items() if address == APIC
        }
        for turn in range(rounds + 1):
            for way, host in hosts.items():
                ns = _run(host) / count
                if turn:
                    taken.setdefault(way, []).append(ns)
    return taken


def _run(host: KvmHost) -> int:
    machine = host.machine
    machine.end = None
    host.vcpus[0].load(boot_state("real", LOAD))
    start = perf_counter_ns()
    result = host.run(300)
    if not result.ok:
        raise SystemExit(f"the guest did not end well: {result}")
    return perf_counter_ns() - start


def why_not() -> str | None:
    """Why this cannot be measured here; None if it can."""
    return unavailable()


def tables(quick: bool = False) -> Iterator[Table]:
    """Sending and round trips; nothing where there is no KVM."""
    if why_not() is not None:
        return
    sent = sending(*(10, 3) if quick else (5_000, 31))
    trips = round_trips(*(10, 1) if quick else (1_000, 31))
    rows: list[tuple[object, ...]] = [("sending", way, ns / 1000, of) for way, ns, of in sent]
    base = next(iter(trips.values()))
    rows += [("round trip", way, median(taken) / 1000, ratio(taken, base)) for way, taken in trips.items()]
    yield Table("A message on KVM", ("what", "through", "µs", "of KVM_SIGNAL_MSI"), rows)


def main() -> int:
    print(why_not() or "\n".join(table.markdown() for table in tables("--quick" in sys.argv[1:])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
