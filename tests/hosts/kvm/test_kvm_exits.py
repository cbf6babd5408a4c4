"""From an exit to the device: ports and memory, every size, strings, and what the guest gets back."""

import pytest
from kvm_code import (
    REP_INS,
    REP_OUTS,
    cx,
    di,
    dx,
    eax,
    finish,
    load64,
    rax,
    read_port,
    si,
    store64,
    write_port,
)
from kvm_parts import LOAD, Recorder, Rig, rig

from devgen.hosts.kvm import KvmHost
from devgen.hosts.kvm.exit_accesses import (
    DIRECTION,
    IO_DATA,
    IO_DATA_OFFSET,
    KEY,
    LIMIT,
    MMIO_DATA,
    MMIO_IS_WRITE,
    MMIO_LENGTH,
    MemoryReads,
    MemoryWrites,
    PortInputs,
    PortOutputs,
)
from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.uapi import uapi_run
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock

PORT = 0x300
MMIO = 0xD0000000


def run(made: Rig, code: int = 0) -> KvmHost:
    with KvmHost(made.machine, count_exits=True) as host:
        result = host.run(10)
        assert (result.reason, result.code) == ("exit", code), result
        return host


def recorder(made: Rig, port: int = PORT, size: int = 8) -> Recorder:
    ops = Recorder()
    made.map_port(port, size, ops)
    return ops


@pytest.mark.parametrize("size", [1, 2, 4])
def test_port_write_brings_its_value(size: int) -> None:
    made = rig(write_port(PORT, 0x89ABCDEF, size) + finish())
    ops = recorder(made)
    run(made)
    assert ops.log == [(0, size, 0x89ABCDEF & (1 << 8 * size) - 1)]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_port_read_takes_the_answer(size: int) -> None:
    # What was read goes out again at another port.
    made = rig(read_port(PORT, size) + dx(PORT + 4) + {1: b"\xee", 2: b"\xef", 4: b"\x66\xef"}[size] + finish())
    ops = recorder(made)
    ops.answers = lambda offset, width: 0xFEDCBA98
    run(made)
    assert ops.log == [(0, size, None), (4, size, 0xFEDCBA98 & (1 << 8 * size) - 1)]


