"""A served device, measured at its client: round trips, posted writes, interrupts, set-up; then the same through QEMU.

    python benchmarks/vfio_user.py [--quick]

The reference of each figure is a Python process that only moves as many bytes over the same kind of socket
(`_vfio_peers.py`), in interleaved rounds. The placement of a process in memory changes its speed by up to a tenth, so
all processes are started several times, and a figure is the median over the starts. Unless stated otherwise, server and
client share a processor: a switch between them is then cheap and constant, and the server's share is largest. QEMU
executes no instruction and is driven through qtest; its rows need a QEMU that
tests/fetch/fetch_qemu.py finds.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from _measure import Result, Table, interleaved
from _qemu import find_qemu
from _starts import Amount, Run, over_starts, placed, start_of
from _through_qemu import attaching, through_qemu
from _vfio_peers import listening, peer, served

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.eventfd_signals import EventfdSignals
from devgen.hosts.vfio_user.protocol import HEADER, NO_REPLY, Command, Irq, SetFlag

DEVICE = "dma-engine"
LENGTH, SCRATCH, RING = 0x18, 0x24, 0x800  # in its BAR 0
TABLE = 4
"""The BAR of its MSI-X table."""
JOINED = 200
"""Writes that QEMU joins in one message at most."""


def message(command: int, payload: bytes, flags: int = 0) -> bytes:
    return HEADER.pack(1, command, HEADER.size + len(payload), flags, 0) + payload


def read_of(region: int, offset: int, count: int = 4) -> bytes:
    return message(Command.REGION_READ, protocol.REGION_ACCESS.pack(offset, region, count))


def write_of(region: int, offset: int, value: int, flags: int = 0) -> bytes:
    head = protocol.REGION_ACCESS.pack(offset, region, 4)
    return message(Command.REGION_WRITE, head + value.to_bytes(4, "little"), flags)


READ = read_of(0, SCRATCH)
POSTED = write_of(0, SCRATCH, 0x1234, NO_REPLY)
MULTI = message(
    Command.REGION_WRITE_MULTI,
    protocol.MULTI_COUNT.pack(JOINED) + protocol.MULTI_WRITE.pack(SCRATCH, 0, 4, bytes(8)) * JOINED,
    NO_REPLY,
)
HELLO = message(Command.VERSION, protocol.VERSION.pack(0, 1) + b'{"capabilities":{"max_msg_fds":16}}\0')


def connect(path: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(60)
    link.connect(str(path))
    link.setblocking(True)
    return link


def ask(link: socket.socket, request: bytes, *fds: int) -> bytes:
    """A reply of at most 64 KiB. Ends the program when it is an error."""
    socket.send_fds(link, [request], fds)
    reply = link.recv(1 << 16)
    if len(reply) < HEADER.size or HEADER.unpack_from(reply)[3] & protocol.ERROR:
        raise SystemExit(f"the server does not obey: {request.hex()}: {reply.hex()}")
    return reply


def attach(path: Path) -> socket.socket:
    """A client of the device that has agreed on the version."""
    link = connect(path)
    ask(link, HELLO)
    return link


# --- round trips ------------------------------------------------------------------------------------------------


def round_trips(link: socket.socket, request: bytes) -> Run:
    def run(calls: int) -> None:
        send, receive = link.send, link.recv
        for _ in range(calls):
            send(request)
            receive(4096)

    return run


def reads(amount: Amount) -> Table:
    """Register reads, and writes that are answered, with client and server on one processor and on two."""

    def measure(folder: Path, together: bool) -> list[Result]:
        with ExitStack() as stack:
            start = partial(start_of, stack)
            servers = [start(peer("echo", folder / "echo")), start(served(DEVICE, folder / "card"))]
            plain, link = stack.enter_context(connect(folder / "echo")), stack.enter_context(attach(folder / "card"))
            candidates = {
                "Python echo": round_trips(plain, READ),
                "devgen, register read": round_trips(link, READ),
                "devgen, register write": round_trips(link, write_of(0, SCRATCH, 7)),
                "devgen, configuration space": round_trips(link, read_of(protocol.REGION_CONFIG, 0)),
            }
            with placed(servers, together):
                return interleaved(candidates, calls=amount.calls, rounds=amount.rounds)

    rows = []
    for processors, together in (("one", True), ("two", False)):
        results = over_starts(partial(measure, together=together), amount.starts)
        rows += [(each.name, processors, each.ns / 1000, each.ratio) for each in results]
    return Table("A round trip over the socket", ("answered by", "processors", "µs", "of the echo"), rows)


# --- posted writes ----------------------------------------------------------------------------------------------


def flood(link: socket.socket, data: bytes, announced: bool) -> Run:
    """Sends ``data`` as often as asked, then asks for an answer: all of it has been handled by then."""

    def run(calls: int) -> None:
        tail = READ
        if announced:
            link.send((calls * len(data) + len(tail)).to_bytes(8, "little"))
        for _ in range(calls):
            link.sendall(data)
        link.sendall(tail)
        link.recv(4096)

    return run


def posted_writes(amount: Amount) -> Table:
    def measure(folder: Path, data: bytes, calls: int) -> list[Result]:
        with ExitStack() as stack:
            start = partial(start_of, stack)
            servers = [start(peer("sink", folder / "sink")), start(served(DEVICE, folder / "card"))]
            plain, link = stack.enter_context(connect(folder / "sink")), stack.enter_context(attach(folder / "card"))
            candidates = {
                "Python sink": flood(plain, data, announced=True),
                "devgen": flood(link, data, announced=False),
            }
            with placed(servers):
                return interleaved(candidates, calls=calls, rounds=amount.rounds)

    rows = []
    for what, data, each, calls in (("one by one", POSTED, 1, amount.calls), ("joined", MULTI, JOINED, 20)):
        for result in over_starts(partial(measure, data=data, calls=calls), amount.starts):
            ns = result.ns / each
            rows.append((what, result.name, ns / 1000, f"{1e9 / ns:,.0f}", result.ratio))
    return Table("Posted writes", ("sent", "taken by", "µs each", "a second", "of the sink"), rows)


# --- interrupts -------------------------------------------------------------------------------------------------


def aim_msix(link: socket.socket, eventfd: int) -> None:
    """Vector 0 of MSI-X is enabled and signals the eventfd; a ring copies nothing and raises it."""
    ask(link, write_of(TABLE, 12, 0))
    ask(link, write_of(protocol.REGION_CONFIG, 4, 0x0406))  # bus master, INTx off
    at = msix_capability(link)
    control = int.from_bytes(ask(link, read_of(protocol.REGION_CONFIG, at))[32:], "little")
    ask(link, write_of(protocol.REGION_CONFIG, at, control | 1 << 31))
    flags = SetFlag.EVENTFD | SetFlag.TRIGGER
    ask(link, message(Command.DEVICE_SET_IRQS, protocol.IRQ_SET.pack(20, flags, Irq.MSIX, 0, 1)), eventfd)
    ask(link, write_of(0, LENGTH, 0))


def msix_capability(link: socket.socket) -> int:
    space = ask(link, read_of(protocol.REGION_CONFIG, 0, 256))[32:]
    at = space[0x34]
    while at and space[at] != 0x11:
        at = space[at + 1]
    return at


def rings(link: socket.socket, request: bytes, eventfd: int) -> Run:
    """Asks for an interrupt and waits for it."""

    def run(calls: int) -> None:
        send, read, heard = link.send, os.eventfd_read, select.poll()
        heard.register(eventfd, select.POLLIN)
        for _ in range(calls):
            send(request)
            heard.poll()
            read(eventfd)

    return run


def interrupts(amount: Amount) -> Table:
    def measure(folder: Path) -> list[Result]:
        with ExitStack() as stack:
            start = partial(start_of, stack)
            servers = [start(peer("bell", folder / "bell")), start(served(DEVICE, folder / "card"))]
            plain, link = stack.enter_context(connect(folder / "bell")), stack.enter_context(attach(folder / "card"))
            eventfds = [os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0, os.EFD_NONBLOCK)]
            for fd in eventfds:
                stack.callback(os.close, fd)
            socket.send_fds(plain, [b"\0"], eventfds[:1])
            aim_msix(link, eventfds[1])
            ring = write_of(0, RING, 1, NO_REPLY)
            candidates = {
                "Python eventfd": rings(plain, ring, eventfds[0]),
                "devgen, an empty copy and its MSI-X": rings(link, ring, eventfds[1]),
            }
            with placed(servers):
                return interleaved(candidates, calls=amount.calls, rounds=amount.rounds)

    results = over_starts(measure, amount.starts)
    rows = [(each.name, each.ns / 1000, f"{1e9 / each.ns:,.0f}", each.ratio) for each in results]
    head = ("raised by", "µs from the posted write to the eventfd", "a second", "of the bare eventfd")
    return Table("Interrupts, each asked for by a write", head, rows)


def signals(amount: Amount) -> Table:
    """The system call that raises a vector: io_submit with a resfd, which no client can block, and the plain write."""
    calls = 20 * amount.calls
    with ExitStack() as stack:
        fd = os.eventfd(0, os.EFD_NONBLOCK)
        stack.callback(os.close, fd)
        made = EventfdSignals()
        stack.callback(made.close)

        def written(times: int) -> None:
            for _ in range(times):
                os.eventfd_write(fd, 1)

        def submitted(times: int) -> None:
            for _ in range(times):
                made.signal(fd)

        results = interleaved(
            {"eventfd_write, which a client can block": written, "io_submit, as devgen does": submitted},
            calls=calls,
            rounds=amount.rounds,
        )
        counted, sent = os.eventfd_read(fd), 2 * calls * (amount.rounds + 1)
        if counted != sent:
            raise SystemExit(f"{counted} of {sent} signals arrived")
    rows = [(each.name, each.ns / 1000, each.ratio) for each in results]
    return Table("The signal of an MSI-X vector", ("by", "µs", "of eventfd_write"), rows)


# --- set-up -----------------------------------------------------------------------------------------------------


def set_up(folder: Path, rounds: int) -> Table:
    """From nothing to a server, from a connection to the first register, and what the server holds."""
    starts, bare, firsts, memory = [], [], [], 0
    for _ in range(rounds):
        begin = perf_counter()
        with listening(peer("echo", folder / "echo")):
            bare.append(perf_counter() - begin)
        (folder / "echo").unlink()
        begin = perf_counter()
        with listening(served(DEVICE, folder / "card")) as process:
            starts.append(perf_counter() - begin)
            for _ in range(10):
                begin = perf_counter()
                with attach(folder / "card") as link:
                    ask(link, READ)
                    firsts.append(perf_counter() - begin)
                    link.shutdown(socket.SHUT_WR)
                    link.recv(1)  # it closes: the next client is welcome
            memory = max(memory, resident(process.pid))
    rows = [
        ("a bare Python process listens", f"{median(bare) * 1e3:.0f} ms"),
        ("`devgen serve` listens", f"{median(starts) * 1e3:.0f} ms"),
        ("a client has connected, agreed on the version, read a register", f"{median(firsts) * 1e3:.2f} ms"),
        ("resident memory of `devgen serve`", f"{memory / 1024:.0f} MiB"),
    ]
    return Table("Set-up", ("until", "takes"), rows)


def resident(process: int) -> int:
    """KiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def tables(quick: bool = False) -> Iterator[Table]:
    """Over the socket, then, where there is one, through QEMU."""
    amount = Amount(20, 3, 1) if quick else Amount(500, 41, 7)
    for what in (reads, posted_writes, interrupts, signals):
        yield what(amount)
    with TemporaryDirectory(prefix="devgen-") as folder:
        yield set_up(Path(folder), amount.starts)
    qemu = find_qemu()
    if qemu is not None:
        yield through_qemu(qemu, amount)
        with TemporaryDirectory(prefix="devgen-") as folder:
            yield attaching(qemu, Path(folder), amount.starts)


if __name__ == "__main__":
    for table in tables("--quick" in sys.argv[1:]):
        print(table.markdown())
