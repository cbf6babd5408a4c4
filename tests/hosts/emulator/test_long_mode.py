"""Guests that enter long mode by themselves run there as those that start in it: upper half, interrupts, faults."""

import pytest
from emulator_parts import asm, rig
from test_interrupt_entry import PIC, raising

HIGH = 0xFFFFFFFF80000000

# From protected mode: the first 2 MiB at 0 and at -2 GiB, then 64-bit code.
ENTER = """
        movl $0xa003, 0x9000
        movl $0xa003, 0x9ff8
        movl $0xb003, 0xa000
        movl $0xb003, 0xaff0
        movl $0x83, 0xb000
        mov $0x9000, %eax
        mov %eax, %cr3
        mov %cr4, %eax
        or $0x20, %eax
        mov %eax, %cr4
        mov $0xc0000080, %ecx
        rdmsr
        or $0x100, %eax
        wrmsr
        mov %cr0, %eax
        or $0x80000000, %eax
        mov %eax, %cr0
        lgdt gdtr
        ljmp $0x18, $wide
.balign 8
gdt:    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
gdtr:   .word 31
        .long gdt
        .code64
wide:
"""

# On to the upper half: code, stack, interrupt table at 0x8000 (gate %ecx to handler %rax).
UPPER = f"""
        mov $upper + {HIGH}, %rax
        jmp *%rax
upper:  mov $0x6000 + {HIGH}, %rsp
        lidt idt(%rip)
        xor %ebp, %ebp
"""
GATES = f"""
gate:   mov $0x8000 + {HIGH}, %rdi
        shl $4, %ecx
        add %rcx, %rdi
        mov %ax, (%rdi)
        movw $0x18, 2(%rdi)
        movw $0x8e00, 4(%rdi)
        shr $16, %rax
        mov %ax, 6(%rdi)
        shr $16, %rax
        mov %rax, 8(%rdi)
        ret
.balign 8
idt:    .word 0xfff
        .quad 0x8000 + {HIGH}
"""
EXIT = "\nout %al, $0xf4\nhlt\n"


def handler(vector: int, label: str) -> str:
    return f"mov ${label} + {HIGH}, %rax\nmov ${vector}, %ecx\ncall gate\n"


def test_an_interrupt_in_the_upper_half_is_served_there() -> None:
    code = asm(
        ENTER
        + UPPER
        + handler(0x25, "h")
        + PIC
        + f"sti\nmov $0x300, %edx\nmov $1, %al\nout %al, %dx\nnop\nmov %ebp, %eax{EXIT}"
        + "h: inc %ebp\nmov (%rsp), %rax\nmov %rax, 0x5000\nmov 24(%rsp), %rax\nmov %rax, 0x5008\n"
        + "mov $0x20, %al\nout %al, $0x20\niretq\n"
        + GATES,
        32,
    )
    with rig(code, mode="protected", irqchip="kernel") as r:
        raising(r)
        assert r.run().code == 1
        assert r.word(0x5000, 8) >> 16 == HIGH >> 16
        assert r.word(0x5008, 8) == HIGH + 0x6000


def test_the_halted_processor_wakes_in_the_upper_half() -> None:
    code = asm(
        ENTER
        + UPPER
        + handler(0x20, "h")
        + PIC
        + "mov $0x34, %al\nout %al, $0x43\nmov $0xff, %al\nout %al, $0x40\nout %al, $0x40\n"
        + f"sti\n1: hlt\ncmp $3, %ebp\njb 1b\nmov %ebp, %eax{EXIT}"
        + "h: inc %ebp\nmov $0x20, %al\nout %al, $0x20\niretq\n"
        + GATES,
        32,
    )
    with rig(code, mode="protected", irqchip="kernel", clock="manual") as r:
        assert r.run().code == 3


def test_page_faults_in_the_upper_half_come_one_by_one() -> None:
    code = asm(
        ENTER
        + UPPER
        + handler(14, "h")
        + f"mov $0x40000000 + {HIGH}, %rbx\nmov (%rbx), %eax\nmov %eax, (%rbx)\nmov %ebp, %eax{EXIT}"
        + "h: pop %rcx\nshl $4, %ebp\nor $1, %ebp\nadd %ecx, %ebp\nmov %cr2, %rax\nmov %rax, 0x5000\n"
        + "addq $2, (%rsp)\niretq\n"
        + GATES,
        32,
    )
    with rig(code, mode="protected") as r:
        assert r.run().code == 0x13  # a load, error code 0, then a store, error code 2
        assert r.word(0x5000, 8) == HIGH + 0x40000000


@pytest.mark.parametrize("mode", ["real", "protected", "long"])
def test_long_tells_efer_lma(mode: str) -> None:
    with rig(b"\xf4", mode=mode) as r:
        assert r.start()._processor.cpu.long == (mode == "long")
        r.run()
        assert r.start()._processor.cpu.long == (mode == "long")


def test_a_guest_may_leave_long_mode_again() -> None:
    """64-bit code, compatibility code, paging off: interrupts are those of protected mode then."""
    code = asm(
        ENTER
        + """
        mov $0x6000, %rsp
        pushq $8
        push $narrow
        lretq
        .code32
narrow: mov %cr0, %eax
        and $0x7fffffff, %eax
        mov %eax, %cr0
        mov $0x10, %eax
        mov %eax, %ss
        mov $0x6000, %esp
        lidt idt32
        movl $h, %eax
        mov %ax, 0x8000 + 33 * 8
        movw $8, 0x8000 + 33 * 8 + 2
        movw $0x8e00, 0x8000 + 33 * 8 + 4
        movw $0, 0x8000 + 33 * 8 + 6
        int $33
        hlt
h:      mov 4(%esp), %eax
        out %al, $0xf4
idt32:  .word 0x7ff
        .long 0x8000
        """,
        32,
    )
    with rig(code, mode="protected") as r:
        assert r.run().code == 8
        assert not r.start()._processor.cpu.long


def test_an_interrupt_from_compatibility_mode_enters_a_64_bit_handler_and_returns() -> None:
    code = asm(
        ENTER
        + UPPER
        + handler(33, "h")
        + """
        mov $0x6000, %rsp
        pushq $8
        push $narrow
        lretq
        .code32
narrow: mov $0x5800, %esp
        int $33
        mov %esp, %eax
        shr $8, %eax
        add %ebp, %eax
        out %al, $0xf4
        .code64
h:      inc %ebp
        iretq
        """
        + GATES,
        32,
    )
    with rig(code, mode="protected") as r:
        assert r.run().code == 0x59
