"""Clients that send nonsense, come two at a time, or come and go: the server lives on and keeps nothing of them."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vfio_client import BAR0, CONFIG, ERROR, Client
from vfio_faults import ID, alive, connect, fds, maps

from devgen.hosts.vfio_user import VfioUserServer, protocol
from devgen.hosts.vfio_user.protocol import HEADER, Command, Irq, SetFlag
from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import Device
from devgen.runtime.machine.device_registry import Registry


@pytest.mark.parametrize("size", [0, 15, protocol.MAX_MESSAGE + 1, 0xFFFFFFFF])
def test_impossible_sizes_close_the_connection(client: Client, server: VfioUserServer, size: int) -> None:
    client.send_raw(HEADER.pack(1, Command.DEVICE_RESET, size, 0, 0))
    assert client.closed()
    alive(server)


@pytest.mark.parametrize("flags", [protocol.REPLY, 2, 0xF, protocol.REPLY | ERROR])
def test_replies_to_nothing_and_unknown_types(client: Client, server: VfioUserServer, flags: int) -> None:
    client.send_raw(HEADER.pack(1, Command.DMA_READ, HEADER.size, flags, 0))
    assert client.closed()
    alive(server)


@pytest.mark.parametrize("command", [0, 11, 12, 14, 17, 18, 19, 0xFFFF])
def test_unknown_commands_are_refused(client: Client, command: int) -> None:
    assert client.ask(command, b"\0" * 32).error == errno.ENOTSUP
    assert client.read32(BAR0, 0) == ID


def test_too_many_descriptors_are_refused_and_closed(client: Client, memory: int) -> None:
    client.read32(BAR0, 0)
    before = fds()
    for count in (17, 200):
        reply = client.ask(Command.DMA_MAP, protocol.DMA_MAP.pack(32, 3, 0, 0, 0x1000), [memory] * count)
        assert reply.flags & ERROR
    assert not client.ask(Command.DEVICE_RESET, b"", [memory] * 16).flags & ERROR
    client.read32(BAR0, 0)  # what came with a message is closed when the message is done with, behind the reply
    assert fds() == before


def test_descriptors_belong_to_the_message_whose_first_byte_they_came_with(
    client: Client, server: VfioUserServer, memory: int
) -> None:
    message = HEADER.pack(7, Command.DMA_MAP, HEADER.size + 32, 0, 0) + protocol.DMA_MAP.pack(32, 3, 0, 0x5000, 0x1000)
    read = HEADER.pack(8, Command.REGION_READ, 32, 0, 0) + protocol.REGION_ACCESS.pack(0, BAR0, 4)
    client.send_raw(read + read)
    client.send_raw(message[:5], [memory])
    time.sleep(0.02)
    client.send_raw(message[5:] + read)
    assert [client.receive().identifier for _ in range(4)] == [8, 8, 7, 8]
    assert (len(server.memory), server.memory.asks) == (1, 0)


def test_messages_byte_by_byte(client: Client) -> None:
    read = HEADER.pack(8, Command.REGION_READ, 32, 0, 0) + protocol.REGION_ACCESS.pack(0, BAR0, 4)
    for byte in read:
        client.send_raw(bytes((byte,)))
    assert client.receive().payload[16:] == ID.to_bytes(4, "little")


def test_a_second_client_is_refused(client: Client, server: VfioUserServer) -> None:
    with Client(server.path) as second:
        assert second.closed()
    assert client.read32(BAR0, 0) == ID


def test_the_device_keeps_its_state_for_the_next_client(client: Client, server: VfioUserServer) -> None:
    client.write32(BAR0, 0x24, 77)
    client.close()
    with connect(server) as following:
        assert following.read32(BAR0, 0x24) == 77


def test_nothing_leaks_over_many_clients(
    server: VfioUserServer, memory: int, eventfds: Callable[[int], list[int]]
) -> None:
    interrupts = eventfds(8)
    alive(server)
    before: tuple[int, int] | None = None
    for cycle in range(250):
        with connect(server) as client:
            for address in (0, 0x10000, 0x20000):
                client.map(address, 0x1000, memory)
            client.map(0x30000, 0x1000)
            client.set_irqs(Irq.MSIX, SetFlag.EVENTFD | SetFlag.TRIGGER, 0, 8, interrupts)
            for index in (0, 1, 2, 4, 7):
                for fd in client.region_info(index)[2]:
                    os.close(fd)
            client.write(CONFIG, 4, b"\x07\0")
            if cycle % 2:  # dies in the middle of a message, with descriptors under way
                client.send_raw(HEADER.pack(1, Command.DMA_MAP, 48, 0, 0), [memory, memory])
        while server.connected:
            time.sleep(0.001)
        for _ in range(2000):  # a connection that came too early and was refused is closed a moment later
            now = fds(), maps()
            if before is None or now == before:
                break
            time.sleep(0.001)
        before = before or now
        assert now == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*Command, 0, 14, 99]),
            st.binary(max_size=80)
            | st.builds(
                lambda a, b, c, d: protocol.REGION_ACCESS.pack(a, b, c) + d,
                st.integers(0, 0x1100) | st.integers(0, (1 << 64) - 1),
                st.integers(0, 9),
                st.integers(0, 20) | st.integers(0, (1 << 32) - 1),
                st.binary(max_size=20),
            )
            | st.builds(
                lambda a, b, c, d: protocol.IRQ_SET.pack(20, a, b, c, d),
                st.integers(0, 63),
                st.integers(0, 5),
                st.integers(0, 9),
                st.integers(0, 9),
            ),
            st.sampled_from([0, 0, 0, protocol.NO_REPLY]),
            st.integers(0, 3),
        ),
        max_size=12,
    )
)
def test_any_messages(server: VfioUserServer, memory: int, messages: list[tuple[int, bytes, int, int]]) -> None:
    with connect(server) as client:
        client.socket.settimeout(10)
        for command, payload, flags, count in messages:
            client.send(command, payload, [memory] * count, flags)
        end = client.send(Command.DEVICE_GET_INFO, protocol.DEVICE_INFO.pack(16, 0, 0, 0))
        while (reply := client.receive()).identifier != end or reply.command != Command.DEVICE_GET_INFO:
            assert not reply.flags & ERROR or reply.payload == b""
    alive(server)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(server: VfioUserServer, data: bytes, agreed: bool) -> None:
    with connect(server) if agreed else Client(server.path) as client, suppress(OSError):  # it may close at once
        client.send_raw(data)
    alive(server)


def test_only_pci_devices_are_served(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="only a PCI device"):
        VfioUserServer(Device, tmp_path / "s")


def test_a_socket_in_use_is_left_alone(server: VfioUserServer) -> None:
    with pytest.raises(MachineError, match="another server listens there"):
        VfioUserServer(Registry().find("dma-engine"), server.path)
    alive(server)


def test_a_socket_that_a_dead_server_left_is_replaced(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "s"))
    VfioUserServer(Registry().find("edu"), tmp_path / "s").close()
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("name", ["missing/s", "x" * 200])
def test_paths_that_cannot_be(tmp_path: Path, name: str) -> None:
    before = fds()
    with pytest.raises(MachineError):
        VfioUserServer(Registry().find("dma-engine"), tmp_path / name)
    assert fds() == before


def test_a_file_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("precious")
    with pytest.raises(MachineError, match="not a socket"):
        VfioUserServer(Registry().find("edu"), tmp_path / "s")
    assert (tmp_path / "s").read_text() == "precious"


def test_a_snapshot_of_the_served_device(client: Client, server: VfioUserServer, tmp_path: Path) -> None:
    client.write32(BAR0, 0x24, 5)
    client.write32(2, 0x100, 0xABCD)
    saved = server.save_state()
    with VfioUserServer(Registry().find("dma-engine"), tmp_path / "other") as other:
        other.load_state(saved)
        assert other.save_state()["device"] == saved["device"]
        assert other.regions.read(BAR0, 0x24, 4) == b"\5\0\0\0"
