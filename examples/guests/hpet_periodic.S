# Periodic interrupts of an HPET: level-triggered through an IOAPIC pin first, then edge-triggered in place of the PIT
# (legacy replacement) through the PIC. IA-PC HPET specification 1.0a.
#
# Symbols given by build.py: HPET = address of the registers, PIN = an IOAPIC pin that comparator 0 can be routed to,
# COUNT = interrupts to take there, LEGACY = interrupts to take as IRQ 0. Ends with 0 or the number of the failed step.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"

        .set CAP, HPET + 0x000
        .set PERIOD, HPET + 0x004
        .set CFG, HPET + 0x010
        .set ISR, HPET + 0x020
        .set COUNTER, HPET + 0x0f0
        .set T0_CONFIG, HPET + 0x100
        .set T0_ROUTES, HPET + 0x104
        .set T0_CMP, HPET + 0x108

        .set CFG_ENABLE, 1
        .set CFG_LEGACY, 2
        .set LEVEL, 1 << 1
        .set INT_ENB, 1 << 2
        .set PERIODIC, 1 << 3
        .set PER_CAP, 1 << 4
        .set SETVAL, 1 << 6
        .set BITS32, 1 << 8
        .set ROUTE_SHIFT, 9

        .set FEMTOSECONDS, 1000000000000        # of one millisecond
        .set VECTOR, 0x40

# From counter 0, an interrupt each `ticks` with this configuration (specification, 2.3.9.2.2). Clobbers EAX.
        .macro start_periodic configuration, general
        addr32 movl $0, %fs:CFG
        addr32 movl $0, %fs:COUNTER
        addr32 movl $0, %fs:COUNTER + 4
        addr32 movl $(\configuration | INT_ENB | PERIODIC | BITS32 | SETVAL), %fs:T0_CONFIG
        mov ticks, %eax
        addr32 mov %eax, %fs:T0_CMP             # the first match
        addr32 mov %eax, %fs:T0_CMP             # the period
        movl $0, taken
        addr32 movl $(\general), %fs:CFG
        .endm

# Sleep until `taken` is `count`; STI holds interrupts back for one instruction, so none is lost before HLT. Then see
# that no interrupt came early, and that none comes any more.
        .macro take step, count
.Ltake\@:
        sti
        hlt
        cli
        cmpl $\count, taken
        jb .Ltake\@
        mov ticks, %eax
        mov $\count, %ecx
        mul %ecx
        addr32 mov %fs:COUNTER, %ecx
        cmp %eax, %ecx
        jae .Lpunctual\@
        finish \step
.Lpunctual\@:
        sti
        addr32 mov %fs:COUNTER, %ebx
.Lquiet\@:
        addr32 mov %fs:COUNTER, %eax
        sub %ebx, %eax
        shr %eax                                # two periods
        cmp ticks, %eax
        jb .Lquiet\@
        cli
        mov taken, %eax
        expect \step, \count, %eax
        .endm

        .macro say_taken where
        tell "hpet: "
        mov taken, %eax
        call print_number
        say " interrupts \where"
        .endm

        begin

# 1: Intel's identification, a 64-bit counter, legacy replacement; ticks of a millisecond from the counter's period.
        addr32 mov %fs:CAP, %eax
        and $0xffffe0ff, %eax
        expect 1, 0x8086a001, %eax
        addr32 mov %fs:PERIOD, %ecx
        cmp $0x05f5e100, %ecx                   # 100 ns is the longest allowed
        ja 1f
        mov $(FEMTOSECONDS >> 32), %edx
        mov $(FEMTOSECONDS & 0xffffffff), %eax
        cmp %ecx, %edx
        jb 2f
1:      finish 1
2:      div %ecx
        mov %eax, ticks
        tell "hpet: found, "
        mov ticks, %eax
        call print_number
        say " ticks a millisecond"

# 2: a halted counter keeps what is written; an enabled one counts.
        addr32 movl $0, %fs:CFG
        addr32 movl $0x12345678, %fs:COUNTER
        addr32 mov %fs:COUNTER, %eax
        expect 2, 0x12345678, %eax
        addr32 movl $CFG_ENABLE, %fs:CFG
        addr32 mov %fs:COUNTER, %ebx
3:      addr32 mov %fs:COUNTER, %eax
        sub %ebx, %eax
        cmp $1000, %eax
        jb 3b

# 3: comparator 0 can be periodic and can be led to our pin.
        addr32 mov %fs:T0_CONFIG, %eax
        test $PER_CAP, %al
        jz 4f
        addr32 mov %fs:T0_ROUTES, %eax
        bt $PIN, %eax
        jc 5f
4:      finish 3

# 4: through the IOAPIC, level-triggered: the handler ends the level at the HPET, then the interrupt at the local APIC.
5:      pic_setup 0xff, 0xff
        vector VECTOR, on_ioapic
        lapic_enable
        ioapic_route PIN, VECTOR, IOAPIC_LEVEL
        start_periodic LEVEL | PIN << ROUTE_SHIFT, CFG_ENABLE
        take 4, COUNT
        say_taken "through the IOAPIC"
        ioapic_route PIN, VECTOR, IOAPIC_MASKED

# 5: in place of the PIT, edge-triggered, to IRQ 0 of the PIC.
        pic_setup 0xfe, 0xff
        vector 0x20, on_pic
        start_periodic 0, CFG_ENABLE | CFG_LEGACY
        take 5, LEGACY
        say_taken "in place of the PIT"

# 6: an edge leaves no status, and the last edge was the last.
        mov status, %eax
        expect 6, 0, %eax
        cmpl $1, late
        jbe 6f
        finish 6
6:      say "hpet: done"
        finish 0

# Level-triggered lines are shared: an interrupt that finds no status is somebody else's, and is not counted. (A software
# KVM has been seen to deliver each level twice, ending it at the local APIC when it is taken.)
on_ioapic:
        push %eax
        addr32 mov %fs:ISR, %eax
        cmp $1, %eax
        jne 2f
        incl taken
        cmpl $COUNT, taken
        jb 1f
        addr32 andl $~INT_ENB, %fs:T0_CONFIG    # enough
1:      addr32 movl $1, %fs:ISR
        addr32 mov %fs:ISR, %eax                # a read pushes the write ahead of it
2:      lapic_end_of_interrupt
        pop %eax
        iret

# An edge that came while the last one's handler ran was latched, and is one too many.
on_pic:
        push %eax
        cmpl $LEGACY, taken
        jb 3f
        incl late
        jmp 2f
3:      incl taken
        cmpl $LEGACY, taken
        jb 1f
        addr32 andl $~INT_ENB, %fs:T0_CONFIG
1:      addr32 mov %fs:ISR, %eax
        test %eax, %eax
        jz 2f
        incl status
2:      mov $0x20, %al
        out %al, $0x20
        pop %eax
        iret

        .include "number.inc"

        .balign 4
ticks:  .long 0
taken:  .long 0
status: .long 0
late:   .long 0
