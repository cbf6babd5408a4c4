"""MSI and MSI-X vectors of a PCI function by routes and irqfds: which go that way, and what becomes of them.

A driver's part is played from outside, through configuration space and the table in BAR 0, while the guest sleeps.
"""

import os
from collections.abc import Callable, Iterator
from random import Random
from typing import ClassVar

import pytest
from kvm_parts import plug
from test_kvm_interrupts import Guest

from devgen.hosts.kvm import KvmHost
from devgen.hosts.kvm.irq_routes import GsiRoutes
from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.kvm_irqchip import Irqchip
from devgen.hosts.kvm.vm import KvmVm
from devgen.hosts.kvm.x86.pc_routes import default_routes
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.environment import Environment
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.pci import Bar, Msi, MsiX, PciDevice, PciIdentity
from devgen.runtime.pci.pci_device import Capability

BASE = 0xE000_0000
APIC = 0xFEE0_0000
RAM = 0x2_0000
VECTORS = 2048


class Engine(PciDevice):
    """A card with as many vectors as MSI-X allows, and four of MSI."""

    NAME: ClassVar[str] = "engine"
    PCI: ClassVar[PciIdentity] = PciIdentity(0x1B36, 2)
    BARS: ClassVar[tuple[Bar, ...]] = (Bar(0, "mem32", 0x1_0000), Bar(1, "mem32", 0x1000))
    CAPABILITIES: ClassVar[tuple[Capability, ...]] = (
        Msi(4, masking=True),
        MsiX(VECTORS, bar=0, table=0, pending_bar=0, pending=0x8000),
    )

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.add_region(MemoryRegion.ram("memory", 0x1000, RamBlock(0x1000)), bar=1)


