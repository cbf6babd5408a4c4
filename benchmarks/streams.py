"""Bytes per second that a device sends into a Unix socket which another process reads, and whether all of them arrive.

    python benchmarks/streams.py [--quick]

The devices are the catalogue's virtio-console-pci, whose transmit queue has a driver here, and serial16550, whose
driver waits for THRE and then fills the FIFO with 16 bytes. Output goes through the hosts' `StreamOutput`. As in a
vfio-user server, one thread runs the device and the event loop; the loop has its turn after each notification, or each
KiB of the 16550. The reference of each row is a Python loop that writes the same bytes to such a socket: in the same
pieces, or (beside the 16550) byte by byte into a buffer that is sent when it holds 64 KiB. Both take turns, round by
round; a round ends when the last byte is in the socket. The reader's count and SHA-256 are checked at the end, and a
difference ends the program.
"""

from __future__ import annotations

import hashlib
import random
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from _measure import Table, ratio
from _stream_reader import reading
from _virtio_transmitter import Transmitter

from devgen.runtime.device.byte_stream import WRITABLE
from devgen.runtime.device.device import Device
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.stream_inputs import StreamInputs

DATA = random.Random(16550).randbytes(1 << 20)
"""What is sent, again and again."""
PATIENCE = 10  # seconds that a reader may take nothing
TURN = 1024  # bytes of the 16550 after which the event loop has its turn
THR, FCR, LSR, THRE, FIFO = 0x3F8, 0x3FA, 0x3FD, 0x20, 16
BLOCK = 1 << 16

Send = Callable[[int], None]
"""Sends that many times `DATA`, and returns when the last byte is in the socket."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one row has. ``device`` and ``plain`` are in bytes per second of elapsed time."""

    device: float
    of_cpu: float
    """The device's bytes per second of the sending thread's processor time: on a busy machine it hardly changes."""
    plain: float
    cost: float
    """Processor time of the device for that of the plain loop."""
    memory: float
    """Greatest resident memory of the process in MiB."""


class Loop:
    """An event loop in the thread of the device."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._callbacks: dict[int, Callable[[], None]] = {}

    def watch_event(self, fd: int, callback: Callable[[], None]) -> None:
        self._poll.register(fd, select.EPOLLIN)
        self._callbacks[fd] = callback

    def unwatch_event(self, fd: int) -> None:
        self._poll.unregister(fd)
        del self._callbacks[fd]

    def handle(self, patience: float = 0) -> None:
        """Handle what is ready, or becomes ready within ``patience`` seconds. Ends the program if nothing does."""
        ready = self._poll.poll(patience)
        if patience and not ready:
            raise SystemExit(f"the reader took nothing for {patience} seconds")
        for fd, _ in ready:
            if fd in self._callbacks:
                self._callbacks[fd]()


@dataclass(frozen=True, slots=True)
class Board:
    """A machine with one device, ``device``, and the loop that moves the bytes of its stream."""

    machine: Machine
    loop: Loop

    @property
    def device(self) -> Device:
        return self.machine.devices["device"]

    def drain(self) -> None:
        """Wait until all that the device has sent is in the socket."""
        while self.device.streams["serial"].writable < WRITABLE:
            self.loop.handle(PATIENCE)

    def wait_for_reader(self) -> None:
        """Wait until the reader is connected: what is sent before is dropped."""
        (backend,) = self.machine.backends.values()
        while backend.outlet() is None:
            self.loop.handle(PATIENCE)


@contextmanager
def running(placement: DevicePlacement) -> Iterator[Board]:
    """The board with that device. The machine's lock is held."""
    config = MachineConfig(ram=8 << 20, pci=placement.slot is not None, clock="manual", devices=(placement,))
    loop = Loop()
    with Machine(config, Registry()) as machine, machine.lock:
        inputs = StreamInputs(machine, loop, lambda: None)
        inputs.start()
        try:
            yield Board(machine, loop)
        finally:
            inputs.close()


# --- senders -----------------------------------------------------------------------------


def console(board: Board, length: int, together: int) -> Send:
    """Through the transmit queue: buffers of ``length`` bytes, ``together`` of them with one notification."""
    driver = Transmitter(board.machine, board.device)
    driver.store(DATA)
    offsets = range(0, len(DATA), length)
    batches = [[(at, length) for at in offsets[first : first + together]] for first in range(0, len(offsets), together)]

    def send(times: int) -> None:
        for _ in range(times):
            for batch in batches:
                driver.transmit(batch)
                board.loop.handle()
                while not driver.returned():
                    if not driver.let_time_pass():
                        board.loop.handle(PATIENCE)
        board.drain()

    return send


def uart(board: Board) -> Send:
    """Through THR: 16 bytes each time that THRE says that the FIFO is empty."""
    read, write, handle = board.machine.io.read, board.machine.io.write, board.loop.handle
    write(FCR, 1, 1)
    turns = [[DATA[at : at + FIFO] for at in range(first, first + TURN, FIFO)] for first in range(0, len(DATA), TURN)]

    def send(times: int) -> None:
        for _ in range(times):
            for turn in turns:
                for piece in turn:
                    while not read(LSR, 1) & THRE:
                        handle(PATIENCE)
                    for value in piece:
                        write(THR, value, 1)
                handle()
        board.drain()

    return send


