"""`devgen serve --without-msix`: a card that interrupts by MSI or INTx#, so that QEMU 11.1 survives its removal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from qtest import MSI, MSIX, SLOT, Qtest, copy, eventually
from vfio_client import CONFIG, Client

from devgen import ArgumentError, DeviceServer, RuntimeFault, Watch, replay_trace
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.qmp_command import send_qmp_command
from devgen.runtime.pci import MsiX, PciDevice, without_msix


class OnlyMsix(PciDevice):
    """A card that could not interrupt without it."""

    NAME = "only-msix"
    CAPABILITIES = (MsiX(1, 0, 0, 0x800, 0),)


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("edu", "edu has no MSI-X: serve it as it is"),
        (OnlyMsix, "only-msix has neither MSI nor INTx#: without MSI-X it could not interrupt"),
        ("pl031", "as_pci: is needed: pl031 is on bus sysbus"),
        (object(), "only a device that has a description can be served without MSI-X"),
    ],
)
def test_a_card_that_cannot_do_without_is_refused(device: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises((ArgumentError, RuntimeFault), match=said):
        DeviceServer(device, tmp_path / "s", msix=False)
    assert not (tmp_path / "s").exists()


def capabilities(client: Client) -> list[int]:
    found, at = [], client.read(CONFIG, 0x34, 1)[0]
    while at:
        number, at = client.read(CONFIG, at, 2)
        found.append(number)
    return found


def test_the_capability_and_the_table_are_gone(tmp_path: Path) -> None:
    found = []
    for msix in (True, False):
        with DeviceServer("dma-engine", tmp_path / "s", msix=msix) as server:
            server.start()
            with Client(server.path) as client:
                client.hello()
                found.append(capabilities(client))
                assert (MSIX in found[-1], MSI in found[-1]) == (msix, True)
    assert [one for one in found[0] if one != MSIX] == found[1]


def test_a_recording_replays(tmp_path: Path) -> None:
    log = tmp_path / "log"
    server = DeviceServer("dma-engine", tmp_path / "s", msix=False)
    with server, server.watch(Watch("access", "json", (), log)):
        server.start()
        with Client(server.path) as client:
            client.hello()
            client.write(CONFIG, 4, b"\7\0")
        server.stop()
        server.wait(30)
    result = replay_trace(log)
    assert (result.passed, result.ops > 0, result.divergence) == (True, True, None)


def test_the_device_is_the_same_otherwise() -> None:
    original = Registry().find("dma-engine")
    changed = without_msix(original)
    assert issubclass(changed, original)
    assert (changed.NAME, changed.EVENTS) == (original.NAME, original.EVENTS)


def remove(qemu: Qtest, monitor: Path) -> None:
    """Have QEMU remove the card, as a guest that ejects its slot does (QEMU's docs/specs/acpi_pci_hotplug.rst)."""
    send_qmp_command(str(monitor), "device_del", {"id": "card0"}, 20)
    qemu.ask("outl 0xae10 0x0")
    qemu.ask(f"outl 0xae08 {1 << SLOT:#x}")


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    return tmp_path / "qmp"


@contextmanager
def attached(tmp_path: Path, monitor: Path, msix: bool) -> Iterator[tuple[Qtest, DeviceServer]]:
    """A QEMU with the dma-engine, whose guest has set the card up."""
    with DeviceServer("dma-engine", tmp_path / "s", msix=msix) as server:
        server.start()
        more = ("-qmp", f"unix:{monitor},server=on,wait=off")
        qemu = Qtest(tmp_path, server.path, machine="pc", more=more)
        try:
            qemu.set_up()
            yield qemu, server
        finally:
            qemu.close()


@pytest.mark.qemu
def test_qemu_survives_the_removal_of_a_card_without_msix(tmp_path: Path, monitor: Path) -> None:
    with attached(tmp_path, monitor, msix=False) as (qemu, server):
        copy(qemu, 0x10000, 0x20000, 8)
        assert qemu.config(4) >> 16 & 8  # INTx# is up
        remove(qemu, monitor)
        assert eventually(lambda: not server.server.connected)  # the last that QEMU does to the card
        assert qemu.config(0) == 0xFFFFFFFF
        assert qemu.process.poll() is None


@pytest.mark.qemu
def test_qemu_aborts_at_the_removal_of_a_card_with_msix(tmp_path: Path, monitor: Path) -> None:
    """The fault that --without-msix goes round. Once QEMU is mended this fails, and the page is to say so."""
    with attached(tmp_path, monitor, msix=True) as (qemu, _):
        with suppress(OSError, AssertionError):  # it may die before it answers
            remove(qemu, monitor)
        assert qemu.process.wait(30) == -signal.SIGABRT
