"""Interrupts and exceptions enter their handlers in each mode, between two instructions, and return."""

import pytest
from emulator_parts import Log, Rig, asm, rig

DONE = "\nmov $0, %al\nout %al, $0xf4\nhlt\n"

# The PIC pair at vectors 0x20 and 0x28, everything unmasked.
PIC = """
        mov $0x11, %al
        out %al, $0x20
        out %al, $0xa0
        mov $0x20, %al
        out %al, $0x21
        mov $0x28, %al
        out %al, $0xa1
        mov $4, %al
        out %al, $0x21
        mov $2, %al
        out %al, $0xa1
        mov $1, %al
        out %al, $0x21
        out %al, $0xa1
        xor %al, %al
        out %al, $0x21
        out %al, $0xa1
"""

REAL = f"""
        xor %ax, %ax
        mov %ax, %ds
        mov %ax, %ss
        mov $0x6000, %sp
        movw $handler, 0x25 * 4
        movw $0, 0x25 * 4 + 2
        {PIC}
"""

# Flat 32-bit: an interrupt gate for vector 0x25 in a table at 0x4000.
PROTECTED = f"""
        mov $0x6000, %esp
        lidt idt
        mov $handler, %eax
        mov %ax, 0x4000 + 0x25 * 8
        movw $8, 0x4000 + 0x25 * 8 + 2
        movw $0x8e00, 0x4000 + 0x25 * 8 + 4
        shr $16, %eax
        mov %ax, 0x4000 + 0x25 * 8 + 6
        {PIC}
"""
IDT32 = "idt: .word 0x7ff\n.long 0x4000\n"

LONG = f"""
        mov $0x7ff8, %rsp
        lidt idt(%rip)
        mov $handler, %eax
        mov $0x8000 + 0x25 * 16, %edi
        mov %ax, (%rdi)
        movw $8, 2(%rdi)
        movw $0x8e00, 4(%rdi)
        shr $16, %eax
        mov %ax, 6(%rdi)
        movq $0, 8(%rdi)
        {PIC}
"""
IDT64 = "idt: .word 0xfff\n.quad 0x8000\n"


def raising(r: Rig, port: int = 0x300, gsi: int = 5) -> Log:
    """A port whose writes set the level of a GSI (edge-triggered at the PIC: 1 is a request)."""
    line = r.map_port(port)

    def drive(_offset: int, _size: int, value: int) -> None:
        for sink in r.machine.gsi_sinks:
            sink(gsi, value & 1)

    line.on_write = drive
    return line


def test_real_mode_takes_an_interrupt_before_the_next_instruction() -> None:
    code = asm(
        REAL
        + """
        sti
        nop
        mov $0x300, %dx
        mov $1, %al
        xor %cx, %cx
        out %al, %dx
        inc %cx
        inc %cx
        mov %cx, 0x5002
        """
        + DONE
        + "handler: mov %cx, 0x5000\n mov $0x65, %al\n pushf\n pop %bx\n mov %bx, 0x5004\n iret\n"
    )
    with rig(code, irqchip="kernel") as r:
        raising(r)
        assert r.run().ok
        assert (r.word(0x5000, 2), r.word(0x5002, 2)) == (0, 2)
        assert not r.word(0x5004, 2) & 0x200


def test_protected_mode_pushes_a_frame_and_iret_returns() -> None:
    code = asm(
        PROTECTED
        + """
        sti
        nop
        mov $0x300, %edx
        mov $1, %al
        out %al, %dx
after:  mov %esp, 0x5010
        """
        + DONE
        + """
handler:
        mov (%esp), %eax
        sub $after, %eax
        mov %eax, 0x5000
        mov 4(%esp), %eax
        mov %eax, 0x5004
        mov 8(%esp), %eax
        mov %eax, 0x5008
        iret
        """
        + IDT32,
        32,
    )
    with rig(code, mode="protected", irqchip="kernel") as r:
        raising(r)
        assert r.run().ok
        assert r.word(0x5000) == 0 and r.word(0x5004) == 8 and r.word(0x5008) & 0x200
        assert r.word(0x5010) == 0x6000