def in_pieces(connection: socket.socket, length: int) -> Send:
    """The plain loop beside the console."""

    def send(times: int) -> None:
        for _ in range(times):
            for at in range(0, len(DATA), length):
                connection.sendall(DATA[at : at + length])

    return send


def byte_by_byte(connection: socket.socket) -> Send:
    """The plain loop beside the 16550."""

    def send(times: int) -> None:
        waiting = bytearray()
        for _ in range(times):
            for value in DATA:
                waiting.append(value)
                if len(waiting) >= BLOCK:
                    connection.sendall(waiting)
                    waiting.clear()
        connection.sendall(waiting)

    return send


# --- measuring ---------------------------------------------------------------------------


def measure(
    name: str, send: Callable[[Board], Send], plain: Callable[[socket.socket], Send], times: int, rounds: int
) -> Measured:
    """Send ``DATA`` ``times`` × ``rounds`` times from a device and from a loop. Ends the program if bytes are lost."""
    with TemporaryDirectory(prefix="devgen-benchmark-") as folder, ExitStack() as stack:
        own, other = Path(folder, "device"), Path(folder, "plain")
        ports = {"ports": THR} if name == "serial16550" else {}
        slot = None if ports else 3
        placement = DevicePlacement("device", name, at=ports, slot=slot, streams={"serial": f"socket:{own}"})
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(other))
        listener.listen(1)
        with reading(other) as plain_reader, ExitStack() as sending:
            connection = sending.enter_context(listener.accept()[0])
            board = sending.enter_context(running(placement))
            reader = stack.enter_context(reading(own))
            board.wait_for_reader()
            forget_peak()
            taken = take_turns((send(board), plain(connection)), times, rounds)
            memory = peak()
            sending.close()
            check(name, reader.result(), times * rounds)
            check("the plain loop", plain_reader.result(), times * rounds)
    (own_time, own_cpu), (plain_time, plain_cpu) = (tuple(zip(*each, strict=True)) for each in taken)
    amount = times * len(DATA)
    speeds = [amount / median(seconds) for seconds in (own_time, own_cpu, plain_time)]
    return Measured(*speeds, ratio(own_cpu, plain_cpu), memory)


Seconds = tuple[float, float]
"""Elapsed, and of the thread's processor time."""


def take_turns(senders: tuple[Send, Send], times: int, rounds: int) -> tuple[list[Seconds], list[Seconds]]:
    """The seconds of each sender's rounds."""
    taken: tuple[list[Seconds], list[Seconds]] = ([], [])
    for _ in range(rounds):
        for send, seconds in zip(senders, taken, strict=True):
            start, start_cpu = time.perf_counter(), time.thread_time()
            send(times)
            seconds.append((time.perf_counter() - start, time.thread_time() - start_cpu))
    return taken


def check(who: str, received: tuple[int, str], times: int) -> None:
    """End the program unless all bytes came, in order."""
    digest = hashlib.sha256()
    for _ in range(times):
        digest.update(DATA)
    sent = times * len(DATA)
    if received != (sent, digest.hexdigest()):
        what = "their SHA-256 is wrong" if received[0] == sent else f"{sent:,} were sent"
        raise SystemExit(f"{who}: {received[0]:,} bytes arrived; {what}")


def forget_peak() -> None:
    """Begin to measure the greatest resident memory anew, where the kernel lets a process do so."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """The process's greatest resident memory in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def tables(quick: bool = False) -> Iterator[Table]:
    """A row for each way to send: 100 MiB through the console, 5 MiB through the slower 16550."""
    rounds = 1 if quick else 5
    times, fewer = (1, 1) if quick else (20, 1)
    rows = []
    for length, together in ((4096, 1), (4096, 64), (65536, 1)):
        send, plain = partial(console, length=length, together=together), partial(in_pieces, length=length)
        found = measure("virtio-console-pci", send, plain, times, rounds)
        rows.append(
            _row(f"virtio console, {length >> 10} KiB buffers, {together} a notification", times * rounds, found)
        )
    found = measure("serial16550", uart, byte_by_byte, fewer, rounds)
    rows.append(_row("16550, 16 bytes a look at THRE", fewer * rounds, found))
    yield Table(
        "Bytes into a socket",
        (
            "sent by",
            "MiB, all received",
            "MB/s",
            "MB per CPU s",
            "plain loop, MB/s",
            "CPU, of the plain loop's",
            "peak MiB",
        ),
        rows,
    )


def _row(name: str, amount: int, found: Measured) -> tuple[object, ...]:
    speeds = (speed / 1e6 for speed in (found.device, found.of_cpu, found.plain))
    return name, amount, *speeds, found.cost, round(found.memory)


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
