"""`devgen serve --as-pci`: what a client finds of a device of another bus, and that its recording replays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from serving import CARD, served
from vfio_client import BAR0, CONFIG, Client, rung

import devgen
from devgen.hosts.vfio_user.protocol import Irq, SetFlag

TABLE = 1
"""The region of the BAR behind those of the device."""
DR, MR, LR, IMSC, RIS, ICR = 0x00, 0x04, 0x08, 0x10, 0x14, 0x1C

LAMP = (
    CARD.replace("device: serial-card", "device: serial-lamp").replace("bus: pci", "bus: sysbus").partition("pci:")[0]
    + CARD.partition("regions:")[1]
    + CARD.partition("regions:")[2].replace("    bar: 0\n", "    space: mmio\n")
)
"""The card of the other tests, on no PCI bus."""


def test_configuration_space_and_registers(tmp_path: Path) -> None:
    with served(tmp_path / "s", "--as-pci", "--pci-id", "1af4:10f3", device="pl031") as client:
        assert client.read(CONFIG, 0, 4) == bytes.fromhex("f41af310")
        assert client.read(CONFIG, 0x3D, 1) == b"\1"
        client.write32(BAR0, LR, 1000)
        assert client.read32(BAR0, DR) == 1000
        assert [client.region_info(index)[0][4] for index in range(3)] == [0x1000, 0x1000, 0]


def ring(client: Client, eventfds: Callable[[int], list[int]], kind: Irq) -> int:
    """Take an alarm; return how often the eventfd was signalled."""
    (fd,) = eventfds(1)
    client.write(CONFIG, 4, b"\7\0")
    if kind is Irq.MSIX:
        client.write(CONFIG, client.read(CONFIG, 0x34, 1)[0] + 2, b"\0\x80")  # enable MSI-X
        client.write32(TABLE, 0x0C, 0)  # unmask vector 0
    client.set_irqs(kind, SetFlag.EVENTFD | SetFlag.TRIGGER, 0, 1, [fd])
    client.write32(BAR0, IMSC, 1)
    client.write32(BAR0, MR, client.read32(BAR0, DR) + 1)
    while not client.read32(BAR0, RIS):
        os.sched_yield()
    client.write32(BAR0, ICR, 1)
    return rung(fd)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "options"), [(Irq.MSIX, ()), (Irq.INTX, ()), (Irq.INTX, ("--without-msix",))])
def test_an_alarm_interrupts_once(
    tmp_path: Path, eventfds: Callable[[int], list[int]], kind: Irq, options: tuple[str, ...]
) -> None:
    with served(tmp_path / "s", "--as-pci", *options, device="pl031") as client:
        assert ring(client, eventfds, kind) == 1


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--without-msix",)])
def test_a_recording_replays(tmp_path: Path, eventfds: Callable[[int], list[int]], options: tuple[str, ...]) -> None:
    log = tmp_path / "log"
    trace = ("--trace=all", "--trace-format", "json", "--trace-output", str(log))
    with served(tmp_path / "s", "--as-pci", *options, *trace, device="pl031") as client:
        ring(client, eventfds, Irq.INTX if options else Irq.MSIX)
    result = devgen.replay_trace(log)
    assert (result.passed, result.divergence) == (True, None)
    assert result.ops > 5


@pytest.mark.parametrize("change", ['"device_id": "x"', '"device_id": 65536', '"vendor_id": null, "device_id": 1'])
def test_a_recording_of_an_impossible_function_is_refused(tmp_path: Path, change: str) -> None:
    log = tmp_path / "log"
    trace = ("--trace", "--trace-format", "json", "--trace-output", str(log))
    with served(tmp_path / "s", "--as-pci", *trace, device="pl031") as client:
        client.read32(BAR0, DR)
    log.write_text(log.read_text().replace('"device_id": 4336', change).replace('"device_id":4336', change))
    with pytest.raises(devgen.TraceError):
        devgen.replay_trace(log)


def test_a_state_is_kept(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with served(tmp_path / "s", "--as-pci", "--save", str(state), device="pl031") as client:
        client.write32(BAR0, MR, 77)
    with served(tmp_path / "s", "--as-pci", "--restore", str(state), device="pl031") as client:
        assert client.read32(BAR0, MR) == 77


def test_streams_and_lines_go_on_working(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices/serial-lamp.yaml").write_text(LAMP)
    devgen.build_devices([tmp_path / "devices"], tmp_path / "generated")
    (tmp_path / "in").write_text("button=1\n")
    ends = ("--stream", "line=file:sent", "--lines", "input:in")
    with served(tmp_path / "s", "--as-pci", *ends, device="serial-lamp", folder=tmp_path) as client:
        assert client.read32(BAR0, 4) == 1
        client.write32(BAR0, 0, ord("x"))
    assert (tmp_path / "sent").read_text() == "x"


def test_the_function_of_the_api_serves_as_pci(tmp_path: Path) -> None:
    with devgen.DeviceServer("pl031", tmp_path / "s", as_pci=True, pci_id=(0x1AF4, 0x10FF)) as server:
        assert isinstance(server.device, devgen.PciDevice)
        assert server.carriage is not None
        assert server.carriage.startswith("PCI function 1af4:10ff; BAR 0 (memory, 0x1000 bytes): registers;")
        server.start()
        with Client(server.path) as client:
            client.hello()
            assert client.read(CONFIG, 2, 2) == b"\xff\x10"


def test_an_object_is_served_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(devgen.ArgumentError, match="is for devices that have a description"):
        devgen.DeviceServer(object(), tmp_path / "s", as_pci=True)  # type: ignore[arg-type]
