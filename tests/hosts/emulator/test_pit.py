"""The 8254: modes of channel 0, reading back, latches."""

import pytest

from devgen.hosts.emulator.x86.pit import FREQUENCY, Pit8254
from devgen.runtime.time.clock import VirtualClock

RELOAD = 11932  # 10 ms and 0.15 us


class Timer(Pit8254):
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.ticks = 0
        super().__init__(self.clock, self.count)

    def count(self, level: int) -> None:
        self.ticks += level

    def program(self, mode: int, reload: int = RELOAD) -> None:
        self.write(0x43, 0x30 | mode << 1, 1)
        self.write(0x40, reload & 0xFF, 1)
        self.write(0x40, reload >> 8, 1)

    def counted(self) -> int:
        self.write(0x43, 0, 1)
        return self.read(0x40, 1) | self.read(0x40, 1) << 8


@pytest.mark.parametrize(("mode", "ticks"), [(0, 1), (1, 1), (2, 10), (3, 10), (4, 1), (5, 0), (6, 10)])
def test_interrupts_in_a_tenth_of_a_second(mode: int, ticks: int) -> None:
    timer = Timer()
    timer.program(mode)
    timer.clock.advance(101_000_000)
    assert timer.ticks == ticks


def test_nothing_fires_before_it_is_programmed() -> None:
    timer = Timer()
    timer.clock.advance(10**9)
    timer.write(0x40, 1, 1)
    timer.clock.advance(10**9)
    assert timer.ticks == 0


def test_a_late_host_skips_ticks() -> None:
    timer = Timer()
    timer.program(2)
    timer.clock.set_time(10**9)
    timer.clock.run_due(100)
    assert timer.ticks == 1


@pytest.mark.parametrize(("mode", "left"), [(0, RELOAD // 2), (2, RELOAD // 2), (3, RELOAD)])
def test_the_count_can_be_read(mode: int, left: int) -> None:
    timer = Timer()
    timer.program(mode)
    timer.clock.advance(RELOAD // 2 * 10**9 // FREQUENCY + 1)
    assert timer.counted() == left


def test_a_latched_count_stands_still() -> None:
    timer = Timer()
    timer.program(2)
    timer.write(0x43, 0, 1)
    timer.clock.advance(1_000_000)
    assert timer.read(0x40, 1) | timer.read(0x40, 1) << 8 == RELOAD


def test_read_back_gives_status_then_count() -> None:
    timer = Timer()
    timer.program(2)
    timer.write(0x43, 0xC2, 1)
    assert timer.read(0x40, 1) == 0x80 | 0x30 | 2 << 1
    assert timer.read(0x40, 1) | timer.read(0x40, 1) << 8 == RELOAD


@pytest.mark.parametrize("mode", [2, 3])
def test_the_shortest_period_does_not_storm(mode: int) -> None:
    timer = Timer()
    timer.program(mode, 1)
    timer.clock.advance(10_000_000)
    assert timer.ticks <= 60


def test_channel_2_and_the_speaker_port() -> None:
    timer = Timer()
    timer.write(0x43, 0xB6, 1)
    timer.write(0x42, 0x10, 1)
    timer.write(0x42, 0x00, 1)
    timer.write(0x61, 3, 1)
    assert timer.read(0x61, 1) & 3 == 3
    assert timer.ticks == 0


def test_one_byte_access() -> None:
    timer = Timer()
    timer.write(0x43, 0x14, 1)
    timer.write(0x40, 100, 1)
    timer.clock.advance(200_000)
    assert timer.ticks == 1
    assert timer.read(0x43, 1) == 0
