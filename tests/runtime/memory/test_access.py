"""Cutting, against a reference written from the words of the rule, one byte position at a time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.runtime.memory.access import Access, CutOps, ObservedOps, pieces

sizes = st.sampled_from([(low, high) for low in (1, 2, 4, 8) for high in (1, 2, 4, 8) if low <= high])
accesses = st.builds(Access, sizes, sizes, st.sampled_from(["little", "big"]), st.booleans())
offsets = st.one_of(st.integers(0, 40), st.integers((1 << 64) - 40, (1 << 64) - 9))


def answer(offset: int, size: int) -> int:
    """A device's answer that differs at every offset and size."""
    return (offset * 0x9E3779B97F4A7C15 + size * 0xC2B2AE3D27D4EB4F) % (1 << size * 8)


def largest(access: Access, address: int, left: int) -> int:
    size = 8
    while size > left or size > access.valid[1] or (not access.unaligned and address % size):
        size //= 2
    return size


def step_of(access: Access, size: int) -> int:
    low, high = access.implemented
    return low if size < low else min(size, high)


def expected_read(access: Access, offset: int, size: int) -> int:
    data = bytearray(size)
    at = offset
    while at < offset + size:
        length = largest(access, at, offset + size - at)
        if length >= access.valid[0]:
            value = 0
            step = step_of(access, length)
            for i in range(0, length, step):
                shift = 8 * (length - step - i if access.endian == "big" else i)
                unit = answer(at + i, step)
                value |= unit << shift if shift >= 0 else unit >> -shift
            value %= 1 << 8 * length
            data[at - offset : at - offset + length] = value.to_bytes(length, access.endian)
        at += length
    return int.from_bytes(data, "little")


def expected_writes(access: Access, offset: int, size: int, value: int) -> list[tuple[int, int, int]]:
    data = value.to_bytes(size, "little")
    log = []
    at = offset
    while at < offset + size:
        length = largest(access, at, offset + size - at)
        if length >= access.valid[0]:
            piece = int.from_bytes(data[at - offset : at - offset + length], access.endian)
            step = step_of(access, length)
            for i in range(0, length, step):
                shift = 8 * (length - step - i if access.endian == "big" else i)
                unit = piece >> shift if shift >= 0 else piece << -shift
                log.append((at + i, unit % (1 << 8 * step), step))
        at += length
    return log


@settings(max_examples=600, deadline=None)
@given(accesses, offsets, st.integers(1, 8))
def test_reads_are_cut_as_the_rule_says(access: Access, offset: int, size: int) -> None:
    ops = CutOps(answer, None, access)
    assert ops.resolve_read(offset, size)() == expected_read(access, offset, size)


@settings(max_examples=600, deadline=None)
@given(accesses, offsets, st.integers(1, 8), st.integers(0, (1 << 64) - 1))
def test_writes_are_cut_as_the_rule_says(access: Access, offset: int, size: int, value: int) -> None:
    log: list[tuple[int, int, int]] = []
    ops = CutOps(None, lambda at, part, n: log.append((at, part, n)), access)
    value %= 1 << 8 * size
    ops.resolve_write(offset, size)(value)
    assert log == expected_writes(access, offset, size, value)


@pytest.mark.parametrize(
    ("access", "offset", "size", "cut"),
    [
        (Access((1, 4)), 0, 8, [(0, 4), (4, 4)]),
        (Access((1, 4)), 1, 4, [(1, 1), (2, 2), (4, 1)]),
        (Access((1, 8)), 0, 7, [(0, 4), (4, 2), (6, 1)]),
        (Access((1, 8)), 8, 8, [(8, 8)]),
        (Access((4, 4)), 2, 4, [(2, 2), (4, 2)]),
        (Access((1, 4), unaligned=True), 1, 4, [(1, 4)]),
        (Access((1, 4), unaligned=True), 3, 7, [(3, 4), (7, 2), (9, 1)]),
    ],
)
def test_pieces(access: Access, offset: int, size: int, cut: list[tuple[int, int]]) -> None:
    assert pieces(access, offset, size) == cut


def test_a_piece_under_the_minimum_is_refused() -> None:
    log: list[int] = []
    ops = CutOps(
        lambda offset, size: 0xFFFFFFFF, lambda offset, value, size: log.append(offset), Access((4, 4), (4, 4))
    )
    assert ops.resolve_read(0, 2)() == 0
    ops.resolve_write(0, 2)(0xFFFF)
    ops.resolve_write(2, 4)(0xFFFFFFFF)
    assert log == []
    assert ops.resolve_read(0, 6)() == 0xFFFFFFFF


@pytest.mark.parametrize("bad", [((0, 4), (1, 4)), ((1, 3), (1, 4)), ((4, 2), (1, 4)), ((1, 4), (2, 16))])
def test_impossible_sizes_are_refused(bad: tuple[tuple[int, int], tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="sizes"):
        Access(*bad)


class Ear:
    def __init__(self) -> None:
        self.heard: list[tuple[str, bool, int, int, int]] = []

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        self.heard.append(("before", write, offset, size, value))

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        self.heard.append(("after", write, offset, size, value))


def test_an_observer_hears_whole_accesses_round_the_device() -> None:
    ear = Ear()
    ops = ObservedOps(CutOps(answer, lambda at, value, size: ear.heard.append(("device", True, at, size, value))), ear)
    ops.resolve_write(0, 8)(0x0000000200000001)
    assert ear.heard == [
        ("before", True, 0, 8, 0x0000000200000001),
        ("device", True, 0, 4, 1),
        ("device", True, 4, 4, 2),
        ("after", True, 0, 8, 0x0000000200000001),
    ]
    ear.heard.clear()
    value = ops.resolve_read(4, 2)()
    assert ear.heard == [("before", False, 4, 2, 0), ("after", False, 4, 2, value)]
    assert ops.cacheable(0, 4)
