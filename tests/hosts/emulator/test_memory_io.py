"""Loads and stores outside RAM reach the device whole: exact address, width 1 to 8 bytes, aligned or not."""

import pytest
from emulator_parts import asm, rig

DONE = "\nmov $0, %al\nout %al, $0xf4\nhlt\n"
BASE = 0xD0000000


def guest(body: str) -> bytes:
    return asm(f"mov $0x6000, %esp\nmov ${BASE:#x}, %ebx\n{body}{DONE}", 32)


@pytest.mark.parametrize(
    ("body", "log"),
    [
        ("mov (%ebx), %al", [(0, 1, None)]),
        ("mov 3(%ebx), %al", [(3, 1, None)]),
        ("mov 2(%ebx), %ax", [(2, 2, None)]),
        ("mov 1(%ebx), %ax", [(1, 2, None)]),
        ("mov (%ebx), %eax", [(0, 4, None)]),
        ("mov 3(%ebx), %eax", [(3, 4, None)]),
        ("movq (%ebx), %mm0", [(0, 8, None)]),
        ("movq 5(%ebx), %mm0", [(5, 8, None)]),
        ("movzbl 1(%ebx), %eax", [(1, 1, None)]),
        ("test %eax, 4(%ebx)", [(4, 4, None)]),
        ("orl $0x10, (%ebx)", [(0, 4, None), (0, 4, 0x04030211)]),
        ("mov $0x99, %eax\nxchg %eax, (%ebx)", [(0, 4, None), (0, 4, 0x99)]),
        ("push 4(%ebx)", [(4, 4, None)]),
        ("movb $0x12, (%ebx)", [(0, 1, 0x12)]),
        ("movw $0x1234, 2(%ebx)", [(2, 2, 0x1234)]),
        ("movw $0x1234, 3(%ebx)", [(3, 2, 0x1234)]),
        ("movl $0x12345678, (%ebx)", [(0, 4, 0x12345678)]),
        ("movl $0x12345678, 1(%ebx)", [(1, 4, 0x12345678)]),
        ("movq (%ebx), %mm0\nmovq %mm0, 8(%ebx)", [(0, 8, None), (8, 8, 0x0807060504030201)]),
        ("movq (%ebx), %mm0\nmovq %mm0, 9(%ebx)", [(0, 8, None), (9, 8, 0x0807060504030201)]),
        ("movl $1, 2(%ebx)\nmovl $2, 6(%ebx)\nmovb $3, (%ebx)", [(2, 4, 1), (6, 4, 2), (0, 1, 3)]),
        ("mov %ebx, %edi\nmov $2, %ecx\nmov $7, %eax\nrep stosl", [(0, 4, 7), (4, 4, 7)]),
        ("lea 1(%ebx), %edi\nmov $2, %ecx\nmov $7, %eax\nrep stosw", [(1, 2, 7), (3, 2, 7)]),
        ("lea 4(%ebx), %esi\nmov %ebx, %edi\nmovsl", [(4, 4, None), (0, 4, 0x04030201)]),
        ("fildll (%ebx)\nfistpll 8(%ebx)", [(0, 8, None), (8, 8, 0x0807060504030201)]),
    ],
)
def test_accesses_are_whole(body: str, log: list[tuple[int, int, int | None]]) -> None:
    with rig(guest(body), mode="protected") as r:
        mmio = r.map_mmio(BASE)
        assert r.run().ok
        assert mmio.log == log


@pytest.mark.parametrize(
    ("load", "value"),
    [("mov (%ebx), %eax", 0x44332211), ("mov 1(%ebx), %eax", 0x55443322), ("mov 3(%ebx), %ax", 0x5544)],
)
def test_what_is_read_is_what_the_device_says(load: str, value: int) -> None:
    with rig(guest(f"xor %eax, %eax\n{load}\nmov %eax, 0x5000"), mode="protected") as r:
        content = bytes(range(0x11, 0x99, 0x11))
        r.map_mmio(BASE).answer = lambda offset, size: int.from_bytes(content[offset : offset + size], "little")
        assert r.run().ok
        assert r.word(0x5000) == value


def test_eight_bytes_at_once_in_long_mode() -> None:
    code = asm(
        f"mov ${BASE:#x}, %ebx\nmov 3(%rbx), %rax\nmov %rax, 0x5000\nmov %rax, (%rbx)\nmov %rax, 12(%rbx)" + DONE, 64
    )
    with rig(code, mode="long") as r:
        mmio = r.map_mmio(BASE)
        assert r.run().ok
        assert mmio.log == [(3, 8, None), (0, 8, 0x0807060504030201), (12, 8, 0x0807060504030201)]
        assert r.word(0x5000, 8) == 0x0807060504030201


