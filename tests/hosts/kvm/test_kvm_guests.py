"""The guests of examples/ on KVM, against devices written by hand; tests of the generated ones run the same images."""

import pytest
from kvm_parts import LOOP, HandDoorbell, HandXche, plug, port_loop, rig

from devgen.hosts.kvm import KvmHost


@pytest.mark.parametrize("delivery", ["line", "irqfd"])
def test_pl031_alarm(delivery: str) -> None:
    made = rig("pl031_alarm", irqchip="kernel")
    made.add_pl031()
    with KvmHost(made.machine, irq_delivery=delivery) as host:  # type: ignore[arg-type]
        result = host.run(10)
    lines = ["pl031: identified", "pl031: alarm set", "pl031: interrupt taken", "pl031: line low", "pl031: done"]
    assert (result.ok, made.text.splitlines()) == (True, lines), result


def test_xche_card() -> None:
    made = rig("xche_card", pci=True)
    plug(made, HandXche)
    with KvmHost(made.machine) as host:
        assert host.run(10).ok, made.text


def test_doorbell_card_and_no_ring_exits() -> None:
    made = rig("doorbell_card", pci=True)
    card = plug(made, HandDoorbell)
    assert isinstance(card, HandDoorbell)
    with KvmHost(made.machine, count_exits=True) as host:
        assert host.run(10).ok, made.text
        exits = host.exits
    assert card.rings == [32] * 5
    # Two writes that do not match in each place, and the one after the move at the old place of each bell in memory.
    assert [exits["mmio", 0xE0000000 + offset] for offset in (0, 4, 8)] == [3, 2, 0]
    assert [exits["mmio", 0xE0100000 + offset] for offset in (0, 4, 8)] == [2, 1, 0]
    # Of 64 KiB of RAM in two places only the look at each with decoding off leaves the kernel.
    assert {place for kind, place in exits if kind == "mmio" and place >= 0xE1000000} == {0xE1000000, 0xE2000000}


def test_a_card_that_is_not_there_is_step_1() -> None:
    with KvmHost(rig("xche_card", pci=True).machine) as host:
        assert host.run(10).code == 1


def test_pio_string() -> None:
    made = rig("pio_string")
    with KvmHost(made.machine) as host:
        assert host.run(10).ok
    assert made.text == "pio string: done\n"


def test_port_loop() -> None:
    made = rig(port_loop())
    with KvmHost(made.machine, count_exits=True) as host:
        assert host.run(30).ok
        assert host.exits["io", 0x240] == LOOP


def test_long_mode() -> None:
    made = rig("long_mode", mode="long")
    made.add_pl031()
    with KvmHost(made.machine) as host:
        assert host.run(10).ok
    assert made.text == "long mode: done\n"
