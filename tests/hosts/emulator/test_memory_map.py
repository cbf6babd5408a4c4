"""The map changes while the guest runs: BARs that move, doorbells that follow, writes that may be late."""

from emulator_parts import Log, Rig, asm, rig

from devgen.runtime.memory.event_notifier import EventNotifier, IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.memory.ram_block import RamBlock

DONE = "\nmov $0, %al\nout %al, $0xf4\nhlt\n"
BASE = 0xD0000000


def movable(r: Rig, region: MemoryRegion, port: int = 0x300) -> None:
    """A port: a 32-bit write moves ``region`` there, 0 hides it."""
    r.add_region(BASE, region)

    def move(_offset: int, _size: int, value: int) -> None:
        region.set_enabled(value != 0)
        if value:
            region.set_address(value)

    r.map_port(port).on_write = move


def test_a_register_bank_moves_between_two_instructions() -> None:
    code = asm(
        """
        mov $0x300, %edx
        mov 0xd0000000, %ebx
        mov $0xd1000000, %eax
        out %eax, %dx
        mov 0xd0000000, %ecx
        mov 0xd1000000, %ebx
        mov %ecx, 0x5000
        xor %eax, %eax
        out %eax, %dx
        mov 0xd1000000, %ecx
        mov %ecx, 0x5004
        """
        + DONE,
        32,
    )
    with rig(code, mode="protected") as r:
        log = Log()
        movable(r, MemoryRegion.io("bank", 0x1000, log))
        assert r.run().ok
        assert log.log == [(0, 4, None)] * 2
        assert r.word(0x5000) == r.word(0x5004) == 0xFFFFFFFF


def test_ram_moves_with_its_content_and_leaves_nothing() -> None:
    code = asm(
        """
        mov $0x300, %edx
        movl $0x1234, 0xd0000000
        mov $0xd1000000, %eax
        out %eax, %dx
        movl $1, 0xd0000000
        mov 0xd0000000, %ecx
        mov %ecx, 0x5000
        mov 0xd1000000, %ecx
        mov %ecx, 0x5004
        incl 0xd1000000
        """
        + DONE,
        32,
    )
    with rig(code, mode="protected") as r:
        block = RamBlock(0x2000)
        movable(r, MemoryRegion.ram("vram", 0x2000, block))
        assert r.run().ok
        assert (r.word(0x5000), r.word(0x5004)) == (0xFFFFFFFF, 0x1234)
        assert bytes(block.view[:2]) == b"\x35\x12"


def test_code_moves_too() -> None:
    code = asm(
        """
        mov $0x300, %edx
        mov $0x7f00, %esp
        call *%edi
        mov $0xd1000000, %eax
        out %eax, %dx
        mov $0xd1000000, %edi
        call *%edi
        """.replace("call *%edi", "mov $0xd0000000, %edi\ncall *%edi", 1)
        + DONE,
        32,
    )
    with rig(code, mode="protected") as r:
        block = RamBlock(0x1000)
        block.view[:7] = b"\xff\x05\x00\x50\x00\x00\xc3"  # incl 0x5000; ret
        movable(r, MemoryRegion.ram("vram", 0x1000, block))
        assert r.run().ok
        assert r.word(0x5000) == 2


def test_a_window_over_ram_hides_and_shows_it() -> None:
    code = asm(
        """
        mov $0x300, %edx
        movl $7, 0x80000
        mov $0x80000, %eax
        out %eax, %dx
        movl $9, 0x80000
        mov 0x80000, %ecx
        mov %ecx, 0x5000
        xor %eax, %eax
        out %eax, %dx
        mov 0x80000, %ecx
        mov %ecx, 0x5004
        """
        + DONE,
        32,
    )
    with rig(code, mode="protected") as r:
        log = Log()
        region = MemoryRegion.io("window", 0x800, log)
        r.add_region(BASE, region, priority=1)

        def move(_offset: int, _size: int, value: int) -> None:
            region.set_enabled(value != 0)
            if value:
                region.set_address(value)

        r.map_port(0x300).on_write = move
        assert r.run().ok
        assert log.log == [(0, 4, 9), (0, 4, None)]
        assert (r.word(0x5000), r.word(0x5004)) == (0x04030201, 7)


