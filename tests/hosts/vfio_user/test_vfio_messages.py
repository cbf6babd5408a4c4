"""What a guest writes of MSI and MSI-X to the card itself: masks in configuration space, a table in a BAR."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from vfio_client import BAR0, CONFIG, ERROR, TABLES, Client, rung

from devgen.hosts.vfio_user.protocol import Command, Irq, SetFlag

MSIX, MSI = 0x40, 0x4C
"""Offsets of the card's capabilities."""
MASKS, PENDING = MSI + 16, MSI + 20
TOO_LONG = 5000
EVENTFD = SetFlag.EVENTFD | SetFlag.TRIGGER

Eventfds = Callable[[int], list[int]]


def raise_vector(client: Client, vector: int = 0) -> None:
    """By a copy that is refused, so that it reaches no memory."""
    client.write32(BAR0, 0x18, TOO_LONG)
    client.write32(BAR0, 0x1C, vector)
    client.write32(BAR0, 0x800, 1)


def enable_msi(client: Client, masks: int = 0) -> None:
    assert client.read(CONFIG, MSI, 1) == b"\x05"
    client.write32(CONFIG, MASKS, masks)
    client.write(CONFIG, MSI + 2, b"\x21\0")  # all four vectors


def test_a_vector_that_the_guest_masks_in_configuration_space_waits(client: Client, eventfds: Eventfds) -> None:
    fds = eventfds(4)
    client.set_irqs(Irq.MSI, EVENTFD, 0, 4, fds)
    enable_msi(client, masks=0b10)
    raise_vector(client, 0)
    raise_vector(client, 1)
    assert [rung(fd) for fd in fds] == [1, 0, 0, 0]
    assert client.read32(CONFIG, PENDING) == 0b10
    client.write32(CONFIG, MASKS, 0)
    assert [rung(fd) for fd in fds] == [0, 1, 0, 0]
    assert client.read32(CONFIG, PENDING) == 0


@pytest.mark.parametrize("eventfd_first", [True, False])
def test_both_masks_of_msi_must_be_off(client: Client, eventfds: Eventfds, eventfd_first: bool) -> None:
    (fd,) = eventfds(1)
    enable_msi(client, masks=1)
    raise_vector(client)
    steps = [
        lambda: client.set_irqs(Irq.MSI, EVENTFD, 0, 1, [fd]),
        lambda: client.write32(CONFIG, MASKS, 0),
    ]
    for step in steps if eventfd_first else reversed(steps):
        assert rung(fd) == 0
        step()
    assert rung(fd) == 1


def test_a_message_without_an_eventfd_waits_for_one_behind_the_mask(client: Client, eventfds: Eventfds) -> None:
    (fd,) = eventfds(1)
    enable_msi(client)
    raise_vector(client)  # no eventfd: pending
    client.write32(CONFIG, MASKS, 1)
    client.set_irqs(Irq.MSI, EVENTFD, 0, 1, [fd])
    assert (rung(fd), client.read32(CONFIG, PENDING)) == (0, 1)
    client.write32(CONFIG, MASKS, 0)
    assert rung(fd) == 1


def test_a_table_written_to_the_card_makes_no_write_to_memory(client: Client, eventfds: Eventfds) -> None:
    (fd,) = eventfds(1)
    client.map(0, 0x10000)  # without a descriptor: a write to it would be a message
    client.write(CONFIG, MSIX + 2, b"\0\x80")
    raise_vector(client)
    client.write(TABLES, 0, struct.pack("<QII", 0x1000, 0x99, 0))  # unmasked, in the table
    reply = client.set_irqs(Irq.MSIX, EVENTFD, 0, 1, [fd])
    assert (reply.command, reply.flags & ERROR) == (Command.DEVICE_SET_IRQS, 0)
    assert (rung(fd), client.read(TABLES, 0x800, 8)) == (1, bytes(8))


def test_what_is_no_bus_master_sends_nothing_on_unmask(client: Client, eventfds: Eventfds) -> None:
    (fd,) = eventfds(1)
    client.set_irqs(Irq.MSI, EVENTFD, 0, 1, [fd])
    enable_msi(client, masks=1)
    raise_vector(client)
    client.write(CONFIG, 4, b"\2\0")
    client.write32(CONFIG, MASKS, 0)
    assert rung(fd) == 0