class Driver:
    """What a driver does with the card, and what the host has for it."""

    def __init__(self) -> None:
        self.guest = Guest(pci=True)
        self.machine = self.guest.rig.machine
        card = plug(self.guest.rig, Engine)
        assert isinstance(card, Engine)
        self.card = card
        card.config.set_bar(card.BARS[0], BASE)
        self.command(0x6)

    def command(self, value: int) -> None:
        self.card.config.write(4, value, 2)

    def enable(self, control: int = 0x8000) -> None:
        self.card.config.write(self.card.messages["msix"].offset + 2, control, 2)

    def program(self, vector: int, data: int, *, mask: int = 0, address: int = APIC) -> None:
        for word, value in enumerate((address & 0xFFFFFFFF, address >> 32, data, mask)):
            self.machine.memory.write(BASE + 16 * vector + 4 * word, value, 4)

    def mask(self, vector: int, on: int) -> None:
        self.machine.memory.write(BASE + 16 * vector + 12, on, 4)

    def pending(self, vector: int) -> int:
        return self.machine.memory.read(BASE + 0x8000 + vector // 64 * 8, 8) >> vector % 64 & 1

    def boot(self, host: KvmHost) -> None:
        """Run the guest until it is about to sleep."""
        self.guest.ready = lambda: self.machine.request_exit(0)
        assert host.run(10).ok

    def heard(self, host: KvmHost, count: int) -> list[int]:
        """The interrupts that the guest takes when it goes on: ``count`` of them, and those of a moment after them."""
        guest = self.guest
        guest.vectors.clear()
        guest.hear = lambda _vector: guest.exit_after(30) if len(guest.vectors) == count else None
        self.machine.end = None
        if not count:
            guest.exit_after(60)
        return sorted(guest.run(host))


Counts = tuple[int, int, int]


def counts(host: KvmHost) -> Counts:
    """GSIs in use, irqfds, and descriptors of the process."""
    assert host.irqchip is not None
    return host.irqchip.routes.used, host.irqchip.irqfds, len(os.listdir("/proc/self/fd"))


@pytest.fixture
def driver() -> Iterator[Driver]:
    made = Driver()
    yield made
    made.machine.close()


@pytest.fixture
def host(driver: Driver, signalled: list[int]) -> Iterator[KvmHost]:
    with KvmHost(driver.machine) as made:
        driver.boot(made)
        yield made


@pytest.fixture
def signalled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The data of the messages that went by KVM_SIGNAL_MSI."""
    return spy(monkeypatch, "signal_msi", lambda _address, data, _sender: data)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each table of routes that the kernel was given."""
    return spy(monkeypatch, "set_gsi_routing", len)


def spy(monkeypatch: pytest.MonkeyPatch, name: str, note: Callable[..., int]) -> list[int]:
    heard: list[int] = []
    real = getattr(KvmVm, name)

    def call(vm: KvmVm, *arguments: object) -> object:
        heard.append(note(*arguments))
        return real(vm, *arguments)

    monkeypatch.setattr(KvmVm, name, call)
    return heard


def chip_of(host: KvmHost) -> Irqchip:
    assert host.irqchip is not None
    return host.irqchip


def test_each_vector_is_an_irqfd_with_its_own_message(driver: Driver, host: KvmHost, signalled: list[int]) -> None:
    driver.enable()
    for vector in (0, 5, 2047):
        driver.program(vector, 0x40 + vector % 16)
        driver.card.raise_vector(vector)
    assert driver.heard(host, 3) == [0x40, 0x45, 0x4F]
    assert (signalled, counts(host)[:2]) == ([], (3, 3))


def test_a_vector_interrupts_each_time_it_is_raised(driver: Driver, host: KvmHost) -> None:
    driver.enable()
    driver.program(0, 0x41)
    for _ in range(3):
        driver.card.raise_vector(0)
        assert driver.heard(host, 1) == [0x41]
    assert counts(host)[:2] == (1, 1)


def test_a_masked_vector_waits_and_is_sent_once(driver: Driver, host: KvmHost, signalled: list[int]) -> None:
    driver.enable()
    driver.program(3, 0x43)
    driver.card.raise_vector(3)
    assert driver.heard(host, 1) == [0x43]
    driver.mask(3, 1)
    driver.card.raise_vector(3)
    driver.card.raise_vector(3)
    assert driver.heard(host, 0) == []
    assert driver.pending(3) == 1
    driver.mask(3, 0)
    assert driver.heard(host, 1) == [0x43]
    assert (driver.pending(3), signalled) == (0, [])


def test_the_function_mask_holds_all_back(driver: Driver, host: KvmHost) -> None:
    driver.enable(0xC000)
    for vector in (0, 1):
        driver.program(vector, 0x41 + vector)
        driver.card.raise_vector(vector)
    assert driver.heard(host, 0) == []
    driver.enable()
    assert driver.heard(host, 2) == [0x41, 0x42]


def test_masking_in_a_loop_asks_nothing_of_the_kernel(driver: Driver, host: KvmHost, tables: list[int]) -> None:
    driver.enable()
    driver.program(0, 0x41)
    driver.card.raise_vector(0)
    before = counts(host)
    for _ in range(1000):
        driver.mask(0, 1)
        driver.card.raise_vector(0)
        driver.mask(0, 0)
    assert (len(tables), counts(host)) == (1, before)
    assert driver.heard(host, 1) == [0x41]


def test_a_message_that_is_programmed_anew_goes_where_it_says(driver: Driver, host: KvmHost) -> None:
    driver.enable()
    for data in (0x41, 0x42, 0x41):
        driver.program(0, data)
        driver.card.raise_vector(0)
        assert driver.heard(host, 1) == [data]
    assert counts(host)[:2] == (1, 1)


def test_programming_in_a_loop_is_no_call_until_the_vector_is_raised(
    driver: Driver, host: KvmHost, tables: list[int]
) -> None:
    driver.enable()
    for data in range(0x20, 0x60):
        driver.program(0, data)
    assert tables == []
    driver.card.raise_vector(0)
    assert driver.heard(host, 1) == [0x5F]
    assert len(tables) == 1


def test_neighbours_get_their_routes_in_one_call(driver: Driver, host: KvmHost, tables: list[int]) -> None:
    driver.enable()
    for vector in range(8):
        driver.program(vector, 0x40 + vector)
    for vector in range(8):
        driver.card.raise_vector(vector)
    assert driver.heard(host, 8) == list(range(0x40, 0x48))
    assert tables == [40 + 8]


def test_enabling_and_disabling_leaks_nothing(driver: Driver, host: KvmHost) -> None:
    before = counts(host)
    for turn in range(1000):
        driver.enable()
        driver.program(turn % VECTORS, 0x41)
        driver.card.raise_vector(turn % VECTORS)
        driver.enable(0)
        driver.mask(turn % VECTORS, 1)
    assert counts(host) == before


@pytest.mark.parametrize("how", ["machine", "device"])
def test_a_reset_gives_all_back(driver: Driver, host: KvmHost, how: str) -> None:
    before = counts(host)
    driver.enable()
    driver.program(0, 0x41)
    driver.card.raise_vector(0)
    assert counts(host) != before
    (driver.machine if how == "machine" else driver.card).reset()
    assert counts(host) == before


def test_closing_the_host_gives_all_back_and_leaves_messages_to_the_function(driver: Driver) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with KvmHost(driver.machine):
        driver.enable()
        driver.program(0, 0x41)
        driver.card.raise_vector(0)
    assert len(os.listdir("/proc/self/fd")) == before
    assert {messages.path for messages in driver.card.messages.values()} == {None}


def test_a_guest_that_raises_every_vector_gets_as_many_irqfds_as_may_be(
    driver: Driver, host: KvmHost, signalled: list[int]
) -> None:
    chip_of(host).irqfd_limit = 100
    before = counts(host)
    driver.enable()
    for vector in range(VECTORS):
        driver.program(vector, 0x41)
        driver.card.raise_vector(vector)
    gsis, irqfds, descriptors = counts(host)
    assert (gsis, irqfds, descriptors - before[2]) == (100, 100, 100)
    assert len(signalled) == VECTORS - 100
    assert driver.heard(host, 1) == [0x41]
    driver.enable(0)
    assert counts(host) == before


def test_a_vector_without_a_gsi_is_signalled(driver: Driver, host: KvmHost, signalled: list[int]) -> None:
    chip_of(host).routes = GsiRoutes(host.vm, 41, 24, [bytes(route) for route in default_routes()])
    driver.enable()
    for vector in (0, 1):
        driver.program(vector, 0x41 + vector)
        driver.card.raise_vector(vector)
    assert driver.heard(host, 2) == [0x41, 0x42]
    assert signalled == [0x42]


@pytest.mark.parametrize("call", ["set_gsi_routing", "irqfd"])
def test_what_the_kernel_refuses_is_signalled(
    driver: Driver, host: KvmHost, signalled: list[int], call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise KvmError(call, 12, "no memory")

    monkeypatch.setattr(KvmVm, call, refuse)
    before = counts(host)
    driver.enable()
    driver.program(0, 0x41)
    driver.card.raise_vector(0)
    assert driver.heard(host, 1) == [0x41]
    assert (signalled, counts(host)) == ([0x41], before)


def test_irqfds_are_not_used_when_signals_are_asked_for(driver: Driver, signalled: list[int]) -> None:
    with KvmHost(driver.machine, message_delivery="signal") as host:
        driver.boot(host)
        driver.enable()
        driver.program(0, 0x41)
        driver.card.raise_vector(0)
        assert driver.heard(host, 1) == [0x41]
        assert (signalled, counts(host)[:2]) == ([0x41], (0, 0))


def test_a_vector_that_is_aimed_at_ram_is_a_write(driver: Driver, host: KvmHost) -> None:
    driver.enable()
    driver.program(0, 0x12345678, address=RAM)
    driver.card.raise_vector(0)
    assert driver.machine.memory.read(RAM, 4) == 0x12345678
    assert counts(host)[:2] == (0, 0)


def test_a_vector_that_is_aimed_at_ram_later_interrupts_no_more(driver: Driver, host: KvmHost) -> None:
    driver.enable()
    driver.program(0, 0x41)
    driver.card.raise_vector(0)
    assert driver.heard(host, 1) == [0x41]
    driver.program(0, 0x42, address=RAM)
    driver.card.raise_vector(0)
    assert driver.heard(host, 0) == []
    assert driver.machine.memory.read(RAM, 4) == 0x42
    driver.program(0, 0x43)
    driver.card.raise_vector(0)
    assert driver.heard(host, 1) == [0x43]


def test_what_covers_the_window_gets_the_message(driver: Driver, host: KvmHost) -> None:
    place = APIC + 0x1000
    driver.enable()
    driver.program(0, 0x41, address=place)
    driver.card.raise_vector(0)
    assert counts(host)[:2] == (1, 1)
    driver.card.config.set_bar(driver.card.BARS[1], place)
    driver.card.raise_vector(0)
    assert driver.machine.memory.read(place, 4) == 0x41
    driver.card.config.set_bar(driver.card.BARS[1], 0)
    assert driver.machine.is_message(place)


def test_no_message_without_bus_mastering(driver: Driver, host: KvmHost) -> None:
    driver.enable()
    driver.program(0, 0x41)
    driver.card.raise_vector(0)
    assert driver.heard(host, 1) == [0x41]
    driver.command(0x2)
    driver.card.raise_vector(0)
    assert driver.heard(host, 0) == []


def test_who_listens_hears_each_message(driver: Driver, host: KvmHost) -> None:
    driver.enable()
    driver.program(0, 0x41)
    driver.card.raise_vector(0)
    assert driver.heard(host, 1) == [0x41]
    messages: list[tuple[int, int]] = []
    driver.machine.message_sinks.append(lambda address, data: messages.append((address, data)))
    driver.card.raise_vector(0)
    assert driver.heard(host, 1) == [0x41]
    assert messages == [(APIC, 0x41)]


def test_msi_goes_by_irqfd_too(driver: Driver, host: KvmHost, signalled: list[int]) -> None:
    card, at = driver.card, driver.card.messages["msi"].offset
    card.config.write(at + 4, APIC, 4)
    card.config.write(at + 12, 0x48, 2)
    card.config.write(at + 16, 1 << 2, 4)
    card.config.write(at + 2, 0x0021, 2)
    for vector in range(4):
        card.raise_vector(vector)
    assert driver.heard(host, 3) == [0x48, 0x49, 0x4B]
    card.config.write(at + 16, 0, 4)
    assert driver.heard(host, 1) == [0x4A]
    assert (signalled, counts(host)[:2]) == ([], (4, 4))
    card.config.write(at + 2, 0, 2)
    assert counts(host)[:2] == (0, 0)


def test_a_restored_machine_has_its_routes_again(driver: Driver, host: KvmHost, signalled: list[int]) -> None:
    driver.enable()
    driver.program(0, 0x41)
    driver.program(1, 0x42, mask=1)
    driver.card.raise_vector(0)
    driver.card.raise_vector(1)
    assert driver.heard(host, 1) == [0x41]
    saved = driver.machine.save_state()
    driver.machine.reset()
    assert counts(host)[:2] == (0, 0)
    driver.machine.load_state(saved)
    driver.card.raise_vector(0)
    driver.mask(1, 0)
    assert driver.heard(host, 2) == [0x41, 0x42]
    assert (signalled, counts(host)[:2]) == ([], (2, 2))


def act(driver: Driver, random: Random, saved: list[Json]) -> None:
    """One thing that a hostile guest, or whoever runs it, may do to the card."""
    vector = random.randrange(VECTORS) if random.random() < 0.2 else random.randrange(8)
    match random.randrange(10):
        case 0 | 1 | 2:
            address = random.choice((APIC, APIC | random.getrandbits(20), RAM, BASE, random.getrandbits(64)))
            driver.program(vector, random.getrandbits(32), mask=random.randrange(2), address=address)
        case 3 | 4 | 5:
            driver.card.raise_vector(vector)
        case 6:
            driver.enable(random.choice((0, 0x8000, 0xC000)))
        case 7:
            driver.card.config.write(driver.card.messages["msi"].offset, random.getrandbits(32), 4)
        case 8:
            driver.command(random.choice((2, 6, 6, 6)))
            driver.card.config.set_bar(driver.card.BARS[1], random.choice((0, APIC + 0x1000)))
        case _ if random.random() < 0.1:
            saved.append(driver.machine.save_state(with_ram=False))
            driver.machine.load_state(random.choice(saved))


def test_whatever_a_guest_does_is_given_back(driver: Driver, host: KvmHost) -> None:
    before = counts(host)
    random, saved = Random(7), list[Json]()
    most = 0
    for _ in range(4_000):
        act(driver, random, saved)
        most = max(most, chip_of(host).irqfds)
    assert most > 3
    driver.machine.reset()
    assert counts(host) == before
