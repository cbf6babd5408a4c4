"""What an exit costs: a guest's round trip to a device on KVM, beside a C loop that does nothing but KVM_RUN.

    python benchmarks/kvm_exit.py [--exits N] [--rounds N]

All run the same guest, one after the other in each round, and a ratio is the median of the rounds' own. The C loop is
compiled here and now, our host dispatches to a device, QEMU (where qemu-system-x86_64 is on PATH) to a device of its
own. The doorbell rings in the kernel; its figure is beside a plain exit of ours. Ends with 1 when the port read costs
more than 1.25 times the C loop.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from struct import pack
from time import perf_counter_ns

from _measure import markdown

from devgen.runtime.access import Access
from devgen.runtime.bank import Reg, RegisterBank
from devgen.runtime.boot import boot_state
from devgen.runtime.config import DevicePlacement, GuestConfig, MachineConfig
from devgen.runtime.device import Device, Environment
from devgen.runtime.kvm import KvmHost, unavailable
from devgen.runtime.machine import Machine
from devgen.runtime.memory import MemoryRegion
from devgen.runtime.registry import Registry

LIMIT = 1.25
LOAD = 0x7000
PORT = 0x240
MMIO = 0xD0000
HERE = Path(__file__).resolve().parent


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


class Registers(Device):
    """One byte register in each space, perhaps with a doorbell on it, written as the compiler writes them."""

    NAME = "registers"

    def __init__(self, env: Environment, bell: bool = False) -> None:
        super().__init__(env)
        self.DATA = 0x5A
        self.rings = 0
        for name, space in (("ports", "pio"), ("memory", "mmio")):
            data = Reg("DATA", 0, 8, self.read_DATA, self.write_DATA)
            bank = RegisterBank(name, 0x10, Access((1, 4), (1, 1)), registers=(data,))
            region = MemoryRegion.io(name, 0x10, bank)
            if bell:
                self.add_doorbell(region, "BELL", 0, 1, None, self.ring)
            self.add_region(region, space=space)  # type: ignore[arg-type]

    def read_DATA(self) -> int:
        return self.DATA

    def write_DATA(self, value: int, mask: int = 0xFF) -> None:
        self.DATA = value

    def ring(self, count: int) -> None:
        self.rings += count


class Belled(Registers):
    """The same with doorbells on the registers."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env, bell=True)


# The headline figure is that of a built device: the debug console's port, which reads 0xe9.
DEVICES = {"port read": Registry([HERE.parent / "generated"]).find("debugcon")}


class Exit(Device):
    """Port 0xf4."""

    NAME = "exit"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        code = Reg("CODE", 0, 8, None, lambda value, mask=0xFF: self.emit("EXIT", code=value))
        bank = RegisterBank("ports", 1, Access((1, 4), (1, 1)), registers=(code,))
        self.add_region(MemoryRegion.io("ports", 1, bank), space="pio")


@contextmanager
def ours(image: bytes, device: type[Device]) -> Iterator[Callable[[], int]]:
    """A function that runs the guest once on our host, giving nanoseconds."""
    guest = GuestConfig(image, LOAD, LOAD)
    with Machine(MachineConfig(ram=0xA0000, irqchip="none", guest=guest)) as machine:
        at = {"ports": PORT, "memory": MMIO} if issubclass(device, Registers) else {"ports": PORT}
        machine.add_device(DevicePlacement("card", device.NAME, at=at), device)
        machine.add_device(DevicePlacement("exit", "exit", at={"ports": 0xF4}, on_event={"EXIT": "exit"}), Exit)
        with KvmHost(machine) as host:
            ended: list[int] = []
            machine.event_sinks.append(lambda *_: ended.append(perf_counter_ns()))

            def run() -> int:
                machine.exit_code = None  # as if the guest had not asked for it before
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


@contextmanager
def qemu(body: bytes, count: int, folder: Path) -> Iterator[Callable[[], int]]:
    """A function that runs the loop as QEMU's firmware, giving nanoseconds without QEMU's own start."""

    def time(exits: int) -> int:
        firmware = bytearray(0x10000)
        code = loop(body, exits)
        firmware[: len(code)] = code
        firmware[0xFFF0:0xFFF5] = b"\xea\x00\x00\x00\xf0"  # jmp 0xf000:0
        path = folder / "firmware.bin"
        path.write_bytes(firmware)
        command = [
            "qemu-system-x86_64",
            "-accel",
            "kvm",
            "-machine",
            "isapc",
            "-m",
            "1",
            "-nodefaults",
            "-display",
            "none",
        ]
        command += ["-bios", str(path), "-chardev", "null,id=c", "-device", f"isa-debugcon,iobase={PORT:#x},chardev=c"]
        command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        start = perf_counter_ns()
        done = subprocess.run(command, check=False, timeout=300)
        if done.returncode != 1:
            raise SystemExit(f"QEMU ended with {done.returncode}")
        return perf_counter_ns() - start

    yield lambda: time(count) - time(1)


def measure(runs: dict[str, Callable[[], int]], rounds: int, exits: int) -> dict[str, list[float]]:
    """Nanoseconds an exit of each, round by round; a first round only warms up."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            ns = run() / exits
            if turn:
                taken[name].append(ns)
    return taken


def ratio(taken: list[float], base: list[float]) -> float:
    """Median of the rounds' own ratios: a slow phase of the machine slows both."""
    return median(own / other for own, other in zip(taken, base, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description="What an exit costs on KVM, beside a C loop.")
    parser.add_argument("--exits", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    reason = unavailable()
    if reason is not None or shutil.which("cc") is None:
        print(f"not measured: {reason or 'no C compiler'}", file=sys.stderr)
        return 0
    exits = arguments.exits
    runs: dict[str, Callable[[], int]] = {}
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        for name, body in BODIES.items():
            runs[f"{name}, C loop"] = stack.enter_context(c_loop(loop(body, exits), Path(folder)))
            runs[f"{name}, devgen"] = stack.enter_context(ours(loop(body, exits), DEVICES.get(name, Registers)))
        if shutil.which("qemu-system-x86_64"):
            runs["port read, QEMU"] = stack.enter_context(qemu(BODIES["port read"], exits, Path(folder)))
        for name in ("port write", "memory write"):
            runs[f"{name}, doorbell"] = stack.enter_context(ours(loop(BODIES[name], exits), Belled))
        taken = measure(runs, arguments.rounds, exits)
    rows = []
    for name, values in taken.items():
        kind, _, who = name.partition(", ")
        base = taken[f"{kind}, C loop"]
        plain = ratio(values, taken[f"{kind}, devgen"]) if who == "doorbell" else ""
        rows.append((kind, who, min(values) / 1000, median(values) / 1000, ratio(values, base), plain))
    head = ("round trip", "through", "best us", "median us", "of the C loop", "of a plain exit")
    print(markdown(head, rows))
    return 0 if ratio(taken["port read, devgen"], taken["port read, C loop"]) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
