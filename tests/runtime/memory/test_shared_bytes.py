"""An aligned access is one access: another process never sees, and never makes a device see, half of one.

The other process writes or reads elements of a cast memoryview, which are single instructions of its processor.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_kit import loaded, space_of

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.client_memory import ClientMemory, Mapped
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import PAGE_SIZE, RamBlock
from devgen.runtime.memory.shared_bytes import SharedBytes, aligned_pieces

AT, GO, FOREIGN = 8, 64, 128
"""Offsets: the shared word, the flag that ends the other process, and where it counts what it should not have seen."""

OLD, NEW = 0x5AFF5AFF5AFF5AFF, 0x5B005B005B005B00
MASKS = {2: 0xFFFF, 4: 0xFFFF_FFFF, 8: 0xFFFF_FFFF_FFFF_FFFF}
LOADS, STORES = {2: 150_000, 4: 30_000, 8: 30_000}, 30_000
"""Only copies of 2 bytes have ever been seen torn: a few times in 100,000."""

PEER = """
import mmap, sys
fd, size, old, new = map(int, sys.argv[2:])
memory = memoryview(mmap.mmap(fd, 4096))
words = memory.cast({2: "H", 4: "I", 8: "Q"}[size])
at = 8 // size
memory[64] = 1
while memory[64] == 1:
    for _ in range(1000):
        if sys.argv[1] == "write":
            words[at] = old
            words[at] = new
        elif words[at] not in (old, new):
            memory[128] = 1
"""


@contextmanager
def peer(verb: str, fd: int, size: int) -> Iterator[memoryview]:
    """Another process that writes the two values in turn, or reads; it has ended when this has."""
    with mmap.mmap(fd, PAGE_SIZE) as memory, memoryview(memory) as view:
        view.cast("Q")[AT // 8] = OLD
        arguments = [str(number) for number in (fd, size, OLD & MASKS[size], NEW & MASKS[size])]
        process = subprocess.Popen([sys.executable, "-c", PEER, verb, *arguments], pass_fds=[fd])
        try:
            while not view[GO] and process.poll() is None:
                pass
            yield view
        finally:
            view[GO] = 0
            process.wait(20)
        assert process.returncode == 0


@dataclass
class Kind:
    """One kind of memory: its file and its two accesses at `AT`."""

    fd: int
    load: Callable[[int], int]
    store: Callable[[int, int], None]


@pytest.fixture
def fd() -> Iterator[int]:
    made = os.memfd_create("guest", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(made, PAGE_SIZE)
    fcntl.fcntl(made, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    yield made
    os.close(made)


def client_memory(fd: int) -> ClientMemory:
    memory = ClientMemory()
    flags = protocol.DmaFlag.READ | protocol.DmaFlag.WRITE
    memory.map(protocol.DMA_MAP.pack(32, flags, 0, 0, PAGE_SIZE), [fd], client=None)  # type: ignore[arg-type]
    assert isinstance(memory._maps[0].backing, Mapped)
    return memory


def ram(fd: int) -> AddressSpace:
    block = RamBlock(PAGE_SIZE)
    block.share(fd, 0)
    return space_of((0, MemoryRegion.ram("ram", PAGE_SIZE, block)))


def small_ram(fd: int) -> AddressSpace:
    """A region that fills no page, as a BAR's RAM can be: no place of it is remembered."""
    block = RamBlock(0x100)
    block.share(fd, 0)
    return space_of((0, MemoryRegion.ram("ram", 0x100, block)))


def kind(name: str, fd: int) -> Kind:
    match name:
        case "client's memory":
            memory = client_memory(fd)
            return Kind(fd, lambda n: memory.load(AT, n), lambda value, n: memory.store(AT, value, n))
        case "client's memory as bytes":
            memory = client_memory(fd)
            return Kind(
                fd,
                lambda n: int.from_bytes(memory.read_bytes(AT, n), "little"),
                lambda value, n: memory.write_bytes(AT, value.to_bytes(n, "little")),
            )
        case "RAM, DMA" | "BAR RAM, DMA":
            space = ram(fd) if name == "RAM, DMA" else small_ram(fd)
            return Kind(fd, lambda n: space.load(AT, n), lambda value, n: space.store(AT, value, n))
        case "RAM, DMA as bytes" | "BAR RAM, DMA as bytes":
            space = ram(fd) if name == "RAM, DMA as bytes" else small_ram(fd)
            return Kind(
                fd,
                lambda n: int.from_bytes(space.read_bytes(AT, n), "little"),
                lambda value, n: space.write_bytes(AT, value.to_bytes(n, "little")),
            )
        case _:
            space = ram(fd)
            return Kind(fd, lambda n: space.read(AT, n), lambda value, n: space.write(AT, value, n))


