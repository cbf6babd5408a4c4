# A PL011 UART: identification, flags, and text that goes out one character an interrupt. ARM DDI 0183; the 8259A pair is
# the PC's.
#
# Symbols given by build.py: PL011 = address of the registers, IRQ = its line at the PIC (8 to 15). Ends with 0 or the
# number of the failed step.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"

        .set DR, PL011 + 0x00
        .set FR, PL011 + 0x18
        .set LCR_H, PL011 + 0x2c
        .set CR, PL011 + 0x30
        .set IMSC, PL011 + 0x38
        .set MIS, PL011 + 0x40
        .set ICR, PL011 + 0x44
        .set ID, PL011 + 0xfe0

        .set RXFE, 0x10
        .set TXFE, 0x80
        .set TX, 0x20
        .set FEN, 0x10
        .set WLEN8, 0x60
        .set UARTEN_TXE_RXE, 0x301

        begin

# 1: part number 0x011.
        addr32 mov %fs:ID, %eax
        expect 1, 0x11, %eax
        addr32 mov %fs:ID + 4, %eax
        expect 1, 0x10, %eax
        say "pl011: found"

# 2: both FIFOs are empty.
        addr32 movl $(WLEN8 | FEN), %fs:LCR_H
        addr32 movl $UARTEN_TXE_RXE, %fs:CR
        addr32 mov %fs:FR, %eax
        and $(RXFE | TXFE), %eax
        expect 2, (RXFE | TXFE), %eax

# 3: the first character is sent from here, each further one from the interrupt that the one before it causes.
        pic_setup 0xfb, "~(1 << (IRQ - 8)) & 0xff"
        mov $(1 << (IRQ - 8)), %al
        mov $0x4d1, %dx
        out %al, %dx
        vector "0x28 + IRQ - 8", on_sent
        addr32 movl $TX, %fs:IMSC
        call send
1:      sti
        hlt
        cli
        cmpb $0, finished
        je 1b
        movzwl interrupts, %eax
        expect 3, (text_end - text), %eax

# 4: nothing is pending any more.
        addr32 mov %fs:MIS, %eax
        expect 4, 0, %eax
        say "pl011: done"
        finish 0

# Send the next character (clobbers eax, si).
send:
        mov next, %si
        movzbl (%si), %eax
        incw next
        addr32 mov %eax, %fs:DR
        ret

on_sent:
        push %eax
        push %si
        addr32 mov %fs:MIS, %eax
        test $TX, %al
        jz 3f                                   # the request was gone already
        addr32 movl $TX, %fs:ICR
        incw interrupts
        cmpw $text_end, next
        jae 2f
        call send
        jmp 3f
2:      movb $1, finished
3:      addr32 mov %fs:MIS, %eax                # a read pushes the writes ahead of it
        mov $0x20, %al
        out %al, $0xa0
        out %al, $0x20
        pop %si
        pop %eax
        iret

        .balign 4
next:   .word text
interrupts: .word 0
finished: .byte 0
text:   .ascii "hello from the UART\n"
text_end:
