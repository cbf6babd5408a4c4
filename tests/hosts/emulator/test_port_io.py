"""Port instructions reach the device with their exact port, width and value, and nothing runs in between."""

import pytest
from emulator_parts import LOAD, asm, rig

DONE = "\nmov $0, %al\nout %al, $0xf4\nhlt\n"
SETUP = "xor %ax, %ax\nmov %ax, %ds\nmov %ax, %es\ncld\n"


def test_in_and_out_in_every_width() -> None:
    code = asm(
        SETUP
        + """
        mov $0x300, %dx
        in %dx, %al
        mov %al, 0x5000
        in %dx, %ax
        mov %ax, 0x5002
        in %dx, %eax
        mov %eax, 0x5004
        mov $0x11223344, %eax
        out %al, %dx
        out %ax, %dx
        out %eax, %dx
        inc %dx
        out %al, %dx
        in $0xe0, %al
        out %al, $0xe1
        """
        + DONE
    )
    with rig(code) as r:
        port, low = r.map_port(0x300), r.map_port(0xE0)
        assert r.run().ok
        reads = [(0, 1, None), (0, 2, None), (0, 4, None)]
        assert port.log == [*reads, (0, 1, 0x44), (0, 2, 0x3344), (0, 4, 0x11223344), (1, 1, 0x44)]
        assert low.log == [(0, 1, None), (1, 1, 1)]
        assert (r.word(0x5000, 1), r.word(0x5002, 2), r.word(0x5004)) == (1, 0x0201, 0x04030201)


@pytest.mark.parametrize(("letter", "size"), [("b", 1), ("w", 2), ("l", 4)])
def test_string_io_comes_element_by_element(letter: str, size: int) -> None:
    code = asm(
        SETUP
        + f"""
        mov $0x300, %dx
        mov $0x5000, %di
        mov $3, %cx
        rep ins{letter}
        mov $0x5000, %si
        mov $3, %cx
        rep outs{letter}
        xor %cx, %cx
        rep outs{letter}
        """
        + DONE
    )
    with rig(code) as r:
        port = r.map_port(0x300)
        answers = iter((0x11223344, 0x55667788, 0x0A0B0C0D))
        port.answer = lambda offset, width: next(answers) & ((1 << 8 * width) - 1)
        assert r.run().ok
        mask = (1 << 8 * size) - 1
        values = [0x11223344 & mask, 0x55667788 & mask, 0x0A0B0C0D & mask]
        assert port.log == [(0, size, None)] * 3 + [(0, size, value) for value in values]


def test_string_io_backwards_and_single() -> None:
    code = asm(
        SETUP
        + """
        movl $0x44332211, 0x5000
        mov $0x300, %dx
        mov $0x5003, %si
        mov $2, %cx
        std
        rep outsb
        outsb
        mov $0x5011, %di
        mov $2, %cx
        rep insb
        """
        + DONE
    )
    with rig(code) as r:
        port = r.map_port(0x300)
        assert r.run().ok
        assert port.log == [(0, 1, 0x44), (0, 1, 0x33), (0, 1, 0x22), (0, 1, None), (0, 1, None)]
        assert r.ram(0x5010, 2) == b"\1\1"


def test_ports_with_nothing_read_ones() -> None:
    code = asm("mov $0x555, %dx\nin %dx, %eax\nxor %bx, %bx\nmov %bx, %ds\nmov %eax, 0x5000\nout %ax, %dx" + DONE)
    with rig(code) as r:
        assert r.run().ok
        assert r.word(0x5000) == 0xFFFFFFFF


def test_an_exit_ends_the_run_before_the_next_instruction() -> None:
    code = asm("mov $7, %al\nout %al, $0xf4\ninc %bx\nout %al, $0xe0\n1: jmp 1b\n")
    with rig(code) as r:
        port = r.map_port(0xE0)
        result = r.run()
        assert (result.reason, result.code, result.accel) == ("exit", 7, "emulator")
        assert port.log == []


def test_insb_to_mmio_and_outsb_from_mmio() -> None:
    code = asm(
        """
        mov $0x300, %edx
        mov $0xd0000000, %edi
        mov $2, %ecx
        rep insb
        mov $0xd0000004, %esi
        outsl
        """
        + DONE,
        32,
    )
    with rig(code, mode="protected") as r:
        port, mmio = r.map_port(0x300), r.map_mmio(0xD0000000)
        assert r.run().ok
        assert mmio.log == [(0, 1, 1), (1, 1, 1), (4, 4, None)]
        assert port.log == [(0, 1, None), (0, 1, None), (0, 4, 0x04030201)]


def test_an_access_may_come_from_the_last_byte_of_ram() -> None:
    with rig(b"\xe6\xf4", ram=LOAD + 0x1000) as r:
        assert r.run().reason == "exit"
