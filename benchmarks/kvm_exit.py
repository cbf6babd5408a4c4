"""The cost of an exit: a guest's round trip to a device on KVM, beside a C loop that only calls KVM_RUN.

    python benchmarks/kvm_exit.py [--quick]

All run the same guest, one after the other in each round, and a ratio is the median of the rounds' own. The C loop is
compiled when the benchmark runs; devgen's host dispatches to a device compiled from a description; QEMU (where
tests/fetch/fetch_qemu.py finds one) to one of its own devices. A doorbell rings in the kernel and causes no exit; its
figure is beside a plain exit.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from struct import pack
from time import perf_counter_ns

from _described import device_class
from _measure import Table, ratio
from _qemu import find_qemu

from devgen.hosts.kvm import KvmHost, unavailable
from devgen.runtime.boot.boot_image import boot_state
from devgen.runtime.device.device import Device
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, GuestConfig, MachineConfig

LOAD = 0x7000
PORT = 0x240
MMIO = 0xD0000
HERE = Path(__file__).resolve().parent
LONGER = 5
"""QEMU's loops: we see their ends through a pipe, some 0.1 ms late."""


def loop(body: bytes, count: int) -> bytes:
    """Real-mode code: ``body`` ``count`` times with DX the port and DS:BX the memory register, then the exit port."""
    setup = (
        b"\xb8" + pack("<H", MMIO >> 4) + b"\x8e\xd8\x31\xdb\xba" + pack("<H", PORT) + b"\x66\xb9" + pack("<I", count)
    )
    again = b"\x66\x49\x75" + pack("<b", -(len(body) + 4))  # dec ecx; jnz
    return setup + body + again + b"\xb0\x00\xe6\xf4\xf4"


BODIES = {
    "port read": b"\xec",  # in al, dx
    "port write": b"\xee",  # out dx, al
    "memory read": b"\x8a\x07",  # mov al, [bx]
    "memory write": b"\x88\x07",  # mov [bx], al
}


# A byte register in each space; with bells, a doorbell on each.
CARD = """
device: {name}
bus: isa
state: {{rings: {{width: 32}}}}
regions:
  ports:
    space: pio
    size: 16
    access: {{valid: 1..4, implemented: 1..1}}
    width: 8
    registers: {{DATA: {{at: 0, reset: 0x5a}}}}
    {port_bell}
  memory:
    space: mmio
    size: 16
    access: {{valid: 1..4, implemented: 1..1}}
    width: 8
    registers: {{LATCH: {{at: 0, reset: 0x5a}}}}
    {memory_bell}
"""
BELL = "doorbells: {{{name}: {{at: 0, length: 1, on_ring: rings = u32(rings + count)}}}}"
PLAIN = CARD.format(name="plain", port_bell="", memory_bell="")
BELLED = CARD.format(name="belled", port_bell=BELL.format(name="PORT"), memory_bell=BELL.format(name="MEMORY"))


@contextmanager
def ours(image: bytes, device: type[Device]) -> Iterator[Callable[[], int]]:
    """A function that runs the guest once on our host, giving nanoseconds."""
    guest = GuestConfig(image, LOAD, LOAD)
    with Machine(MachineConfig(ram=0xA0000, irqchip="none", guest=guest)) as machine:
        exit_port = Registry().find("debug-exit")
        at = {"ports": PORT, "memory": MMIO}
        machine.add_device(DevicePlacement("card", device.NAME, at=at), device)
        machine.add_device(
            DevicePlacement("exit", "debug-exit", at={"ports": 0xF4}, on_event={"EXIT": "exit"}), exit_port
        )
        with KvmHost(machine) as host:
            ended: list[int] = []
            machine.event_sinks.append(lambda *_: ended.append(perf_counter_ns()))

            def run() -> int:
                machine.end = None  # as if the guest had not asked for it before
                host.vcpus[0].load(boot_state("real", LOAD))
                start = perf_counter_ns()
                result = host.run(300)
                if not result.ok:
                    raise SystemExit(f"the guest did not end well: {result}")
                return ended.pop() - start

            yield run


