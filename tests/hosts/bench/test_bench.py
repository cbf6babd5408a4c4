"""The bench as a test's author meets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from device_kit import Card, Kit
from handwritten_pl031 import Pl031

from devgen.hosts.bench import Bench, BenchError
from devgen.runtime.base.faults import DeviceError, MachineError
from devgen.runtime.time.durations import nanoseconds


def test_an_alarm_in_three_lines() -> None:
    dev = Bench(Pl031, rtc=1_000)
    dev.write32(0x10, 1)
    dev.write32(0x04, dev.read32(0x00) + 1)
    dev.advance("1 s")
    assert dev.irq("intr") == 1
    assert dev.transitions() == [(1_000_000_000, 1)]


def test_the_fixture_makes_and_closes(bench: Callable[..., Bench]) -> None:
    dev = bench(Pl031)
    dev.write32(0x08, 77)
    assert dev.read32(0) == 77
    assert dev.events[0].name == "RTC_CHANGE"


def test_accesses_of_all_sizes() -> None:
    with Bench(Kit) as dev:
        dev.write64(0x08, 0x1122334455667788)
        assert [dev.read8(0x08), dev.read16(0x0A), dev.read32(0x0C)] == [0x88, 0x5566, 0x11223344]
        dev.write8(0x0F, 0xEE)
        assert dev.read64(0x08) == 0xEE22334455667788
        dev.write16(3, 0xFFFF, "buffer")
        assert dev.read32(0, "buffer") == 0xFF000000


def test_guest_memory_for_dma() -> None:
    with Bench(Kit, ram=0x2000) as dev:
        dev.write64(0x08, 0x1000)
        dev.write32(0x10, 0xCAFE)
        assert dev.load(0x1000, 4) == b"\xfe\xca\0\0"
        dev.store(0x1000, b"\1\2\3\4")
        assert dev.read32(0x10) == 0x04030201


def test_dma_at_the_device_itself_ends() -> None:
    with Bench(Kit) as dev:
        dev.write64(0x08, dev.locate("registers")[1] + 0x10)
        dev.write32(0x10, 1)
        assert dev.read32(0x10) in (0, 0xFFFFFFFF)


def test_streams_gpio_and_events() -> None:
    with Bench(Kit) as dev:
        dev.receive(b"ab")
        dev.drive("gate[1]", 1)
        dev.receive_break()
        dev.write32(0, 2)
        assert dev.sent == b"AB"
        assert (dev.irq("irq[1]"), dev.gpio()) == (1, 0)
        assert [(event.name, event.values) for event in dev.events] == [("FIRED", {"index": 9})]


def test_a_doorbell_is_heard_only_with_its_value() -> None:
    with Bench(Kit) as dev:
        dev.write32(0x80, 8)
        dev.write16(0x80, 7)
        assert dev.read32(0x14) == 0
        dev.write32(0x80, 7)
        assert dev.read32(0x14) == 1


def test_a_pci_device_is_mapped_and_decoding() -> None:
    with Bench(Card) as dev:
        dev.write32(0, 5)
        assert dev.read32(0, "ports") == 5
        assert dev.read16(0, "option") == 0xAA55
        dev.write64(8, 1 << 63, "vram")
        assert dev.read64(8, "vram") == 1 << 63
        assert dev.read("cfg", 0, 4) == 0x00F11B36


def test_intx_is_seen_at_the_pin() -> None:
    with Bench(Card) as dev:
        dev.write32(4, 1)
        assert (dev.irq(), dev.read("cfg", 6, 2) & 8) == (1, 8)
        dev.write("cfg", 4, 0x407, 2)
        assert (dev.irq(), dev.read("cfg", 6, 2) & 8) == (0, 8)
        assert dev.transitions("inta") == [(0, 1), (0, 0)]


def test_reset_places_bars_again() -> None:
    with Bench(Card) as dev:
        dev.write("cfg", 4, 0, 2)
        with pytest.raises(BenchError, match="not decoded"):
            dev.read32(0)
        dev.reset()
        assert dev.read32(0) == 0


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda dev: dev.irq("irk"), "kit has no interrupt 'irk'; it has irq[0], irq[1]"),
        (lambda dev: dev.read("register", 0, 4), "no region 'register' (did you mean 'registers'?)"),
        (lambda dev: dev.gpio("redy"), "no GPIO output 'redy' (did you mean 'ready'?)"),
        (lambda dev: dev.advance("1 sec"), "'1 sec' is not a duration"),
        (lambda dev: dev.advance(-1), "time does not move back"),
    ],
)
def test_a_test_that_asks_for_what_is_not_there_is_told(ask: Callable[[Bench], object], message: str) -> None:
    with Bench(Kit) as dev, pytest.raises(BenchError) as caught:
        ask(dev)
    assert message in str(caught.value)


def test_unknown_devices_and_properties() -> None:
    with pytest.raises(MachineError, match="unknown device 'no-such-device'"):
        Bench("no-such-device")
    with pytest.raises(DeviceError, match="did you mean 'channels'"):
        Bench(Kit, chanels=3)


def test_regions_placed_by_the_test() -> None:
    with Bench(Kit, at={"registers": 0xFED00000}) as dev:
        assert dev.machine.memory.read(0xFED00020, 4) == 0
        assert dev.locate("registers")[1] == 0xFED00000


@pytest.mark.parametrize(
    ("text", "ns"), [("1 s", 10**9), ("2.5 ms", 2_500_000), ("10ns", 10), ("3 us", 3000), ("1 min", 60 * 10**9)]
)
def test_durations(text: str, ns: int) -> None:
    assert nanoseconds(text) == ns


@pytest.mark.parametrize("text", ["", "s", "1", "1 h", "0.5 ns", "-1 s", "1 s s"])
def test_durations_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        nanoseconds(text)
