# A PL031 alarm, as a driver uses it: read the identification, set the alarm one second ahead, unmask, halt, take the
# interrupt, clear it, see the line fall. ARM DDI 0224; the 8259A pair is the PC's.
#
# Symbols given by build.py: PL031 = address of the registers, IRQ = its line at the PIC (8 to 15).
# Ends with 0, or with the number of the step that went wrong.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"

        .set RTC_DR, PL031 + 0x00
        .set RTC_MR, PL031 + 0x04
        .set RTC_CR, PL031 + 0x0c
        .set RTC_IMSC, PL031 + 0x10
        .set RTC_RIS, PL031 + 0x14
        .set RTC_MIS, PL031 + 0x18
        .set RTC_ICR, PL031 + 0x1c
        .set RTC_ID, PL031 + 0xfe0

        .set VECTOR, 0x28 + IRQ - 8

        begin

# 1: the eight identification bytes.
        xor %ebx, %ebx
1:      addr32 mov %fs:RTC_ID(,%ebx,4), %eax
        movzbl identification(%bx), %ecx
        cmp %eax, %ecx
        je 2f
        finish 1
2:      inc %ebx
        cmp $8, %ebx
        jb 1b
        say "pl031: identified"

# 2: it counts (a PL031 out of reset is enabled), masked and quiet.
        addr32 mov %fs:RTC_CR, %eax
        expect 2, 1, %eax
        addr32 mov %fs:RTC_RIS, %eax
        expect 2, 0, %eax

# The PIC pair, all masked but the cascade and our line; our line level-triggered (ELCR).
        pic_setup 0xfb, "~(1 << (IRQ - 8)) & 0xff"
        mov $(1 << (IRQ - 8)), %al
        mov $0x4d1, %dx
        out %al, %dx
        vector VECTOR, handler

# The alarm: one second from now, unmasked.
        addr32 mov %fs:RTC_DR, %eax
        inc %eax
        mov %eax, %ebp
        addr32 mov %eax, %fs:RTC_MR
        addr32 movl $1, %fs:RTC_IMSC
        say "pl031: alarm set"

# 3: sleep until it rings. STI holds interrupts back for one instruction, so none is lost before HLT.
3:      cmpl $0, fired
        jne 4f
        sti
        hlt
        cli
        jmp 3b
4:      say "pl031: interrupt taken"
        addr32 mov %fs:RTC_DR, %eax
        sub %ebp, %eax
        jns 5f
        finish 3

# 4: the handler saw the masked status, and its write to ICR took both down.
5:      mov status, %eax
        expect 4, 1, %eax
        addr32 mov %fs:RTC_RIS, %eax
        expect 4, 0, %eax
        addr32 mov %fs:RTC_MIS, %eax
        expect 4, 0, %eax

# 5: the line fell: the PIC, level-triggered here, no longer requests (OCW3: read IRR).
        mov $0x0a, %al
        out %al, $0xa0
        in $0xa0, %al
        test $(1 << (IRQ - 8)), %al
        jz 6f
        finish 5
6:      say "pl031: line low"

# 6: and it stays quiet: with interrupts open again nothing more arrives.
        sti
        mov $1000, %ecx
7:      loop 7b
        cli
        mov fired, %eax
        expect 6, 1, %eax
        say "pl031: done"
        finish 0

handler:
        push %eax
        addr32 mov %fs:RTC_MIS, %eax
        test %eax, %eax
        jz 1f                           # the request was gone already
        incl fired
        mov %eax, status
        addr32 movl $1, %fs:RTC_ICR
        addr32 mov %fs:RTC_MIS, %eax    # a read pushes the write ahead of it: the line is low before the PIC hears EOI
1:      mov $0x20, %al
        out %al, $0xa0
        out %al, $0x20
        pop %eax
        iret

        .balign 4
fired:  .long 0
status: .long 0
identification:
        .byte 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1
