"""Exceptions arrive as the processor means them: each by itself, with its error code, at its own instruction."""

import pytest
from emulator_parts import Rig, asm, rig

from devgen.runtime.machine.run_result import RunResult

# Flat 32-bit code with a table of interrupt gates at 0x8000; `gate` sets gate %ecx to handler %eax.
START = """
        mov $0x6000, %esp
        lidt idt
        xor %ebp, %ebp
"""
GATES = """
gate:   lea 0x8000(,%ecx,8), %edi
        mov %ax, (%edi)
        movw $8, 2(%edi)
        movw $0x8e00, 4(%edi)
        shr $16, %eax
        mov %ax, 6(%edi)
        ret
.balign 4
idt:    .word 0x7ff
        .long 0x8000
"""
EXIT = "\nout %al, $0xf4\nhlt\n"

# 4 MiB pages: the first one is there, the second one cannot be written to.
PAGING = """
        movl $0x83, 0x9000
        movl $0x81, 0x9004
        mov %cr4, %eax
        or $0x10, %eax
        mov %eax, %cr4
        mov $0x9000, %eax
        mov %eax, %cr3
        mov %cr0, %eax
        or $0x80010000, %eax
        mov %eax, %cr0
"""


def handler(vector: int, label: str) -> str:
    return f"mov ${label}, %eax\nmov ${vector}, %ecx\ncall gate\n"


def run(source: str) -> tuple[RunResult, Rig]:
    with rig(asm(source, 32), mode="protected") as r:
        return r.run(), r


@pytest.mark.parametrize(
    ("vector", "prepare", "fault"),
    [
        (13, "", "mov $0xff8, %eax\nmov %ax, %fs"),
        (14, PAGING, "mov $0x40000000, %ebx\nmov (%ebx), %eax"),
        (11, "movl $0xffff, 0x518\nmovl $0xcf1300, 0x51c\nlgdt gdt", "mov $0x18, %eax\nmov %ax, %fs"),
    ],
)
def test_two_faults_in_a_row_are_two_faults(vector: int, prepare: str, fault: str) -> None:
    result, _ = run(
        START
        + handler(8, "h8")
        + handler(vector, "hv")
        + prepare
        + f"\n{fault}\n{fault}\n{fault}\n mov %ebp, %eax{EXIT}"
        + "hv: inc %ebp\nadd $4, %esp\naddl $2, (%esp)\niret\n"
        + f"h8: mov $0x88, %al{EXIT}"
        + GATES
        + "gdt: .word 0x1f\n.long 0x500\n"
    )
    assert (result.reason, result.code) == ("exit", 3)


@pytest.mark.parametrize(
    ("access", "code"),
    [
        ("mov 0x40000000, %eax", 0),
        ("mov %eax, 0x40000000", 2),
        ("mov %eax, 0x400000", 3),  # present, and may not be written to
        ("jmp 0x40000000", 0),
    ],
)
def test_a_page_fault_has_its_error_code_and_address(access: str, code: int) -> None:
    with rig(
        asm(
            START
            + handler(14, "h14")
            + PAGING
            + f"{access}\nhlt\n"
            + f"h14: mov %cr2, %eax\nmov %eax, 0x5000\npop %eax{EXIT}"
            + GATES,
            32,
        ),
        mode="protected",
    ) as r:
        result = r.run()
        assert (result.reason, result.code) == ("exit", code)
        assert r.word(0x5000) == (0x400000 if code == 3 else 0x40000000)


def test_a_general_protection_fault_carries_the_selector() -> None:
    result, _ = run(
        START
        + handler(13, "h13")
        + "mov $0x7770, %eax\nmov %eax, %ds\nhlt\n"
        + f"h13: mov (%esp), %eax\nshr $8, %eax{EXIT}"
        + GATES
    )
    assert (result.reason, result.code) == ("exit", 0x77)


@pytest.mark.parametrize("instruction", ["int $33", ".byte 0x66\nint $33", "int3"])
def test_an_int_that_faults_is_executed_again(instruction: str) -> None:
    vector = 3 if instruction == "int3" else 33
    result, _ = run(
        START
        + handler(11, "h11")
        + handler(vector, "hv")
        + f"movb $0x0e, 0x8000 + {vector} * 8 + 5\n{instruction}\nmov %ebp, %eax{EXIT}"
        + f"h11: add $0x10, %ebp\nadd $4, %esp\nmovb $0x8e, 0x8000 + {vector} * 8 + 5\niret\n"
        + "hv: inc %ebp\niret\n"
        + GATES
    )
    assert (result.reason, result.code) == ("exit", 0x11)


def test_bytes_that_look_like_an_int_do_not_make_one() -> None:
    """The divide error's instruction ends behind bytes 0xcd 0x00."""
    result, _ = run(
        START
        + handler(0, "h0")
        + "xor %ecx, %ecx\njmp 1f\n.byte 0xcd, 0x00\n1: div %ecx\nhlt\n"
        + f"h0: mov (%esp), %eax\nsub $1b, %eax\nadd $0x30, %eax{EXIT}"
        + GATES
    )
    assert (result.reason, result.code) == ("exit", 0x30)


def test_an_invalid_opcode_behind_an_int_is_no_int() -> None:
    result, _ = run(
        START
        + handler(6, "h6")
        + handler(33, "h33")
        + "int $33\n1: ud2\nhlt\n"
        + "h33: iret\n"
        + f"h6: mov (%esp), %eax\nsub $1b, %eax\nadd $0x30, %eax{EXIT}"
        + GATES
    )
    assert (result.reason, result.code) == ("exit", 0x30)


def test_a_benign_exception_without_a_gate_becomes_the_fault_of_its_gate() -> None:
    """SDM volume 3, table 6-5: invalid opcode, then not present, come one by one; no double fault."""
    result, _ = run(
        START
        + handler(8, "h8")
        + handler(11, "h11")
        + "movb $0x0e, 0x8000 + 6 * 8 + 5\nmovw $8, 0x8000 + 6 * 8 + 2\nud2\nhlt\n"
        + f"h8: mov $0x88, %al{EXIT}"
        + f"h11: pop %eax{EXIT}"
        + GATES
    )
    assert (result.reason, result.code) == ("exit", 6 * 8 + 2)


def test_a_page_fault_of_a_stack_that_is_not_there_is_a_double_fault() -> None:
    result, _ = run(
        START
        + handler(14, "h14")
        + PAGING
        + "mov $0x80000000, %esp\nmov 0x40000000, %eax\nhlt\n"
        + f"h14: mov $1, %al{EXIT}"
        + GATES
    )
    assert result.reason == "shutdown"
    assert "while a double fault was delivered" in result.detail


def test_an_interrupt_whose_stack_is_not_there_is_a_page_fault_with_its_address() -> None:
    """The frame of INT n lies in the page that cannot be found; the page fault's own stack is good again."""
    with rig(
        asm(
            START
            + handler(33, "h33")
            + handler(14, "h14")
            + PAGING
            + "mov $0x40001000, %esp\nint $33\nhlt\n"
            + f"h33: mov $1, %al{EXIT}"
            + f"h14: mov $2, %al{EXIT}"
            + GATES,
            32,
        ),
        mode="protected",
    ) as r:
        assert r.run().reason == "shutdown"
        assert r.host is not None
        assert r.host._processor.cpu.cr2 == 0x40001000 - 4
