"""Cards of the catalogue in a guest of Debian's kernel, with the drivers that ship with it; one boot for all.

The last test here panics the guest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from linux_guest import LinuxGuest
from served import ServedCard

from devgen.runtime.pci import PciDevice

pytestmark = [pytest.mark.qemu, pytest.mark.linux]

IDENTITIES = {
    "pci-idio-16": "0x494f 0x0dc8 0xff0000 0x494f 0x0dc8 0x00",
    "i6300esb": "0x8086 0x25ab 0x088000 0x1af4 0x1100 0x00",
    "pvpanic-pci": "0x1b36 0x0011 0x088000 0x1af4 0x1100 0x01",
    "edu": "0x1234 0x11e8 0x00ff00 0x1af4 0x1100 0x10",
    "dma-engine": "0x1b36 0x00f2 0x088000 0x1af4 0x1100 0x01",
}
BARS = {
    "pci-idio-16": {2: ("io", 8)},
    "i6300esb": {0: ("mem", 16)},
    "pvpanic-pci": {0: ("mem", 16)},
    "edu": {0: ("mem", 1 << 20)},
    "dma-engine": {0: ("mem", 4096), 1: ("io", 32), 2: ("mem64 prefetchable", 65536), 4: ("mem", 4096)},
}
DRIVERS = {"pci-idio-16": "pci-idio-16", "i6300esb": "i6300ESB timer", "pvpanic-pci": "pvpanic-pci"}
CARDS = list(IDENTITIES)
MODULES = ("gpio-pci-idio-16", "i6300esb", "pvpanic-pci")

# include/linux/ioport.h: IORESOURCE_IO, _MEM, _PREFETCH, _MEM_64
KINDS = {0x100: "io", 0x200: "mem", 0x102200: "mem64 prefetchable"}


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


@pytest.fixture
def idio(guest: LinuxGuest, cards: dict[str, ServedCard]) -> Iterator[ServedCard]:
    yield cards["pci-idio-16"]
    guest.sh("gpioset gpiochip0 $(for n in $(seq 0 15); do echo $n=0; done)")
    cards["pci-idio-16"].call(lambda device: set_inputs(device, 0))


def sysfs(name: str) -> Path:
    return Path("/sys/bus/pci/devices") / LinuxGuest.address(CARDS.index(name))


def set_inputs(device: PciDevice, levels: int) -> None:
    for number, line in enumerate(device.input):  # type: ignore[attr-defined]
        line.set(levels >> number & 1)


def outputs(device: PciDevice) -> int:
    return sum(line.level << number for number, line in enumerate(device.output))  # type: ignore[attr-defined]


# A guest's write is posted: it may reach the device only after the instruction, so tests wait for what it does there.
def wait_for_outputs(card: ServedCard, levels: int) -> None:
    card.wait(lambda device: outputs(device) == levels)


@pytest.mark.parametrize("name", CARDS)
def test_identity_in_sysfs(guest: LinuxGuest, name: str) -> None:
    shown = guest.sh(f"cd {sysfs(name)}; cat vendor device class subsystem_vendor subsystem_device revision")
    assert shown.split() == IDENTITIES[name].split()


@pytest.mark.parametrize("name", CARDS)
def test_bars_in_sysfs(guest: LinuxGuest, name: str) -> None:
    found = {}
    for number, line in enumerate(guest.sh(f"cat {sysfs(name)}/resource").splitlines()):
        start, end, flags = (int(word, 16) for word in line.split())
        if flags:
            found[number] = (KINDS[flags & 0x102300], end - start + 1)
    assert found == BARS[name]


@pytest.mark.parametrize("name", DRIVERS)
def test_the_driver_in_the_kernel_binds(guest: LinuxGuest, name: str) -> None:
    assert Path(guest.sh(f"readlink {sysfs(name)}/driver")).name == DRIVERS[name]


@pytest.mark.parametrize("name", ["edu", "dma-engine"])
def test_a_card_without_a_driver_is_unbound(guest: LinuxGuest, name: str) -> None:
    guest.sh(f"test -e {sysfs(name)}/driver", status=1)


def test_capabilities_of_the_dma_engine(guest: LinuxGuest) -> None:
    config = bytes.fromhex(guest.sh(f"xxd -p {sysfs('dma-engine')}/config"))
    at, found = config[0x34], {}
    while at:
        found[config[at]] = int.from_bytes(config[at + 2 : at + 4], "little")
        at = config[at + 1]
    assert found[0x11] & 0x7FF == 8 - 1  # MSI-X, table size
    assert found[0x05] >> 1 & 7 == 2  # MSI, log2 of the vectors


def test_the_gpio_chip_has_16_outputs_and_16_inputs(guest: LinuxGuest) -> None:
    lines = guest.sh("gpioinfo gpiochip0").splitlines()
    assert [sum(f" {way} " in line for line in lines) for way in ("output", "input")] == [16, 16]


def test_outputs_that_the_guest_sets(guest: LinuxGuest, idio: ServedCard) -> None:
    guest.sh("gpioset gpiochip0 0=1 3=1 9=1 15=1")
    wait_for_outputs(idio, 0x8209)
    guest.sh("gpioset gpiochip0 3=0")
    wait_for_outputs(idio, 0x8201)


def test_outputs_that_the_guest_reads_back(guest: LinuxGuest, idio: ServedCard) -> None:
    guest.sh("gpioset gpiochip0 2=1 10=1")
    assert guest.sh("gpioget gpiochip0 1 2 10 11") == "0 1 1 0"


def test_inputs_that_the_guest_reads(guest: LinuxGuest, idio: ServedCard) -> None:
    idio.call(lambda device: set_inputs(device, 0x8041))
    assert guest.sh("gpioget gpiochip0 $(seq 16 31)") == "1 0 0 0 0 0 1 0 0 0 0 0 0 0 0 1"


def test_edges_that_the_guest_hears_by_interrupt(guest: LinuxGuest, idio: ServedCard) -> None:
    guest.sh("gpiomon -b -n 3 gpiochip0 21 >/tmp/edges &")
    idio.wait(lambda device: device.enabled)  # type: ignore[attr-defined]
    for count, level in enumerate((1, 0, 1), 1):
        idio.call(lambda device, level=level: set_inputs(device, level << 5))  # type: ignore[misc]
        guest.sh(f"until test $(wc -l </tmp/edges) = {count}; do sleep 0.05; done")
    heard = [line.split()[1] for line in guest.sh("cat /tmp/edges").splitlines()]
    assert heard == ["RISING", "FALLING", "RISING"]


def test_nobody_listens_and_no_interrupt_is_enabled(guest: LinuxGuest, idio: ServedCard) -> None:
    idio.wait(lambda device: not device.enabled)  # type: ignore[attr-defined]
    idio.call(lambda device: set_inputs(device, 0xFFFF))
    assert not idio.call(lambda device: device.inta.level)  # type: ignore[attr-defined]


def test_a_driver_that_is_unbound_and_bound_again(guest: LinuxGuest, idio: ServedCard) -> None:
    address = guest.address(CARDS.index("pci-idio-16"))
    guest.sh(
        f"cd /sys/bus/pci/drivers/pci-idio-16; echo {address} >unbind; test ! -e /dev/gpiochip0; echo {address} >bind"
    )
    guest.sh("gpioset gpiochip0 4=1")
    wait_for_outputs(idio, 0x10)


def test_the_watchdog_runs_while_it_is_held_open_and_is_kept_alive(
    guest: LinuxGuest, cards: dict[str, ServedCard]
) -> None:
    card = cards["i6300esb"]
    guest.sh(
        "(exec 3>/dev/watchdog; while test ! -e /tmp/stop; do echo . >&3; sleep 0.1; done; echo V >&3) & sleep 0.2"
    )
    first = card.call(lambda device: device.countdown.deadline)  # type: ignore[attr-defined]
    card.wait(lambda device: device.countdown.deadline > first)  # type: ignore[attr-defined]
    guest.sh("touch /tmp/stop")
    card.wait(lambda device: not device.countdown.armed)  # type: ignore[attr-defined]
    assert card.events == []


def test_the_watchdog_expires_when_nobody_keeps_it_alive(guest: LinuxGuest, cards: dict[str, ServedCard]) -> None:
    card = cards["i6300esb"]
    guest.sh("watchdog -T 2 -t 1000 /dev/watchdog")
    card.wait(lambda _: card.events)
    assert card.events == [("WATCHDOG", {})]
    guest.sh("killall watchdog")


def test_a_panic_is_told_to_the_panic_card(guest: LinuxGuest, cards: dict[str, ServedCard]) -> None:
    with pytest.raises(AssertionError, match="sysrq triggered crash"):
        guest.sh("echo c >/proc/sysrq-trigger")
    card = cards["pvpanic-pci"]
    card.wait(lambda _: card.events)
    assert [name for name, _ in card.events] == ["GUEST_PANICKED"]
