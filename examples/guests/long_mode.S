# 64-bit code from the first instruction (`mode: long`): 64-bit registers, RIP-relative data, an address above 4 GiB's
# sign bit in a register, MMIO of one to eight bytes at PL031, and a line of text.
# Symbol given by build.py: PL031 = address of the registers. Ends with 0 or the number of the failed step.

        .set CODE64, 1
        .include "guest.inc"

        .code64
        .globl _start
_start:
        cld
        lea stack(%rip), %rsp

# 1: 64-bit arithmetic, and a stack.
        movabs $0x123456789abcdef0, %rax
        push %rax
        rol $32, %rax
        pop %rbx
        bswap %rbx
        movabs $0xf0debc9a78563412, %rcx
        cmp %rcx, %rbx
        je 1f
        finish 1
1:      movabs $0x9abcdef012345678, %rcx
        cmp %rcx, %rax
        je 2f
        finish 1

# 2: memory at a 64-bit address.
2:      mov $cell, %edi
        mov %rcx, (%rdi)
        mov 4(%rdi), %eax
        expect 2, 0x9abcdef0, %eax

# 3: MMIO, where the address does not fit a signed 32-bit displacement.
        mov $PL031 + 0xfe0, %ebx
        mov (%rbx), %eax
        expect 3, 0x31, %eax
        mov 4(%rbx), %eax
        expect 3, 0x10, %eax
        say "long mode: done"
        finish 0

        .balign 16
cell:   .quad 0, 0, 0, 0, 0, 0, 0, 0
stack:
