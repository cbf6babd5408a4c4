"""Any object can be a served PCI function: the example's card, with the tests' client and in QEMU; faulty objects."""

from __future__ import annotations

import errno
import importlib.util
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import pack
from types import ModuleType
from typing import Any

import pytest
from qtest import BAR0, Qtest
from vfio_client import BAR0 as REGION0
from vfio_client import CONFIG, Client, rung

from devgen import (
    Bar,
    DeviceError,
    DeviceServer,
    FunctionHost,
    MachineError,
    PciConfig,
    PciFunction,
    PciIdentity,
    ServedFunctionError,
    StateError,
    Watch,
)
from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.protocol import Command, Irq, SetFlag

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "served_objects" / "crc_card.py"
MSI, MSIX = 0x05, 0x11


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("crc_card", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Card:
    """A function that keeps what is written and counts what it is asked."""

    name = "card"
    bars = (Bar(0, "mem32", 0x1000), Bar(2, "mem64", 0x1000), Bar("rom", "rom", 0x800))

    def __init__(self, *, pin: int = 1, capabilities: tuple[tuple[int, bytes, bytes], ...] = ()) -> None:
        self.config = PciConfig(PciIdentity(0x1B36, 0x00F9, interrupt_pin=pin), self.bars)
        for identifier, body, writable in capabilities:
            self.config.add_capability(identifier, body, writable)
        self.read_config, self.write_config = self.config.read, self.config.write
        self.calls: list[tuple[Any, ...]] = []
        self.value = 0x1122334455667788

    def connect(self, host: FunctionHost) -> None:
        self.host = host

    def reset(self) -> None:
        self.calls.append(("reset",))
        self.config.reset()

    def read(self, bar: int | str, offset: int, size: int) -> int:
        self.calls.append(("read", bar, offset, size))
        return self.value & (1 << 8 * size) - 1

    def write(self, bar: int | str, offset: int, value: int, size: int) -> None:
        self.calls.append(("write", bar, offset, value, size))


def msi(vectors_log2: int = 2, masking: bool = True) -> tuple[int, bytes, bytes]:
    """An MSI capability with 64-bit addresses (PCI 3.0, 6.8.1)."""
    control = vectors_log2 << 1 | 1 << 7 | masking << 8
    return MSI, pack("<HQHHII", control, 0, 0, 0, 0, 0), pack("<HQHHII", 0x71, 1 << 64 - 1, 0xFFFF, 0, 0xF, 0)


def msix(vectors: int = 4) -> tuple[int, bytes, bytes]:
    return MSIX, pack("<HII", vectors - 1, 0x800, 0xC00), pack("<H", 0xC000)


Serve = Callable[..., tuple[DeviceServer, Client]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """``serve(object)``: a server that runs, and a client that has agreed on the version."""
    made: list[DeviceServer | Client] = []

    def make(function: PciFunction) -> tuple[DeviceServer, Client]:
        server = DeviceServer(function, tmp_path / "s")
        made.append(server)
        server.start()
        client = Client(server.path)
        made.append(client)
        client.hello()
        return server, client

    yield make
    for one in reversed(made):
        one.close()


# --- the example --------------------------------------------------------------------------------


def test_the_example_computes_over_dma_and_interrupts(
    serve: Serve, memory: int, eventfds: Callable[[int], list[int]]
) -> None:
    (eventfd,) = eventfds(1)
    _, client = serve(example().CrcCard())
    os.pwrite(memory, b"123456789", 0x5000)
    assert client.map(0, 1 << 20, memory).error == 0
    client.set_irqs(Irq.INTX, SetFlag.EVENTFD | SetFlag.TRIGGER, 0, 1, [eventfd])
    client.write(CONFIG, 4, b"\x06\x00")  # memory, bus master
    client.write(REGION0, 0x00, pack("<Q", 0x5000))
    client.write32(REGION0, 0x08, 9)
    assert (client.read32(REGION0, 0x0C), rung(eventfd)) == (0xCBF43926, 1)  # the check value of CRC-32


def test_without_bus_mastering_the_example_reads_ones(serve: Serve, memory: int) -> None:
    _, client = serve(example().CrcCard())
    assert client.map(0, 1 << 20, memory).error == 0
    client.write32(REGION0, 0x08, 4)
    assert client.read32(REGION0, 0x0C) == zlib.crc32(b"\xff" * 4)


@pytest.mark.qemu
def test_qemu_drives_the_example(tmp_path: Path) -> None:
    with DeviceServer(example().CrcCard(), tmp_path / "s") as server:
        server.start()
        qemu = Qtest(tmp_path, server.path)
        try:
            qemu.set_config(0x10, 0xFFFFFFFF)
            assert (qemu.config(0), qemu.config(0x10)) == (0x00F81B36, 0xFFFFF000)
            qemu.set_config(0x10, BAR0)
            qemu.set_config(4, 6)
            for at, value in enumerate(b"12345678"):
                qemu.ask(f"writeb {0x10000 + at:#x} {value:#x}")
            qemu.writeq(BAR0, 0x10000)
            qemu.writel(BAR0 + 0x08, 8)
            assert qemu.readl(BAR0 + 0x0C) == zlib.crc32(b"12345678")
        finally:
            qemu.close()


# --- accesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 4, 8])
@pytest.mark.parametrize(("region", "bar"), [(0, 0), (2, 2), (6, "rom")])
def test_an_object_answers_reads_of_each_size_in_each_bar(serve: Serve, region: int, bar: int | str, size: int) -> None:
    card = Card()
    _, client = serve(card)
    for _ in range(2):  # the second one is a known access
        assert client.read(region, 0x10, size) == card.value.to_bytes(8, "little")[:size]
    assert card.calls == [("read", bar, 0x10, size)] * 2


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_an_object_takes_writes_of_each_size(serve: Serve, size: int) -> None:
    card = Card()
    _, client = serve(card)
    data = bytes(range(1, size + 1))
    client.write(2, 0x18, data)
    assert card.calls == [("write", 2, 0x18, int.from_bytes(data, "little"), size)]


def test_other_sizes_and_unaligned_accesses_are_cut(serve: Serve) -> None:
    card = Card()
    _, client = serve(card)
    client.write(0, 0x12, bytes(4))
    assert card.calls == [("write", 0, 0x12, 0, 2), ("write", 0, 0x14, 0, 2)]
    card.calls.clear()
    assert len(client.read(0, 0x10, 12)) == 12
    assert sum(call[3] for call in card.calls) == 12
    assert all(offset % size == 0 for _, _, offset, size in card.calls)


def test_an_access_outside_the_bar_never_reaches_the_object(serve: Serve) -> None:
    card = Card()
    _, client = serve(card)
    reply = client.ask(Command.REGION_READ, protocol.REGION_ACCESS.pack(0xFFE, 0, 4))
    assert (reply.error, card.calls) == (errno.EINVAL, [])


def test_configuration_space_is_the_objects_own(serve: Serve) -> None:
    card = Card()
    _, client = serve(card)
    assert client.read(CONFIG, 0, 4) == pack("<HH", 0x1B36, 0x00F9)
    client.write(CONFIG, 0x3B, b"\x00\x0b\x00")  # an odd place and size
    assert card.config.get(0x3C, 1) == 0x0B


def test_a_reset_reaches_the_object(serve: Serve) -> None:
    card = Card()
    _, client = serve(card)
    client.write(CONFIG, 4, b"\x07\x00")
    assert client.ask(Command.DEVICE_RESET).error == 0
    assert (card.calls, client.read(CONFIG, 4, 2)) == ([("reset",)], bytes(2))


# --- interrupts ---------------------------------------------------------------------------------

Irqs = Callable[[Client, Irq, int], list[int]]


@pytest.fixture
def irqs(eventfds: Callable[[int], list[int]]) -> Irqs:
    """Gives a client's interrupts of a kind their eventfds."""

    def connect(client: Client, kind: Irq, count: int) -> list[int]:
        fds = eventfds(count)
        assert client.set_irqs(kind, SetFlag.EVENTFD | SetFlag.TRIGGER, 0, count, fds).error == 0
        return fds

    return connect


@pytest.mark.parametrize(
    ("card", "counts"),
    [
        (Card(pin=0), (0, 0, 0)),
        (Card(), (1, 0, 0)),
        (Card(capabilities=(msi(2),)), (1, 4, 0)),
        (Card(capabilities=(msi(0), msix(4))), (1, 1, 4)),
    ],
    ids=["none", "INTx", "MSI", "MSI-X"],
)
def test_interrupts_are_those_of_configuration_space(serve: Serve, card: Card, counts: tuple[int, ...]) -> None:
    _, client = serve(card)
    infos = [client.ask(Command.DEVICE_GET_IRQ_INFO, protocol.IRQ_INFO.pack(16, 0, kind, 0)) for kind in range(3)]
    assert tuple(protocol.IRQ_INFO.unpack(info.payload)[3] for info in infos) == counts


def test_intx_follows_its_disable_bit(serve: Serve, irqs: Irqs) -> None:
    card = Card()
    server, client = serve(card)
    (fd,) = irqs(client, Irq.INTX, 1)
    client.write(CONFIG, 4, b"\x00\x04")  # INTx disabled
    card.host.set_intx(1)
    assert rung(fd) == 0
    client.write(CONFIG, 4, b"\x00\x00")
    assert rung(fd) == 1
    server.call(lambda: card.host.set_intx(0))


@pytest.mark.parametrize("kind", [MSI, MSIX])
def test_messages_go_by_the_capability_that_is_enabled(serve: Serve, irqs: Irqs, kind: int) -> None:
    card = Card(capabilities=(msi(), msix()))
    _, client = serve(card)
    found = {Irq.MSI: irqs(client, Irq.MSI, 4), Irq.MSIX: irqs(client, Irq.MSIX, 4)}
    client.write(CONFIG, 4, b"\x04\x00")
    at = next(at for at in (0x40, 0x58) if card.config.get(at, 1) == kind)
    client.write(CONFIG, at + 2, pack("<H", 0x8000 if kind == MSIX else 0x21))  # MSI: with all of its four vectors
    card.host.raise_vector(3)
    mine = Irq.MSI if kind == MSI else Irq.MSIX
    assert {which: [rung(fd) for fd in fds] for which, fds in found.items()} == {
        Irq.MSI: [0, 0, 0, int(mine is Irq.MSI)],
        Irq.MSIX: [0, 0, 0, int(mine is Irq.MSIX)],
    }


def test_no_message_is_sent_while_neither_is_enabled_or_the_function_is_no_bus_master(serve: Serve, irqs: Irqs) -> None:
    card = Card(capabilities=(msi(),))
    _, client = serve(card)
    fds = irqs(client, Irq.MSI, 4)
    client.write(CONFIG, 4, b"\x04\x00")
    card.host.raise_vector(0)
    client.write(CONFIG, 4, b"\x00\x00")
    client.write(CONFIG, 0x42, b"\x21\x00")
    card.host.raise_vector(1)
    assert [rung(fd) for fd in fds] == [0, 0, 0, 0]


def test_a_masked_msi_waits_until_it_is_unmasked(serve: Serve, irqs: Irqs) -> None:
    card = Card(capabilities=(msi(),))
    _, client = serve(card)
    fds = irqs(client, Irq.MSI, 4)
    client.write(CONFIG, 4, b"\x04\x00")
    client.write(CONFIG, 0x42, b"\x21\x00")
    client.write(CONFIG, 0x50, pack("<I", 0b10))
    card.host.raise_vector(1)
    card.host.raise_vector(1)
    before = rung(fds[1])
    client.write(CONFIG, 0x50, pack("<I", 0))
    assert (before, rung(fds[1])) == (0, 1)


def test_a_reset_forgets_messages_that_wait(serve: Serve, irqs: Irqs) -> None:
    card = Card(capabilities=(msi(),))
    _, client = serve(card)
    fds = irqs(client, Irq.MSI, 4)
    for _ in range(2):
        client.write(CONFIG, 4, b"\x04\x00")
        client.write(CONFIG, 0x42, b"\x21\x00")
        client.write(CONFIG, 0x50, pack("<I", 0b10))
        card.host.raise_vector(1)
        client.ask(Command.DEVICE_RESET)
    client.write(CONFIG, 0x42, b"\x21\x00")
    assert rung(fds[1]) == 0


# --- other threads and time ---------------------------------------------------------------------


def test_a_thread_of_the_objects_own_reaches_memory(serve: Serve, memory: int) -> None:
    card = Card()
    _, client = serve(card)
    assert client.map(0, 1 << 20, memory).error == 0
    client.write(CONFIG, 4, b"\x04\x00")
    card.host.write_memory(0x100, b"hello")
    assert (os.pread(memory, 5, 0x100), card.host.read_memory(0x100, 5)) == (b"hello", b"hello")


def test_an_object_is_called_after_a_time_in_the_serving_thread(serve: Serve) -> None:
    card = Card()
    serve(card)
    called, names = threading.Event(), []
    card.host.call_after(1_000_000, lambda: (names.append(threading.current_thread().name), called.set()))
    assert called.wait(20)
    assert names == ["devgen-serve"]


# --- faults -------------------------------------------------------------------------------------


class Broken(Card):
    def read(self, bar: int | str, offset: int, size: int) -> int:
        return {0: 1 << 32, 4: -1, 8: "1", 12: 1 // 0 if offset == 12 else 0}[offset]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (0, "card.read(0, 0, 4) gave 4294967296: it does not fit"),
        (4, "card.read(0, 4, 4) gave -1: it does not fit"),
        (8, "card.read(0, 8, 4) gave '1': it does not fit"),
        (12, "card.read(0, 0xc, 4) raised ZeroDivisionError: integer division or modulo by zero"),
    ],
)
def test_an_objects_fault_ends_the_server_and_is_named(tmp_path: Path, offset: int, message: str) -> None:
    server = DeviceServer(Broken(), tmp_path / "s")
    server.start()
    with Client(server.path) as client:
        client.hello()
        client.send(Command.REGION_READ, protocol.REGION_ACCESS.pack(offset, 0, 4))
        with pytest.raises(ServedFunctionError) as caught:
            server.wait(20)
        assert str(caught.value) == message
        server.close()
        assert client.closed()


class Nothing:
    name = "nothing"


class Typed(Card):
    bars = (Bar(0, "mem32", 0x1000),)


class Overlapping(Card):
    bars = (Bar(0, "mem64", 0x1000), Bar(1, "mem32", 0x1000))


def mistyped() -> Card:
    card = Typed()
    card.bars = (Bar(0, "io", 0x100),)  # type: ignore[assignment]
    return card


def untyped() -> Card:
    card = Typed()
    card.bars = (0x1000,)  # type: ignore[assignment]
    return card


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (Nothing, DeviceError, "a Nothing cannot be served: it has no bars, connect, read_config, write_config, read"),
        (mistyped, DeviceError, "card: BAR 0 is declared io, whose low bits are 0x1; its register"),
        (untyped, DeviceError, "card: bars holds 4096, which is no devgen.Bar"),
        (lambda: Card, MachineError, "Card is a class and no device; serve an object of it"),
    ],
)
def test_an_object_that_cannot_be_served_is_refused(
    make: Callable[[], Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error) as caught:
        DeviceServer(make(), tmp_path / "s")
    assert message in str(caught.value)
    assert not (tmp_path / "s").exists()


def test_an_object_has_no_properties_events_or_state(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="card has no property 'size'"):
        DeviceServer(Card(), tmp_path / "s", properties={"size": 1})
    with pytest.raises(ValueError, match="on_event: PANIC: card has no such event; it has none"):
        DeviceServer(Card(), tmp_path / "s", on_event={"PANIC": "exit"})
    with DeviceServer(Card(), tmp_path / "s") as server, pytest.raises(StateError, match="has no state"):
        server.save_state()


def test_accesses_of_an_object_can_be_traced(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with DeviceServer(Card(), tmp_path / "s") as server, server.watch(Watch("access", output=trace)):
        server.start()
        with Client(server.path) as client:
            client.hello()
            client.read(0, 0x10, 4)
            client.read(CONFIG, 0, 2)
        server.stop()
        server.wait(20)
    lines = trace.read_text().splitlines()
    assert any("card.bar0+0x10 read 0x55667788" in line for line in lines), lines
    assert any("VENDOR" in line for line in lines), lines


def test_the_example_is_a_pci_function_to_the_eye_of_isinstance() -> None:
    assert isinstance(example().CrcCard(), PciFunction)
    assert not isinstance(Nothing(), PciFunction)