def test_long_mode_aligns_the_stack_and_pushes_five_words() -> None:
    code = asm(
        LONG
        + """
        sti
        nop
        mov $0x300, %edx
        mov $1, %al
        out %al, %dx
after:  mov %rsp, 0x5030
        """
        + DONE
        + """
handler:
        mov %rsp, 0x5028
        mov (%rsp), %rax
        sub $after, %rax
        mov %rax, 0x5000
        mov 8(%rsp), %rax
        mov %rax, 0x5008
        mov 24(%rsp), %rax
        mov %rax, 0x5010
        mov 32(%rsp), %rax
        mov %rax, 0x5018
        iretq
        """
        + IDT64,
        64,
    )
    with rig(code, mode="long", irqchip="kernel") as r:
        raising(r)
        assert r.run().ok
        assert [r.word(0x5000 + 8 * n, 8) for n in range(4)] == [0, 8, 0x7FF8, 0x10]
        assert r.word(0x5028, 8) == 0x7FF0 - 40 and r.word(0x5030, 8) == 0x7FF8


def test_an_interrupt_waits_for_if_and_for_the_instruction_after_sti() -> None:
    code = asm(
        REAL
        + """
        mov $0x300, %dx
        mov $1, %al
        out %al, %dx
        mov $100, %cx
1:      loop 1b
        sti
        inc %cx
        inc %cx
        cli
        mov %cx, 0x5002
        """
        + DONE
        + "handler: mov %cx, 0x5000\n iret\n"
    )
    with rig(code, irqchip="kernel") as r:
        raising(r)
        assert r.run().ok
        assert (r.word(0x5000, 2), r.word(0x5002, 2)) == (1, 2)


def test_a_window_of_one_instruction_is_found() -> None:
    code = asm(
        REAL
        + """
        mov $0x300, %dx
        mov $1, %al
        out %al, %dx
        mov $1000, %cx
1:      loop 1b
        sti
        nop
        cli
        incw 0x5002
        """
        + DONE
        + "handler: incw 0x5000\n iret\n"
    )
    with rig(code, irqchip="kernel") as r:
        raising(r)
        assert r.run().ok
        assert r.word(0x5000, 2) == 1


def test_popf_and_iret_open_the_window_too() -> None:
    code = asm(
        REAL
        + """
        mov $0x300, %dx
        mov $1, %al
        out %al, %dx
        pushf
        orw $0x200, -2(%esp)
        mov %sp, %bp
        orw $0x200, (%bp)
        popf
        nop
        cli
        """
        + DONE
        + "handler: incw 0x5000\n iret\n"
    )
    with rig(code, irqchip="kernel") as r:
        raising(r)
        assert r.run().ok
        assert r.word(0x5000, 2) == 1


def test_sti_hlt_does_not_lose_an_interrupt_that_waits_already() -> None:
    code = asm(
        REAL
        + "mov $0x300, %dx\nmov $1, %al\nout %al, %dx\nsti\nhlt\nincw 0x5002"
        + DONE
        + "handler: incw 0x5000\n iret\n"
    )
    with rig(code, irqchip="kernel") as r:
        raising(r)
        assert r.run().ok
        assert (r.word(0x5000, 2), r.word(0x5002, 2)) == (1, 1)


def test_an_interrupt_between_the_elements_of_string_io_loses_none() -> None:
    code = asm(
        REAL
        + """
        mov %ax, %es
        cld
        sti
        mov $0x300, %dx
        mov $0x5100, %si
        mov $8, %cx
        movw $0x100, 0x5100
        rep outsb
        mov $0x5200, %di
        mov $8, %cx
        rep insb
        """
        + DONE
        + "handler: incw 0x5000\n mov $0x20, %al\n out %al, $0x20\n iret\n"
    )
    with rig(code, irqchip="kernel") as r:
        port = raising(r)
        count = iter(range(0x30, 0x50))

        def answer(_offset: int, _size: int) -> int:
            for sink in r.machine.gsi_sinks:
                sink(5, 1)
                sink(5, 0)
            return next(count)

        port.answer = answer
        assert r.run().ok
        assert [value for _, _, value in port.log] == [0, 1, 0, 0, 0, 0, 0, 0, *[None] * 8]
        assert r.ram(0x5200, 8) == bytes(range(0x30, 0x38))
        assert r.word(0x5000, 2) == 9


@pytest.mark.parametrize(
    "access", ["mov 0xd0000000, %eax", "addl $1, 0xd0000000", "push 0xd0000000", "xchg %eax, 0xd0000000"]
)
def test_an_interrupt_raised_by_a_memory_access_does_not_repeat_it(access: str) -> None:
    code = asm(
        PROTECTED
        + f"sti\nnop\nmov %esp, %ebp\n{access}\nincl 0x5004\nmov %ebp, %esp\n"
        + DONE
        + "handler: incl 0x5000\nmov 0x5004, %ecx\nmov %ecx, 0x5008\nmov $0x20, %al\nout %al, $0x20\niret\n"
        + IDT32,
        32,
    )
    with rig(code, mode="protected", irqchip="kernel") as r:
        mmio = r.map_mmio(0xD0000000)

        def answer(_offset: int, _size: int) -> int:
            for sink in r.machine.gsi_sinks:
                sink(5, 1)
            return 5

        mmio.answer = answer
        assert r.run().ok
        assert [value for _, _, value in mmio.log].count(None) == 1
        assert len(mmio.log) <= 2
        assert (r.word(0x5000), r.word(0x5004), r.word(0x5008)) == (1, 1, 0)