@contextmanager
def c_loop(image: bytes, folder: Path) -> Iterator[Callable[[], int]]:
    """A function that runs the guest once under the C loop, giving nanoseconds."""
    program = folder / "kvm_exit"
    if not program.exists():
        subprocess.run(["cc", "-O2", "-o", str(program), str(HERE / "kvm_exit.c")], check=True)
    path = folder / f"{len(list(folder.iterdir()))}.bin"
    path.write_bytes(image)
    with subprocess.Popen(
        [str(program), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run() -> int:
            print(file=process.stdin, flush=True)
            return int(process.stdout.readline().split()[0])  # type: ignore[union-attr]

        yield run
        process.stdin.close()


def marked(body: bytes, count: int) -> bytes:
    """Firmware that for ever writes S to port 0xe9, does ``body`` ``count`` times with DX the port, and writes E."""
    start, end = (b"\xb0" + mark + b"\xe6\xe9" for mark in (b"S", b"E"))
    again = b"\x66\x49\x75" + pack("<b", -(len(body) + 4))  # dec ecx; jnz
    code = b"\xba" + pack("<H", PORT) + start + b"\x66\xb9" + pack("<I", count) + body + again + end
    code += b"\xe9" + pack("<h", -(len(code) + 3))
    entry = b"\xea\x00\x00\x00\xf0"  # jmp 0xf000:0, at the processor's first address
    return code.ljust(0xFFF0, b"\0") + entry.ljust(16, b"\0")


@contextmanager
def qemu(command: list[str], body: bytes, count: int, folder: Path) -> Iterator[Callable[[], int]]:
    """A function that runs the loop as QEMU's firmware, giving nanoseconds. Between the runs QEMU is stopped."""
    firmware = folder / "firmware.bin"
    firmware.write_bytes(marked(body, count * LONGER))
    machine = ["-accel", "kvm", "-machine", "isapc", "-m", "1", "-nodefaults", "-display", "none", "-bios", firmware]
    console = ["-chardev", "stdio,id=marks,signal=off", "-device", "isa-debugcon,iobase=0xe9,chardev=marks"]
    card = ["-chardev", "null,id=card", "-device", f"isa-debugcon,iobase={PORT:#x},chardev=card"]
    with subprocess.Popen(
        [*command, *machine, *console, *card], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdout is not None

        marks = process.stdout.fileno()

        def waiting() -> bool:
            return bool(select.select([marks], [], [], 0)[0])

        def reached(mark: bytes) -> int:
            while (heard := os.read(marks, 1)) != mark:
                if not heard:
                    raise SystemExit(f"QEMU ended with {process.wait()}")
            return perf_counter_ns()

        def run() -> int:
            process.send_signal(signal.SIGCONT)
            late = True
            while late:  # we have not had a processor when the loop began: the next one counts
                while waiting():
                    os.read(marks, 1 << 16)
                reached(b"E")
                start = reached(b"S")
                late = waiting()
            taken = reached(b"E") - start
            process.send_signal(signal.SIGSTOP)
            return taken // LONGER

        try:
            yield run
        finally:
            process.kill()


def measure(rounds: int, exits: int) -> dict[str, list[float]]:
    """Nanoseconds an exit of each, round by round; a first round only warms up."""
    plain, belled = device_class(PLAIN), device_class(BELLED)
    runs: dict[str, Callable[[], int]] = {}
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        for name, body in BODIES.items():
            runs[f"{name}, C loop"] = stack.enter_context(c_loop(loop(body, exits), Path(folder)))
            runs[f"{name}, devgen"] = stack.enter_context(ours(loop(body, exits), plain))
        emulator = find_qemu()
        if emulator is not None:
            runs["port read, QEMU"] = stack.enter_context(qemu(emulator, BODIES["port read"], exits, Path(folder)))
        for name in ("port write", "memory write"):
            runs[f"{name}, doorbell"] = stack.enter_context(ours(loop(BODIES[name], exits), belled))
        return _rounds(runs, rounds, exits)


def _rounds(runs: dict[str, Callable[[], int]], rounds: int, exits: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            ns = run() / exits
            if turn:
                taken[name].append(ns)
    return taken


def why_not() -> str | None:
    """Why this cannot be measured here; None if it can."""
    return unavailable() or (None if shutil.which("cc") else "no C compiler for the loop to compare with")


def tables(quick: bool = False) -> Iterator[Table]:
    """Round trips of four kinds of access, and doorbells; nothing where there is no KVM."""
    if why_not() is not None:
        return
    taken = measure(rounds=1, exits=50) if quick else measure(rounds=60, exits=4_000)
    rows = []
    for name, values in taken.items():
        kind, _, who = name.partition(", ")
        plain = ratio(values, taken[f"{kind}, devgen"]) if who == "doorbell" else ""
        base = ratio(values, taken[f"{kind}, C loop"])
        rows.append((kind, who, min(values) / 1000, median(values) / 1000, base, plain))
    yield Table(
        "A guest's round trip on KVM",
        ("access", "through", "best µs", "median µs", "of the C loop", "of devgen's plain exit"),
        rows,
    )


def main() -> int:
    print(why_not() or "\n".join(table.markdown() for table in tables("--quick" in sys.argv[1:])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
