"""The test device as its document describes it: select a test, read its header, write where it says, see the count."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]

MEMORY, PORTS = "memory", "ports"
TESTS = [
    (MEMORY, 0, 0x800, 0xFA, b"mmio-no-eventfd"),
    (MEMORY, 1, 0x801, 0xCE, b"mmio-wildcard-eventfd"),
    (MEMORY, 2, 0x802, 0xFA, b"mmio-datamatch-eventfd"),
    (PORTS, 0, 0x83, 0xFA, b"portio-no-eventfd"),
    (PORTS, 1, 0x84, 0xCE, b"portio-wildcard-eventfd"),
    (PORTS, 2, 0x85, 0xFA, b"portio-datamatch-eventfd"),
]


@dataclass(frozen=True)
class Header:
    test: int
    width: int
    offset: int
    data: int
    count: int
    name: bytes


def header(dut: Bench, region: str) -> Header:
    data = bytes(dut.read8(at, region) for at in range(48))
    test, width, offset, byte, count = struct.unpack_from("<BBxxIBxxxI", data)
    return Header(test, width, offset, byte, count, data[16:].rstrip(b"\0"))


@pytest.fixture
def dut(bench: MakeBench) -> Bench:
    return bench("pci-testdev")


@pytest.mark.parametrize("shown", [MEMORY, PORTS])
@pytest.mark.parametrize(("index", "test"), list(enumerate(TESTS)))
def test_the_header_describes_the_selected_test(dut: Bench, shown: str, index: int, test: tuple[object, ...]) -> None:
    region, number, offset, data, name = test
    assert isinstance(region, str) and isinstance(number, int)
    dut.write8(0, number, region)
    assert header(dut, shown) == Header(index, 1, offset, data, 0, name)


@pytest.mark.parametrize("number", [3, 0x7F, 0xFF])
def test_other_numbers_select_nothing(dut: Bench, number: int) -> None:
    dut.write8(0, 1, MEMORY)
    dut.write8(0, number, PORTS)
    assert header(dut, MEMORY) == Header(0, 0, 0, 0, 0, b"")


@pytest.mark.parametrize(("region", "number", "offset", "data", "name"), TESTS)
def test_writes_are_counted_unless_a_doorbell_takes_them(
    dut: Bench, region: str, number: int, offset: int, data: int, name: bytes
) -> None:
    dut.write8(0, number, region)
    for byte in (data, data, data ^ 1):
        dut.write8(offset, byte, region)
    assert header(dut, region).count == (2 if number == 0 else 0)


@pytest.mark.parametrize(("number", "counted"), [(0, 0), (1, 1), (2, 0)])
def test_a_wide_write_is_no_ring_and_counts_by_its_bytes(dut: Bench, number: int, counted: int) -> None:
    dut.write8(0, number, PORTS)
    dut.write16(0x84, 0x11FA, PORTS)
    assert header(dut, PORTS).count == counted


def test_selecting_again_starts_the_count_again(dut: Bench) -> None:
    dut.write8(0, 0, MEMORY)
    dut.write8(0x800, 0xFA, MEMORY)
    assert header(dut, MEMORY).count == 1
    dut.write8(0, 0, MEMORY)
    assert header(dut, MEMORY).count == 0


def test_a_reset_selects_nothing(dut: Bench) -> None:
    dut.write8(0, 1, MEMORY)
    dut.reset()
    assert header(dut, MEMORY) == Header(0, 0, 0, 0, 0, b"")