@pytest.mark.parametrize(
    ("cause", "vector", "behind"),
    [
        ("xor %cx, %cx\ndiv %cx", 0, 0),
        ("int $0x40", 0x40, 2),
        ("int3", 3, 1),
        ("ud2", 6, 0),
        ("bound %ax, 0x5100", 5, 0),
    ],
)
def test_exceptions_in_real_mode(cause: str, vector: int, behind: int) -> None:
    code = asm(
        f"""
        xor %ax, %ax
        mov %ax, %ds
        mov %ax, %ss
        mov $0x6000, %sp
        movw $handler, {vector} * 4
        movw $0, {vector} * 4 + 2
        mov $0x7000, %ax
        {cause.splitlines()[0] if chr(10) in cause else "nop"}
here:   {cause.splitlines()[-1]}
        {DONE}
handler:
        pop %ax
        sub $here, %ax
        mov %ax, 0x5000
        {DONE}
        """
    )
    with rig(code) as r:
        r.machine.memory.write_bytes(0x5000, b"\xff\xff")
        assert r.run().ok
        assert r.word(0x5000, 2) == behind


def test_a_general_protection_fault_pushes_an_error_code() -> None:
    code = asm(
        PROTECTED.replace("0x25", "13")
        + "mov $0x7770, %eax\nmov %eax, %ds\n"
        + DONE
        + "handler: mov 4(%esp), %ebx\nmov %ebx, %cs:0x5000\nmov 8(%esp), %ebx\n mov $0x2a, %al\n out %al, $0xf4\n"
        + IDT32,
        32,
    )
    with rig(code, mode="protected", irqchip="kernel") as r:
        assert r.run().reason == "exit"


def test_a_page_fault_names_its_address() -> None:
    code = asm(
        PROTECTED.replace("0x25", "14")
        + """
        movl $0x83, 0x9000
        mov $0x9000, %eax
        mov %eax, %cr3
        mov %cr4, %eax
        or $0x10, %eax
        mov %eax, %cr4
        mov %cr0, %eax
        or $0x80000000, %eax
        mov %eax, %cr0
        mov 0x12345678, %eax
        """
        + DONE
        + "handler: mov %cr2, %eax\nmov %eax, 0x5000\nmov $9, %al\nout %al, $0xf4\nhlt\n"
        + IDT32,
        32,
    )
    with rig(code, mode="protected", irqchip="kernel") as r:
        assert r.run().code == 9
        assert r.word(0x5000) == 0x12345678


@pytest.mark.parametrize("cause", ["ud2", "int $0x80", "mov $0xffff, %eax\nmov %eax, %ds", "xor %ecx, %ecx\ndiv %ecx"])
def test_an_exception_without_a_table_shuts_down(cause: str) -> None:
    with rig(asm(f"{cause}\n1: jmp 1b", 32), mode="protected") as r:
        assert r.run().reason == "shutdown"


def test_a_guest_may_switch_modes_by_itself() -> None:
    code = asm(
        """
        cli
        xor %ax, %ax
        mov %ax, %ds
        lgdtl gdtr
        mov %cr0, %eax
        or $1, %al
        mov %eax, %cr0
        ljmpl $8, $flat
        .code32
flat:   mov $0x10, %eax
        mov %eax, %ds
        mov %eax, %ss
        mov $0x6000, %esp
        mov 0xd0000004, %eax
        ljmp $0x18, $back
        .code16
back:   mov $0x20, %ax
        mov %ax, %ds
        mov %cr0, %eax
        and $0xfe, %al
        mov %eax, %cr0
        ljmp $0, $real
real:   xor %ax, %ax
        mov %ax, %ds
        mov $0x300, %dx
        in %dx, %ax
        """
        + DONE
        + """
        .balign 8
gdt:    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00009b000000ffff, 0x000093000000ffff
gdtr:   .word 39
        .long gdt
        """
    )
    with rig(code) as r:
        mmio, port = r.map_mmio(0xD0000000), r.map_port(0x300)
        assert r.run().ok
        assert mmio.log == [(4, 4, None)] and port.log == [(0, 2, None)]
