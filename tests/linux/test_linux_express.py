"""A PCI Express card in a guest of Debian's kernel, on the root bus and behind a port; one boot for all."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from linux_guest import LinuxGuest
from served import ServedCard

pytestmark = [pytest.mark.qemu, pytest.mark.linux]

ROOT, BEHIND = LinuxGuest.address(0), "0000:01:00.0"
SERIAL = 0x0200_0000_0000_0042

Parts = tuple[LinuxGuest, dict[str, ServedCard]]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    folder = tmp_path_factory.mktemp("express")
    port = ["-device", "pcie-root-port,id=below,chassis=1,addr=0x8"]
    socket = {"type": "unix", "path": str(folder / "behind")}
    behind = ["-device", json.dumps({"driver": "vfio-user-pci", "bus": "below", "socket": socket})]
    with (
        ServedCard("dma-engine", folder / "root") as root,
        ServedCard("dma-engine", folder / "behind", serial=SERIAL) as card,
        LinuxGuest(folder, [root.path], qemu=[*port, *behind]) as guest,
    ):
        yield guest, {ROOT: root, BEHIND: card}


@pytest.fixture
def guest(parts: Parts) -> LinuxGuest:
    return parts[0]


def sysfs(guest: LinuxGuest, where: str, name: str) -> str:
    return guest.sh(f"cat /sys/bus/pci/devices/{where}/{name}")


def config(guest: LinuxGuest, where: str) -> bytes:
    return bytes.fromhex(guest.sh(f"xxd -p /sys/bus/pci/devices/{where}/config"))


@pytest.mark.parametrize("where", [ROOT, BEHIND])
def test_configuration_space_has_4096_bytes(guest: LinuxGuest, where: str) -> None:
    assert len(config(guest, where)) == 4096


def test_the_serial_number_is_in_the_extended_list(guest: LinuxGuest) -> None:
    space = config(guest, BEHIND)
    assert (space[0x100:0x104], int.from_bytes(space[0x104:0x10C], "little")) == (b"\3\0\1\0", SERIAL)


def test_the_link_of_a_card_behind_a_port(guest: LinuxGuest) -> None:
    assert sysfs(guest, BEHIND, "max_link_speed") == "8.0 GT/s PCIe"
    assert sysfs(guest, BEHIND, "max_link_width") == "4"


@pytest.mark.parametrize("where", [ROOT, BEHIND])
@pytest.mark.parametrize("method", ["flr", "pm"])
def test_the_kernel_resets_the_card_and_goes_on_with_it(parts: Parts, where: str, method: str) -> None:
    guest, cards = parts
    guest.sh(f"echo 1 >/sys/bus/pci/devices/{where}/enable")
    command = cards[where].call(lambda device: device.config.command)
    cards[where].call(lambda device: setattr(device, "SCRATCH", 0x55))
    guest.sh(f"cd /sys/bus/pci/devices/{where}; echo {method} >reset_method; echo 1 >reset")
    assert cards[where].call(lambda device: (device.SCRATCH, device.config.command)) == (0, command)  # type: ignore[attr-defined]
    base = sysfs(guest, where, "resource").split()[0]
    assert guest.sh(f"devmem {base} 32") == "0x444D4131"
    guest.sh(f"echo 0 >/sys/bus/pci/devices/{where}/enable")


def test_nothing_was_wrong_with_the_cards(guest: LinuxGuest) -> None:
    assert [line for line in guest.console().splitlines() if "00:10.0" in line or "01:00.0" in line] == []
