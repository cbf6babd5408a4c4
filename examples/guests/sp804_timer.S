# An SP804's two timers on one interrupt line: timer 0 periodic while timer 1 keeps the time, then timer 1 one-shot. ARM
# DDI 0271; the 8259A pair is the PC's.
#
# Symbols given by build.py: SP804 = address of the registers, IRQ = its line at the PIC (8 to 15), COUNT = interrupts to
# take. Ends with 0 or the number of the failed step.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"

        .set T0_LOAD, SP804 + 0x00
        .set T0_CTRL, SP804 + 0x08
        .set T0_INTCLR, SP804 + 0x0c
        .set T0_MIS, SP804 + 0x14
        .set T1_LOAD, SP804 + 0x20
        .set T1_VALUE, SP804 + 0x24
        .set T1_CTRL, SP804 + 0x28
        .set T1_INTCLR, SP804 + 0x2c
        .set T1_MIS, SP804 + 0x34
        .set ID, SP804 + 0xfe0

        .set ONESHOT, 0x01
        .set SIZE32, 0x02
        .set IE, 0x20
        .set PERIODIC, 0x40
        .set ENABLE, 0x80
        .set PERIOD, 1000                       # microseconds
        .set ONCE, 2000

        begin

# 1: part number 0x804.
        addr32 mov %fs:ID, %eax
        expect 1, 0x04, %eax
        addr32 mov %fs:ID + 4, %eax
        expect 1, 0x18, %eax
        say "sp804: found"

# 2: timer 1 counts down from all ones, 32 bits wide.
        addr32 movl $(ENABLE | SIZE32), %fs:T1_CTRL
        addr32 mov %fs:T1_VALUE, %ebx
1:      addr32 mov %fs:T1_VALUE, %eax
        sub %ebx, %eax
        neg %eax
        cmp $100, %eax
        jb 1b

# 3: timer 0 interrupts each millisecond; by timer 1 none is early.
        pic_setup 0xfb, "~(1 << (IRQ - 8)) & 0xff"
        mov $(1 << (IRQ - 8)), %al
        mov $0x4d1, %dx
        out %al, %dx
        vector "0x28 + IRQ - 8", on_timer
        addr32 mov %fs:T1_VALUE, %ebx
        addr32 movl $PERIOD, %fs:T0_LOAD
        addr32 movl $(ENABLE | PERIODIC | IE | SIZE32), %fs:T0_CTRL
2:      sti
        hlt
        cli
        cmpl $COUNT, periodic
        jb 2b
        addr32 mov %fs:T1_VALUE, %eax
        sub %eax, %ebx
        cmp $(COUNT * PERIOD), %ebx
        jae 3f
        finish 3
3:      tell "sp804: "
        mov periodic, %eax
        call print_number
        say " periodic interrupts, none early"

# 4: timer 1 once, and then it stands at 0.
        addr32 movl $0, %fs:T1_CTRL
        addr32 movl $ONCE, %fs:T1_LOAD
        addr32 movl $(ENABLE | ONESHOT | IE | SIZE32), %fs:T1_CTRL
4:      sti
        hlt
        cli
        cmpl $0, once
        je 4b
        addr32 mov %fs:T1_VALUE, %eax
        expect 4, 0, %eax
        mov once, %eax
        expect 4, 1, %eax
        mov periodic, %eax
        expect 4, COUNT, %eax
        say "sp804: done"
        finish 0

on_timer:
        push %eax
        addr32 mov %fs:T0_MIS, %eax
        test %eax, %eax
        jz 1f
        addr32 movl $1, %fs:T0_INTCLR
        incl periodic
        cmpl $COUNT, periodic
        jb 1f
        addr32 movl $0, %fs:T0_CTRL             # enough
1:      addr32 mov %fs:T1_MIS, %eax
        test %eax, %eax
        jz 2f
        addr32 movl $1, %fs:T1_INTCLR
        incl once
2:      addr32 mov %fs:T1_MIS, %eax             # a read pushes the writes ahead of it
        mov $0x20, %al
        out %al, $0xa0
        out %al, $0x20
        pop %eax
        iret

        .include "number.inc"

        .balign 4
periodic: .long 0
once:   .long 0