@pytest.mark.parametrize("page", [0x1000, 0x10000])
@pytest.mark.parametrize("reversed_order", [False, True])
def test_an_access_over_two_pages_is_cut_at_the_page(page: int, reversed_order: bool) -> None:
    bodies = [f"movl $0x44332211, {page - 2}(%ebx)\n", f"mov {page - 1}(%ebx), %eax\n"]
    logs = [[(page - 2, 2, 0x2211), (page, 2, 0x4433)], [(page - 1, 1, None), (page, 3, None)]]
    order = (1, 0) if reversed_order else (0, 1)
    with rig(guest("".join(bodies[n] for n in order)), mode="protected") as r:
        mmio = r.map_mmio(BASE, 0x20000)
        assert r.run().ok
        assert mmio.log == [entry for n in order for entry in logs[n]]


def test_touching_all_of_memory_costs_no_memory() -> None:
    body = "mov $0x800, %ecx\n1: mov (%ebx), %al\nmov %al, 1(%ebx)\nadd $0x10000, %ebx\nloop 1b"
    with rig(guest(body), mode="protected") as r:
        assert r.run().ok
        assert r.machine.memory.unassigned_reads == 0x800
        assert len(list(r.start()._processor.cpu.uc.mem_regions())) < 300  # type: ignore[attr-defined]


def test_an_access_from_a_device_into_ram_touches_both() -> None:
    body = "movl $0x44332211, 0xffe(%ebx)\nmovl $0x88776655, 0x1000(%ebx)\nmov 0xffe(%ebx), %eax\nmov %eax, 0x5000"
    with rig(guest(body), mode="protected") as r:
        mmio = r.map_mmio(BASE)
        block = r.add_ram(BASE + 0x1000)
        assert r.run().ok
        assert mmio.log == [(0xFFE, 2, 0x2211), (0xFFE, 2, None)]
        assert bytes(block.view[:4]) == b"\x55\x66\x77\x88"
        assert r.word(0x5000) == 0x66550201


def test_regions_may_be_smaller_than_a_page() -> None:
    code = guest("mov (%ebx), %eax\nmov 0x10(%ebx), %eax\nmov 0x20(%ebx), %eax\nmov %eax, 0x5000")
    with rig(code, mode="protected") as r:
        one, two = r.map_mmio(BASE, 0x10), r.map_mmio(BASE + 0x10, 0x10)
        assert r.run().ok
        assert one.log == [(0, 4, None)] and two.log == [(0, 4, None)]
        assert r.word(0x5000) == 0xFFFFFFFF


def test_ram_that_shares_a_page_with_a_device_still_works() -> None:
    body = "movl $0x12345678, 0x7fc(%ebx)\nmov 0x7fc(%ebx), %eax\nmov %eax, 0x5000\nmov 0x800(%ebx), %eax"
    with rig(guest(body), mode="protected") as r:
        block = r.add_ram(BASE, 0x800)
        mmio = r.map_mmio(BASE + 0x800, 0x800)
        assert r.run().ok
        assert block.view[0x7FC] == 0x78 and r.word(0x5000) == 0x12345678
        assert mmio.log == [(0, 4, None)]


@pytest.mark.parametrize("store", ["movl $-1, (%ebx)", "movl $-1, 1(%ebx)", "movb $-1, 3(%ebx)"])
def test_writes_to_rom_are_ignored(store: str) -> None:
    with rig(guest(f"{store}\nmov (%ebx), %eax\nmov %eax, 0x5000"), mode="protected") as r:
        rom = r.add_ram(BASE, rom=True)
        rom.view[:4] = b"\x01\x02\x03\x04"
        assert r.run().ok
        assert r.word(0x5000) == 0x04030201


def test_code_runs_from_rom_and_goes_on_after_a_write_to_it() -> None:
    with rig(guest("movl $-1, (%ebx)\ncall *%ebx"), mode="protected") as r:
        rom = r.add_ram(BASE, rom=True)
        program = bytes((0xC7, 0x03, 0, 0, 0, 0, 0xB0, 0x2A, 0xE6, 0xF4, 0xF4))  # movl $0,(%ebx); exit 42
        rom.view[: len(program)] = program
        assert r.run().code == 42


def test_ram_is_shared_with_the_guest_without_copies() -> None:
    with rig(guest("incl 0x5000\nincl (%ebx)"), mode="protected") as r:
        block = r.add_ram(BASE)
        r.machine.memory.write_bytes(0x5000, b"\x09")
        assert r.run().ok
        assert r.word(0x5000) == 10 and block.view[0] == 1


def test_nothing_there_reads_ones_and_swallows_writes() -> None:
    with rig(guest("movl $0, (%ebx)\nmov (%ebx), %eax\nmov %eax, 0x5000"), mode="protected") as r:
        assert r.run().ok
        assert r.word(0x5000) == 0xFFFFFFFF


def test_writes_to_logged_ram_are_recorded_and_done() -> None:
    with rig(guest("movl $5, 0x10(%ebx)\nmovl $6, 0x2ffe(%ebx)\nmov 0x1000(%ebx), %eax"), mode="protected") as r:
        block = r.add_ram(BASE, 0x4000)
        region = r.machine.memory.flat_view.find(BASE)
        assert region is not None
        region.region.log_dirty = True
        assert r.run().ok
        assert block.take_dirty() == [0, 0x2000, 0x3000]
        assert block.view[0x10] == 5 and block.view[0x2FFE] == 6
