"""IA32_APICBASE tells where the local APIC is: enabled, at 0xfee00000, of the boot processor."""

import pytest
from emulator_parts import asm, rig

READ = """
        mov $0x1b, %ecx
        xor %eax, %eax
        xor %edx, %edx
        rdmsr
"""
STORE = "mov %eax, 0x5000\nmov %edx, 0x5004\nmov $0, %al\nout %al, $0xf4\nhlt\n"


@pytest.mark.parametrize(
    "source",
    [
        READ + STORE,
        "jmp 1f\n1: nop\n" + READ + STORE,
        "mov $3, %ebp\n1:\n" + READ + "dec %ebp\njnz 1b\n" + STORE,
        READ + "wrmsr\n" + READ + STORE,
        "xor %ecx, %ecx\nadd $0x1b, %ecx\nrdmsr\n" + STORE,
        "mov $0x1b, %ecx\nmov $7, %ebp\n1: dec %ebp\njnz 1b\njmp 2f\n.skip 300, 0x90\n2: rdmsr\n" + STORE,
        "mov $0xc0000080, %ecx\ncall 1f\nmov $0x1b, %ecx\ncall 1f\n" + STORE + "1: rdmsr\nret\n",
        "mov $0x1b, %ecx\njmp 1f\nmov $0xc0000080, %ecx\n1: rdmsr\n" + STORE,
        "mov $9, %edi\n1: mov $0x12, %ecx\nadd %edi, %ecx\nrdmsr\n" + STORE,
        ".irpc n, 0123456789\nmov $0xc0000080, %ecx\nrdmsr\nmov $0xc0000081, %ecx\nrdmsr\n.endr\n" * 8
        + "mov $0x1a, %ecx\ninc %ecx\nrdmsr\n"
        + STORE,
        "mov $0x1b, %ecx\nmovw $0x320f, 1f\njmp 1f\n1: .byte 0x90, 0x90\n" + STORE,
    ],
    ids=[
        "at the start",
        "behind a jump",
        "in a loop",
        "after a write",
        "a number that is computed",
        "a number that is loaded far away",
        "a function for all registers",
        "a jump past the load of another number",
        "a number that is the sum of others",
        "behind many reads of other registers",
        "an instruction that the guest has written",
    ],
)
def test_a_guest_finds_its_local_apic(source: str) -> None:
    with rig(asm(source, 32), mode="protected", irqchip="kernel") as r:
        assert r.run().code == 0
        assert (r.word(0x5000), r.word(0x5004)) == (0xFEE00900, 0)


def test_other_registers_are_untouched() -> None:
    other = "mov $0x1b, %ecx\nnop\nmov $0xc0000080, %ecx\nrdmsr\n"
    with rig(asm(other + STORE, 32), mode="protected", irqchip="kernel") as r:
        assert r.run().code == 0
        assert r.word(0x5000) == 0


def test_without_controllers_there_is_no_local_apic() -> None:
    with rig(asm(READ + STORE, 32), mode="protected") as r:
        assert r.run().code == 0
        assert r.word(0x5000) == 0
