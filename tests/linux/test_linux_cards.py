"""Cards of the catalogue in a guest of Debian's kernel, with the drivers that ship with it; one boot for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from linux_guest import LinuxGuest
from served import ServedCard

pytestmark = [pytest.mark.qemu, pytest.mark.linux]
CARDS = ("edu", "i6300esb", "pvpanic-pci", "dma-engine")
MODULES = ("i6300esb", "pvpanic-pci")


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServedCard]]:
    folder = tmp_path_factory.mktemp("cards")
    served = {name: ServedCard(name, folder / name) for name in CARDS}
    yield served
    for card in served.values():
        card.close()


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory, cards: dict[str, ServedCard]) -> Iterator[LinuxGuest]:
    sockets = [card.path for card in cards.values()]
    with LinuxGuest(tmp_path_factory.mktemp("guest"), sockets, modules=MODULES) as guest:
        yield guest


def sysfs(name: str) -> Path:
    return Path("/sys/bus/pci/devices") / LinuxGuest.address(CARDS.index(name))


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("edu", "0x1234 0x11e8 0x00ff00 0x1af4 0x1100 0x10"),
        ("i6300esb", "0x8086 0x25ab 0x088000 0x1af4 0x1100 0x00"),
        ("pvpanic-pci", "0x1b36 0x0011 0x088000 0x1af4 0x1100 0x01"),
        ("dma-engine", "0x1b36 0x00f2 0x088000 0x1af4 0x1100 0x01"),
    ],
)
def test_identity(guest: LinuxGuest, name: str, identity: str) -> None:
    shown = guest.sh(f"cd {sysfs(name)}; cat vendor device class subsystem_vendor subsystem_device revision")
    assert shown.split() == identity.split()