KINDS = (
    "client's memory",
    "client's memory as bytes",
    "RAM, DMA",
    "RAM, DMA as bytes",
    "BAR RAM, DMA",
    "BAR RAM, DMA as bytes",
    "RAM, the bus",
)


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("name", KINDS)
def test_a_load_never_sees_half_of_a_store(fd: int, name: str, size: int) -> None:
    under_test = kind(name, fd)
    with peer("write", fd, size):
        seen = loaded(lambda: under_test.load(size), LOADS[size])
    assert seen <= {OLD & MASKS[size], NEW & MASKS[size]}
    assert len(seen) == 2


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("name", KINDS)
def test_half_of_a_store_is_never_seen(fd: int, name: str, size: int) -> None:
    under_test = kind(name, fd)
    old, new = OLD & MASKS[size], NEW & MASKS[size]
    with peer("read", fd, size) as view:
        store = under_test.store
        for _ in range(STORES):
            store(old, size)
            store(new, size)
        assert int.from_bytes(view[AT : AT + size], "little") == new
        assert view[FOREIGN] == 0


@given(st.integers(0, 40), st.integers(1, 8), st.integers(0, (1 << 64) - 1))
def test_any_offset_and_size_is_little_endian(offset: int, size: int, value: int) -> None:
    with mmap.mmap(-1, 61) as mapping:
        shared = SharedBytes(mapping)
        shared.view[:] = bytes(range(61))
        expected = bytearray(range(61))
        assert shared.load(offset, size) == int.from_bytes(expected[offset : offset + size], "little")
        value &= (1 << size * 8) - 1
        shared.store(offset, value, size)
        expected[offset : offset + size] = value.to_bytes(size, "little")
        assert bytes(shared.view) == expected
        shared.release()


@given(st.integers(0, 60), st.binary(max_size=61))
def test_copies_of_any_length(offset: int, data: bytes) -> None:
    data = data[: 61 - offset]
    with mmap.mmap(-1, 61) as mapping:
        shared = SharedBytes(mapping)
        shared.copy_in(offset, memoryview(data))
        assert shared.copy_out(offset, len(data)) == data
        assert bytes(shared.view) == bytes(offset) + data + bytes(61 - offset - len(data))
        shared.release()


def test_the_last_bytes_of_a_mapping_of_odd_length_are_reached() -> None:
    with mmap.mmap(-1, 61) as mapping:
        shared = SharedBytes(mapping)
        shared.store(60, 0xAB, 1)
        shared.store(53, 0x1122334455667788, 8)
        assert [shared.load(58, 2), shared.load(60, 1)] == [0x2233, 0x11]
        shared.release()


def test_an_unaligned_access_is_cut_as_wide_as_it_is_aligned_lowest_first() -> None:
    assert list(aligned_pieces(1, 8)) == [(1, 1), (2, 2), (4, 4), (8, 1)]
    assert list(aligned_pieces(2, 4)) == [(2, 2), (4, 2)]
    assert list(aligned_pieces(8, 8)) == [(8, 8)]


def test_stores_by_a_device_and_by_the_bus_are_in_the_dirty_log(fd: int) -> None:
    block = RamBlock(4 * PAGE_SIZE)
    space = space_of((0, MemoryRegion.ram("ram", 4 * PAGE_SIZE, block)))
    block.start_log(fd)
    space.store(0, 1, 2)
    space.write(PAGE_SIZE, 1, 4)
    space.write_bytes(3 * PAGE_SIZE - 1, b"12")
    assert block.take_dirty() == [0, PAGE_SIZE, 2 * PAGE_SIZE, 3 * PAGE_SIZE]
