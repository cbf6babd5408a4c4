# Ring a dma-engine's doorbell, sleep, take the message that a copy of no bytes is done, N times: what a benchmark takes
# interrupts with. The card is placed at 0xe0000000 and its vector 0 programmed before the start, as firmware might.
# The word after the jump may be patched in the image: the number of messages.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"

        .set BELL, 0xe0000800
        .set MESSAGE, 0x50

        .code16
        .globl _start
_start:
        jmp begin
        .balign 4
count:  .long COUNT
begin:
        cli
        cld
        xor %ax, %ax
        mov %ax, %ds
        mov %ax, %ss
        mov $0x7000, %sp
        flat_fs
        pic_setup 0xff, 0xff
        lapic_enable
        vector MESSAGE, on_message
        xor %ecx, %ecx

# ECX counts messages; STI holds interrupts back for one instruction, so none is lost before HLT.
1:      mov %ecx, %edx
        addr32 movl $1, %fs:BELL
2:      cmp %edx, %ecx
        jne 3f
        sti
        hlt
        cli
        jmp 2b
3:      cmp count, %ecx
        jb 1b
        finish 0

on_message:
        inc %ecx
        lapic_end_of_interrupt
        iret
