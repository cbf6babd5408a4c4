# N reads of one port, nothing else: what a benchmark counts exits with.
# The two words after the jump may be patched in the image: the number of reads, and the port.

        .set CODE16, 1
        .include "guest.inc"

        .code16
        .globl _start
_start:
        jmp begin
        .balign 4
count:  .long COUNT
port:   .long PORT
begin:
        xor %ax, %ax
        mov %ax, %ds
        mov count, %ecx
        mov port, %dx
1:      in %dx, %al
        dec %ecx
        jnz 1b
        finish 0