def test_an_empty_port_reads_ones_and_drops_writes() -> None:
    made = rig(write_port(PORT, 5, 4) + read_port(PORT, 4) + dx(PORT + 0x10) + b"\x66\xef" + finish())
    ops = recorder(made, PORT + 0x10)
    run(made)
    assert ops.log == [(0, 4, 0xFFFFFFFF)]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_string_output_in_order(size: int) -> None:
    data = bytes(range(1, 33))
    code = dx(PORT) + cx(32 // size) + si(LOAD + 0x100) + REP_OUTS[size] + finish()
    made = rig(code.ljust(0x100, b"\x90") + data)
    ops = recorder(made)
    host = run(made)
    values = [int.from_bytes(data[at : at + size], "little") for at in range(0, 32, size)]
    assert ops.log == [(0, size, value) for value in values]
    assert host.exits["io", PORT] >= 1


@pytest.mark.parametrize("size", [1, 2, 4])
def test_string_input_in_order(size: int) -> None:
    code = dx(PORT) + cx(5) + di(LOAD + 0x100) + REP_INS[size] + finish()
    made = rig(code)
    ops = recorder(made)
    answers = iter(range(0x11111101, 0x11111111))
    ops.answers = lambda offset, width: next(answers)
    run(made)
    mask = (1 << 8 * size) - 1
    expected = b"".join((0x11111101 + n & mask).to_bytes(size, "little") for n in range(5))
    assert made.machine.memory.read_bytes(LOAD + 0x100, 5 * size) == expected


def test_a_string_longer_than_a_page_of_data() -> None:
    code = dx(PORT) + cx(0x3000) + si(0x8000) + REP_OUTS[1] + finish()
    made = rig(code)
    ops = recorder(made)
    made.machine.memory.write_bytes(0x8000, bytes(n % 251 for n in range(0x3000)))
    run(made)
    assert [value for _, _, value in ops.log] == [n % 251 for n in range(0x3000)]


def test_a_string_that_moves_the_device_halfway_is_followed() -> None:
    made = rig(dx(PORT) + cx(4) + si(LOAD) + REP_OUTS[1] + finish())
    ops, below = Recorder(), Recorder()
    made.map_port(PORT, 1, below, priority=-1)
    region = made.map_port(PORT, 1, ops)
    ops.on_write = lambda offset, size, value: region.set_enabled(False) if len(ops.log) == 2 else None
    run(made)
    assert (len(ops.log), len(below.log)) == (2, 2)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_mmio_write_brings_its_value(size: int) -> None:
    value = 0x1122334455667788
    made = rig(rax(value) + store64(MMIO, size) + finish(), mode="long")
    ops = Recorder()
    made.map_mmio(MMIO, 0x1000, ops)
    run(made)
    assert ops.log == [(0, size, value & (1 << 8 * size) - 1)]


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_mmio_read_takes_the_answer(size: int) -> None:
    made = rig(load64(MMIO, size) + store64(0x9000, size) + finish(), mode="long")
    ops = Recorder()
    ops.answers = lambda offset, width: 0x8877665544332211
    made.map_mmio(MMIO, 0x1000, ops)
    run(made)
    expected = 0x8877665544332211 & (1 << 8 * size) - 1
    assert made.machine.memory.read(0x9000, 8) == expected


@pytest.mark.parametrize("split", range(1, 8))
def test_mmio_of_odd_lengths_at_a_page_boundary(split: int) -> None:
    """An 8-byte access across a page comes as two exits, 1 + 7, 2 + 6 ... 7 + 1 bytes long."""
    value = 0x0102030405060708
    address = MMIO + 0x1000 - split
    made = rig(rax(value) + store64(address, 8) + load64(address, 8) + store64(0x9000, 8) + finish(), mode="long")
    ops = Recorder()
    seen: dict[int, int] = {}
    ops.on_write = lambda offset, size, data: seen.update(
        {offset + n: byte for n, byte in enumerate(data.to_bytes(size, "little"))}
    )
    ops.answers = lambda offset, size: int.from_bytes(bytes(seen[offset + n] for n in range(size)), "little")
    made.map_mmio(MMIO, 0x2000, ops)
    run(made)
    assert bytes(seen[at] for at in sorted(seen)) == value.to_bytes(8, "little")
    assert made.machine.memory.read(0x9000, 8) == value
    assert [size for _, size, written in ops.log if written is not None] == [split, 8 - split]


def test_an_access_half_on_ram_half_on_nothing() -> None:
    made = rig(load64(0xFFFFC, 8) + store64(0x9000, 8) + finish(), mode="long")
    made.machine.memory.write(0xFFFFC, 0xCAFEF00D, 4)
    run(made)
    assert made.machine.memory.read(0x9000, 8) == 0xFFFFFFFF_CAFEF00D


def test_a_device_that_answers_too_much_is_cut() -> None:
    made = rig(eax(0) + read_port(PORT) + dx(0x310) + b"\xef" + finish())
    ops, out = recorder(made), recorder(made, 0x310)
    ops.answers = lambda offset, size: 0x12345678
    run(made)
    assert out.log[0][2] == 0x0078


def test_moving_a_region_changes_the_next_exit() -> None:
    made = rig(write_port(PORT, 1) + write_port(PORT, 2) + write_port(PORT + 1, 3) + finish())
    ops = Recorder()
    region = made.map_port(PORT, 1, ops)
    ops.on_write = lambda offset, size, value: region.set_address(PORT + 1)
    run(made)
    assert [value for _, _, value in ops.log] == [1, 3]


def test_a_port_that_moves_away_while_it_is_polled_is_not_answered_for() -> None:
    made = rig(read_port(PORT) * 3 + dx(PORT + 8) + b"\xee" + finish())
    ops, seen = Recorder(), recorder(made, PORT + 8)
    region = made.map_port(PORT, 1, ops)

    def answer(offset: int, size: int) -> int:
        if len(ops.log) == 2:
            region.set_address(PORT + 1)
        return 0x5A

    ops.answers = answer
    run(made)
    assert (len(ops.log), seen.log) == (2, [(0, 1, 0xFF)])


def fill(page: memoryview, port: int, direction: int, times: int = 1) -> int:
    words = page.cast("Q")
    words[KEY], words[IO_DATA_OFFSET] = direction | 1 << 8 | port << 16 | times << 32, IO_DATA
    return int(words[KEY])


@pytest.mark.parametrize("table", [PortInputs, PortOutputs])
def test_what_a_guests_ports_make_us_keep_is_bounded(table: type[PortInputs] | type[PortOutputs]) -> None:
    made = rig()
    page = memoryview(bytearray(0x2000))
    exits = table(made.machine.io, page, page.cast("Q"))
    for port in range(2 * LIMIT):
        exits[fill(page, port, table is PortOutputs)]()
    assert len(exits) <= LIMIT


def test_what_a_guests_addresses_make_us_keep_is_bounded() -> None:
    made = rig()
    page = memoryview(bytearray(0x2000)).cast("Q")
    reads, writes = MemoryReads(made.machine.memory, 4), MemoryWrites(made.machine.memory, 4, page)
    for number in range(2 * LIMIT):
        assert reads[MMIO + 4 * number]() == 0xFFFFFFFF
        writes[MMIO + 4 * number]()
    assert max(len(reads), len(writes)) <= LIMIT


@pytest.mark.parametrize(
    ("index", "member"),
    [(MMIO_LENGTH, "len"), (MMIO_IS_WRITE, "is_write"), (8 * MMIO_DATA, "data"), (8 * KEY, "phys_addr")],
)
def test_memory_exits_are_read_where_the_kernel_puts_them(index: int, member: str) -> None:
    run = uapi_run.kvm_run
    assert index == run._exit.offset + getattr(type(run().mmio), member).offset


@pytest.mark.parametrize(
    ("index", "member"), [(DIRECTION, "direction"), (8 * KEY, "direction"), (8 * IO_DATA_OFFSET, "data_offset")]
)
def test_port_exits_are_read_where_the_kernel_puts_them(index: int, member: str) -> None:
    run = uapi_run.kvm_run
    assert index == run._exit.offset + getattr(type(run().io), member).offset


def test_a_data_page_in_another_place_is_refused() -> None:
    made = rig()
    page = memoryview(bytearray(0x2000))
    exits = PortInputs(made.machine.io, page, page.cast("Q"))
    key = fill(page, PORT, 0)
    page.cast("Q")[IO_DATA_OFFSET] = 0x2000
    with pytest.raises(KvmError, match="0x2000"):
        exits[key]()


def test_exits_are_counted_by_place() -> None:
    made = rig(write_port(PORT, 1) * 3 + read_port(PORT + 1) + finish())
    recorder(made)
    host = run(made)
    assert host.exits["io", PORT] == 3
    assert host.exits["io", PORT + 1] == 1
    assert host.exits["io", 0xF4] == 1


def test_a_rom_is_read_without_an_exit_and_not_written() -> None:
    made = rig(load64(MMIO, 4) + store64(0x9000, 4) + rax(0) + store64(MMIO, 4) + finish(), mode="long")
    block = RamBlock(0x1000)
    block.view[:4] = b"\x01\x02\x03\x04"
    made.machine.memory.root.add_subregion(MMIO, MemoryRegion.rom("rom", 0x1000, block))
    host = run(made)
    assert made.machine.memory.read_bytes(0x9000, 4) == b"\x01\x02\x03\x04"
    assert bytes(block.view[:4]) == b"\x01\x02\x03\x04"
    assert host.exits["mmio", MMIO] == 1  # the write
