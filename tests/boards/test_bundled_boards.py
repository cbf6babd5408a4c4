"""Every board that comes with devgen, as `devgen run` builds it, on both CPU hosts.

The arm64 boards run on KVM in the nested lab only (tests/nested/test_arm64_boards.py).
"""

import pytest

from devgen import Accel, list_boards, run_board

BOARDS = {
    "dma-engine": [
        "dma engine: found",
        "dma engine: copies as a bus master only",
        "dma engine: INTA# through the IOAPIC",
        "dma engine: MSI-X",
        "dma engine: masked vectors wait",
        "dma engine: a message is a write of the card",
        "dma engine: MSI",
        "dma engine: done",
    ],
    "doorbell-card": ["doorbell: done"],
    "hpet-periodic": [
        "hpet: found, 100000 ticks a millisecond",
        "hpet: 100 interrupts through the IOAPIC",
        "hpet: 10 interrupts in place of the PIT",
        "hpet: done",
    ],
    "pci-cards": [
        "edu: factorial ready, by message",
        "edu: a block moved by DMA, both ways",
        "pci-testdev: doorbells take what they match",
        "pvpanic: told",
        "i6300esb: ran out",
        "pci cards: done",
    ],
    "pl031-alarm": ["pl031: line low", "pl031: done"],
    "pl031-virt": ["pl031: identified", "pl031: alarm set", "pl031: interrupt taken", "pl031: line low", "pl031: done"],
    "pl061-gpio": ["pl061: outputs reach inputs", "pl061: rising edge", "pl061: low level", "pl061: done"],
    "small-pc": [
        "hpet: counts",
        "pit: 10 interrupts on IRQ 0, none early",
        "rtc: 10 interrupts on IRQ 8, none early",
        "pvpanic: found",
        "com1: hello",
        "serial: interrupt on IRQ 4",
        "xche: found",
        "edu: factorial ready, INTA# on IRQ 10",
        "edu: INTA# can be held back",
        "small pc: done",
    ],
    "small-virt": [
        "psci: found",
        "timer: 10 interrupts, none early",
        "gic: masked, then preempted by a more urgent interrupt",
        "sp804: 10 periodic interrupts, none early",
        "pl061: rising edge",
        "uart: a line that empties the FIFO",
        "uart: transmit interrupt",
        "small virt: done",
    ],
    "pl011-uart": ["pl011: found", "hello from the UART", "pl011: done"],
    "sp804-timer": ["sp804: found", "sp804: 20 periodic interrupts, none early", "sp804: done"],
    "xche-card": ["xche: moved", "xche: done"],
}
ARM64 = ("pl031-virt", "small-virt")


def runs() -> list[object]:
    """Board and host, for each host that this machine may have."""
    on_kvm = [pytest.param(board, "kvm", marks=pytest.mark.kvm) for board in BOARDS if board not in ARM64]
    return [*((board, "emulator") for board in BOARDS), *on_kvm]


@pytest.mark.parametrize(("board", "accel"), runs())
def test_the_guest_ends_well(board: str, accel: Accel, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    result = run_board(board, accel=accel, timeout=30)
    said = capfdbinary.readouterr().out.decode("ascii").splitlines()
    assert (result.ok, said[-len(BOARDS[board]) :]) == (True, BOARDS[board]), (result, said)


def test_every_board_is_run() -> None:
    assert list_boards().keys() == BOARDS.keys()