def test_moving_for_ever_leaks_nothing() -> None:
    code = asm(
        """
        mov $0x300, %edx
        mov $0xd0000000, %eax
        mov $300, %ecx
1:      add $0x1000, %eax
        out %eax, %dx
        incl (%eax)
        loop 1b
        """
        + DONE,
        32,
    )
    with rig(code, mode="protected") as r:
        block = RamBlock(0x1000)
        movable(r, MemoryRegion.ram("vram", 0x1000, block))
        assert r.run().ok
        assert int.from_bytes(block.view[:4], "little") == 300
        uc = r.start()._processor.cpu.uc
        assert len(list(uc.mem_regions())) <= 8  # type: ignore[attr-defined]


def doorbell(offset: int, length: int, match: int | None, rings: list[int]) -> IoEventFd:
    return IoEventFd(offset, length, match, EventNotifier(), rings.append)


def test_doorbells_take_the_writes_that_match() -> None:
    code = asm(
        "movl $1, 0xd0000000\nmovl $2, 0xd0000000\nmovw $1, 0xd0000000\nmovb $5, 0xd0000004\nmovl $5, 0xd0000004"
        + DONE,
        32,
    )
    with rig(code, mode="protected") as r:
        log, rings, other = Log(), [], []  # type: ignore[var-annotated]
        region = MemoryRegion.io("bank", 0x1000, log)
        region.add_ioeventfd(doorbell(0, 4, 1, rings))
        region.add_ioeventfd(doorbell(4, 0, None, other))
        r.add_region(BASE, region)
        assert r.run().ok
        assert log.log == [(0, 4, 2), (0, 2, 1)]
        assert (sum(rings), sum(other)) == (1, 2)


def test_port_doorbells() -> None:
    with rig(asm("mov $0x310, %dx\nmov $3, %ax\nout %ax, %dx\nout %al, %dx" + DONE)) as r:
        log, rings = Log(), []  # type: ignore[var-annotated]
        region = MemoryRegion.io("ports", 8, log)
        region.add_ioeventfd(doorbell(0, 2, 3, rings))
        r.machine.io.root.add_subregion(0x310, region)
        assert r.run().ok
        assert rings == [1] and log.log == [(0, 1, 3)]


def coalesced(r: Rig, log: Log) -> None:
    region = MemoryRegion.io("bank", 0x1000, log)
    region.add_coalesced(0, 0x100)
    r.add_region(BASE, region)


def test_late_writes_come_in_order_before_the_next_access() -> None:
    code = asm(
        "movl $1, 0xd0000000\nmovw $2, 0xd0000010\nin $0xe0, %al\nmovl $3, 0xd0000004\nmov 0xd0000200, %eax" + DONE, 32
    )
    with rig(code, mode="protected") as r:
        log = Log()
        coalesced(r, log)
        order: list[int] = []
        r.map_port(0xE0).answer = lambda offset, size: order.append(len(log.log)) or 0
        assert r.run().ok
        assert order == [2]
        assert log.log == [(0, 4, 1), (0x10, 2, 2), (4, 4, 3), (0x200, 4, None)]


def test_a_full_ring_is_handed_over() -> None:
    code = asm("mov $400, %ecx\n1: mov %ecx, 0xd0000000\nloop 1b\n" + DONE, 32)
    with rig(code, mode="protected") as r:
        log = Log()
        coalesced(r, log)
        assert r.run().ok
        assert [value for _, _, value in log.log] == list(range(400, 0, -1))


def test_late_writes_arrive_when_nothing_follows() -> None:
    with rig(asm("movl $1, 0xd0000000\n1: jmp 1b", 32), mode="protected") as r:
        log = Log()
        coalesced(r, log)
        assert r.run(0.05).reason == "timeout"
        assert log.log == [(0, 4, 1)]


def test_a_write_across_the_zones_end_is_not_late() -> None:
    with rig(asm("movl $1, 0xd0000000\nmovl $2, 0xd00000fe" + DONE, 32), mode="protected") as r:
        log = Log()
        coalesced(r, log)
        assert r.run().ok
        assert log.log == [(0, 4, 1), (0xFE, 4, 2)]


def test_late_port_writes() -> None:
    with rig(asm("mov $0x310, %dx\nmov $1, %al\nout %al, %dx\nmov $2, %al\nout %al, %dx\nin $0xe0, %al" + DONE)) as r:
        log = Log()
        region = MemoryRegion.io("ports", 8, log)
        region.add_coalesced(0, 8)
        r.machine.io.root.add_subregion(0x310, region)
        seen: list[int] = []
        r.map_port(0xE0).answer = lambda offset, size: seen.append(len(log.log)) or 0
        assert r.run().ok
        assert seen == [2]
