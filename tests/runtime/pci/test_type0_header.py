"""The type 0 header, register by register: what a function says, what a guest may write, what a reset leaves.

PCI Local Bus Specification 3.0, section 6.1 (figure 6-1) and 6.2.
"""

from __future__ import annotations

import pytest

from devgen.runtime.pci import Bar, PciConfig, PciIdentity

IDENTITY = PciIdentity(0x1B36, 0x00F1, 0x5A, 0x088001, 0x1AF4, 0x1100, interrupt_pin=2)
BARS = (Bar(0, "mem64", 0x20, True), Bar(2, "io", 0x20), Bar(3, "mem32", 0x1_0000), Bar("rom", "rom", 0x1000))

# register, size, at first, after ones were written, after zeros were written
REGISTERS = {
    "vendor ID": (0x00, 2, 0x1B36, 0x1B36, 0x1B36),
    "device ID": (0x02, 2, 0x00F1, 0x00F1, 0x00F1),
    "command": (0x04, 2, 0, 0x0547, 0),
    "status": (0x06, 2, 0x0010, 0x0010, 0x0010),
    "revision ID": (0x08, 1, 0x5A, 0x5A, 0x5A),
    "class code": (0x09, 3, 0x088001, 0x088001, 0x088001),
    "cache line size": (0x0C, 1, 0, 0xFF, 0),
    "latency timer": (0x0D, 1, 0, 0, 0),
    "header type": (0x0E, 1, 0, 0, 0),
    "BIST": (0x0F, 1, 0, 0, 0),
    "BAR 0": (0x10, 4, 0xC, 0xFFFFFFEC, 0xC),
    "BAR 0, upper half": (0x14, 4, 0, 0xFFFFFFFF, 0),
    "BAR 2": (0x18, 4, 1, 0xFFFFFFE1, 1),
    "BAR 3": (0x1C, 4, 0, 0xFFFF0000, 0),
    "BAR 4, not there": (0x20, 4, 0, 0, 0),
    "BAR 5, not there": (0x24, 4, 0, 0, 0),
    "CardBus CIS pointer": (0x28, 4, 0, 0, 0),
    "subsystem vendor ID": (0x2C, 2, 0x1AF4, 0x1AF4, 0x1AF4),
    "subsystem ID": (0x2E, 2, 0x1100, 0x1100, 0x1100),
    "expansion ROM": (0x30, 4, 0, 0xFFFFF001, 0),
    "capabilities pointer": (0x34, 1, 0x40, 0x40, 0x40),
    "reserved": (0x35, 3, 0, 0, 0),
    "reserved, too": (0x38, 4, 0, 0, 0),
    "interrupt line": (0x3C, 1, 0, 0xFF, 0),
    "interrupt pin": (0x3D, 1, 2, 2, 2),
    "minimum grant": (0x3E, 1, 0, 0, 0),
    "maximum latency": (0x3F, 1, 0, 0, 0),
}


@pytest.fixture
def config() -> PciConfig:
    config = PciConfig(IDENTITY, BARS)
    config.add_capability(0x09, b"\3")
    return config


@pytest.mark.parametrize("name", REGISTERS)
def test_register(config: PciConfig, name: str) -> None:
    at, size, first, ones, zeros = REGISTERS[name]
    found = [config.read(at, size)]
    config.write(at, (1 << 8 * size) - 1, size)
    found.append(config.read(at, size))
    config.write(at, 0, size)
    found.append(config.read(at, size))
    assert found == [first, ones, zeros]


@pytest.mark.parametrize("name", REGISTERS)
def test_a_reset_brings_the_first_value_back(config: PciConfig, name: str) -> None:
    at, size, first, *_ = REGISTERS[name]
    config.write(at, (1 << 8 * size) - 1, size)
    config.reset()
    assert config.read(at, size) == first


def test_all_of_the_header_is_in_the_table() -> None:
    covered = {at + n for at, length, *_ in REGISTERS.values() for n in range(length)}
    assert covered == set(range(0x40))


@pytest.mark.parametrize("bit", [8, 11, 12, 13, 14, 15])
def test_an_error_bit_of_the_status_is_cleared_by_writing_1(config: PciConfig, bit: int) -> None:
    config.put(0x06, 1 << bit | 0x10, 2)
    config.write(0x06, 0, 2)
    assert config.read(0x06, 2) == 1 << bit | 0x10
    config.write(0x06, 1 << bit, 2)
    assert config.read(0x06, 2) == 0x10


# command, what is written to the BAR, where it is decoded
DECODING = {
    "io": (Bar(0, "io", 0x20), 1, 0xC000, 0xC000),
    "io without I/O space": (Bar(0, "io", 0x20), 2, 0xC000, None),
    "io above 64 KiB": (Bar(0, "io", 0x20), 1, 0x1C000, None),
    "io while it is sized": (Bar(0, "io", 0x20), 1, 0xFFFFFFFF, None),
    "mem32": (Bar(0, "mem32", 0x1000), 2, 0xE0000000, 0xE0000000),
    "mem32 without memory space": (Bar(0, "mem32", 0x1000), 1, 0xE0000000, None),
    "mem32 while it is sized": (Bar(0, "mem32", 0x1000), 2, 0xFFFFFFFF, None),
    "mem64": (Bar(0, "mem64", 0x1000), 2, 0x12_E000_0000, 0x12_E000_0000),
    "mem64 while its lower half is sized": (Bar(0, "mem64", 1 << 32), 2, 0xFFFFFFFF, None),
    "rom": (Bar("rom", "rom", 0x1000), 2, 0xE0000001, 0xE0000000),
    "rom that is off": (Bar("rom", "rom", 0x1000), 2, 0xE0000000, None),
    "rom without memory space": (Bar("rom", "rom", 0x1000), 0, 0xE0000001, None),
    "at 0": (Bar(0, "mem32", 0x1000), 2, 0, None),
}


@pytest.mark.parametrize("name", DECODING)
def test_what_is_decoded(name: str) -> None:
    bar, command, value, address = DECODING[name]
    config = PciConfig(IDENTITY, (bar,))
    config.write(bar.register, value, bar.width)
    config.write(0x04, command, 2)
    assert config.bar_address(bar) == address
    config.asleep = True
    assert config.bar_address(bar) is None


@pytest.mark.parametrize("kind", ["io", "mem32", "mem64"])
@pytest.mark.parametrize("shift", [5, 8, 12, 15])
def test_a_guest_learns_a_bars_size_by_writing_ones(kind: str, shift: int) -> None:
    bar = Bar(0, kind, 1 << shift)  # type: ignore[arg-type]
    config = PciConfig(IDENTITY, (bar,))
    config.write(bar.register, (1 << 8 * bar.width) - 1, bar.width)
    value = config.read(bar.register, bar.width) & -16
    assert -value & (1 << 8 * bar.width) - 1 == 1 << shift
