# A PL061 whose lines 0 to 3, outputs, are wired to its lines 4 to 7, inputs: data through the address mask, an edge and a
# level interrupt. ARM DDI 0190; the 8259A pair is the PC's.
#
# Symbols given by build.py: PL061 = address of the registers, IRQ = its line at the PIC (8 to 15). Ends with 0 or the
# number of the failed step.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"

        .set DATA, PL061 + 0x000                # address bits 9:2 say which bits an access reaches
        .set ALL, 0xff << 2
        .set LOW, 0x0f << 2
        .set DIR, PL061 + 0x400
        .set SENSE, PL061 + 0x404
        .set EVENT, PL061 + 0x40c
        .set ENABLE, PL061 + 0x410
        .set RIS, PL061 + 0x414
        .set MIS, PL061 + 0x418
        .set CLEAR, PL061 + 0x41c
        .set ID, PL061 + 0xfe0

        .macro write register, value
        addr32 movl $(\value), %fs:\register
        .endm
        .macro must step, register, value
        addr32 mov %fs:\register, %eax
        expect \step, \value, %eax
        .endm
# Sleep until the handler has run `count` times and has seen `status` last.
        .macro take step, count, status
.Ltake\@:
        cmpl $\count, taken
        jae .Ltaken\@
        sti
        hlt
        cli
        jmp .Ltake\@
.Ltaken\@:
        mov taken, %eax
        expect \step, \count, %eax
        mov seen, %eax
        expect \step, \status, %eax
        .endm

        begin

# 1: part number 0x061.
        must 1, ID, 0x61
        must 1, ID + 4, 0x10
        say "pl061: found"

# 2: what is driven comes back four lines higher; a write reaches the bits of its mask only.
        write DIR, 0x0f
        write DATA + ALL, 0x05
        must 2, DATA + ALL, 0x55
        write DATA + (0x02 << 2), 0xff
        must 2, DATA + ALL, 0x77
        must 2, DATA + LOW, 0x07
        write DATA + (0x04 << 2), 0x00
        must 2, DATA + ALL, 0x33
        write DATA + ALL, 0x00
        must 2, DATA + ALL, 0x00
        say "pl061: outputs reach inputs"

# 3: a rising edge on line 4 interrupts, a falling one does not.
        pic_setup 0xfb, "~(1 << (IRQ - 8)) & 0xff"
        mov $(1 << (IRQ - 8)), %al
        mov $0x4d1, %dx
        out %al, %dx
        vector "0x28 + IRQ - 8", on_gpio
        write SENSE, 0x00
        write EVENT, 0x10
        write CLEAR, 0xff
        write ENABLE, 0x10
        write DATA + (0x01 << 2), 0x01
        take 3, 1, 0x10
        write DATA + (0x01 << 2), 0x00
        must 3, RIS, 0x00
        say "pl061: rising edge"

# 4: a low level on line 5 interrupts again and again until it goes; the handler drives output 1 high the third time.
        write DATA + (0x02 << 2), 0x02
        write EVENT, 0x00
        write SENSE, 0x20
        write CLEAR, 0xff
        write ENABLE, 0x20
        must 4, MIS, 0x00
        write DATA + (0x02 << 2), 0x00
        take 4, 4, 0x20
        must 4, MIS, 0x00
        say "pl061: low level"
        say "pl061: done"
        finish 0

on_gpio:
        push %eax
        addr32 mov %fs:MIS, %eax
        test %eax, %eax
        jz 1f
        mov %eax, seen
        incl taken
        cmpl $4, taken
        jb 1f
        write DATA + (0x02 << 2), 0x02
1:      write CLEAR, 0xff
        addr32 mov %fs:MIS, %eax                # a read pushes the write ahead of it
        mov $0x20, %al
        out %al, $0xa0
        out %al, $0x20
        pop %eax
        iret

        .balign 4
taken:  .long 0
seen:   .long 0
