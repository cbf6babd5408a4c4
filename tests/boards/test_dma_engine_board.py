"""What the dma-engine board's guest cannot see itself: which way its rings and interrupts went, on both CPU hosts."""

from pathlib import Path

import pytest

from devgen import board_configuration, project_registry
from devgen.hosts.emulator import EmulatorHost
from devgen.hosts.kvm import KvmHost
from devgen.hosts.kvm.vm import KvmVm
from devgen.runtime.machine.machine import Machine
from devgen.runtime.pci import PciDevice

BOARD = Path(__file__).parents[2] / "examples" / "boards" / "dma-engine.yaml"
STATUS = 0xE000_0004
BELL = 0xE000_0800
COPIES = 17
Access = tuple[str, bool, int, int, int]


class Observer:
    """Logs the accesses of one address space, but for rings, which leave no trace on KVM, and polls of the status."""

    def __init__(self, space: str, log: list[Access]) -> None:
        self._space = space
        self._log = log

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        if write and offset != BELL:
            self._log.append((self._space, True, offset, size, value))

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        if not write and offset != STATUS:
            self._log.append((self._space, False, offset, size, value))


def board() -> Machine:
    return Machine(board_configuration(BOARD), project_registry())


def trace(accel: type[EmulatorHost] | type[KvmHost]) -> list[Access]:
    log: list[Access] = []
    with board() as machine:
        machine.memory.observer = Observer("memory", log)
        machine.io.observer = Observer("io", log)
        with accel(machine) as host:
            assert host.run(30).ok
    return log


@pytest.mark.kvm
def test_both_hosts_see_the_same_accesses() -> None:
    on_kvm = trace(KvmHost)
    assert len(on_kvm) > 400
    assert on_kvm == trace(EmulatorHost)


@pytest.mark.kvm
def test_no_ring_exits_and_each_is_a_copy() -> None:
    with board() as machine, KvmHost(machine, count_exits=True) as host:
        assert host.run(30).ok
        card = machine.devices["dma"]
        assert (card.RINGS, card.COPIES) == (COPIES, COPIES)  # type: ignore[attr-defined]
        assert host.exits["mmio", BELL] == 0
        assert host.exits["mmio", STATUS] > 0


@pytest.mark.kvm
@pytest.mark.parametrize("delivery", ["irqfd", "signal"])
def test_messages_go_the_way_that_was_asked_for(delivery: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"irqfd": 0, "signal_msi": 0}
    for name in calls:
        monkeypatch.setattr(KvmVm, name, counted(calls, name))
    with board() as machine, KvmHost(machine, message_delivery=delivery) as host:  # type: ignore[arg-type]
        assert host.run(30).ok
        assert host.irqchip is not None
        assert (host.irqchip.routes.used, host.irqchip.irqfds) == (0, 0)  # the guest has turned messages off
    assert (calls["irqfd"] > 0, calls["signal_msi"] > 0) == (delivery == "irqfd", delivery == "signal")


def counted(calls: dict[str, int], name: str) -> object:
    real = getattr(KvmVm, name)

    def call(vm: KvmVm, *arguments: object, **named: object) -> object:
        calls[name] += 1
        return real(vm, *arguments, **named)

    return call


def test_the_pin_of_the_wire_is_beyond_the_legacy_ones() -> None:
    with board() as machine:
        card = machine.devices["dma"]
        assert isinstance(card, PciDevice)
        card.config.write(4, 0, 2)
        assert card.intx is not None
        card.intx.set(1)
        assert [gsi for gsi in range(24) if machine.gsi_level(gsi)] == [19]
