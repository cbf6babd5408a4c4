"""Accesses to an i8254 as a driver makes them."""

from typing import Any

CONTROL, COUNT0, COUNT2 = 3, 0, 2
TICK = 1_000_000_000 / 1_193_182  # ns
NULL, OUT = 0x40, 0x80
BCD = 1


def write_count(pit: Any, channel: int, count: int) -> None:
    """Write both bytes of a count."""
    pit.write8(channel, count & 0xFF)
    pit.write8(channel, count >> 8)


def program(pit: Any, channel: int, mode: int, count: int, bcd: int = 0) -> None:
    """Write a control word and a count, and wait for the clock that loads the count."""
    pit.write8(CONTROL, channel << 6 | 0x30 | mode << 1 | bcd)
    write_count(pit, channel, count)
    ticks(pit, 1)


def ticks(pit: Any, number: float) -> None:
    """Let clocks pass."""
    pit.advance(round(number * TICK))


def status(pit: Any, channel: int) -> int:
    """Latch and read the status."""
    pit.write8(CONTROL, 0xE0 | 2 << channel)
    return int(pit.read8(channel))


def count(pit: Any, channel: int) -> int:
    """Latch and read the count."""
    pit.write8(CONTROL, channel << 6)
    return int(pit.read8(channel)) | int(pit.read8(channel)) << 8


def changes(pit: Any, since: int) -> list[tuple[int, int]]:
    """Clock and level of the changes of channel 0's output after a time."""
    return [(round((time - since) / TICK), level) for time, level in pit.transitions() if time > since]
