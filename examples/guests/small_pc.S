# A walk over a small PC: each device is found where a PC has it, used, and heard through its interrupt line.
# PIT on IRQ 0 and clock on IRQ 8 (both through the HPET, as long as that does not replace them), serial port on IRQ 4,
# cards on the PCI bus, INTA# of the edu card on IRQ 10. Ends with 0 or the number of the failed step.
#
# Symbols given by build.py: HPET = address of its registers, TICKS = interrupts of PIT and clock to take.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"
        .include "pci.inc"

        .set PIT, 0x40
        .set PIT_CONTROL, 0x43
        .set PIT_RELOAD, 1193                   # of 1193182 Hz: 0.99985 ms

        .set HPET_CAP, HPET + 0x000
        .set HPET_CFG, HPET + 0x010
        .set HPET_COUNTER, HPET + 0x0f0
        .set HPET_TICKS_A_PIT_PERIOD, 99984

        .set RTC_INDEX, 0x70
        .set RTC_DATA, 0x71
        .set RTC_SECONDS, 0x00
        .set RTC_A, 0x0a
        .set RTC_B, 0x0b
        .set RTC_C, 0x0c
        .set RTC_D, 0x0d
        .set RTC_1024_HZ, 0x26                  # the clock runs, rate 6
        .set RTC_24_HOURS, 0x02
        .set RTC_PIE, 0x40
        .set HPET_TICKS_A_BEAT, 97656           # of 1024 Hz

        .set PANIC, 0x505

        .set COM1, 0x3f8
        .set IER, COM1 + 1
        .set IIR, COM1 + 2
        .set FCR, COM1 + 2
        .set LCR, COM1 + 3
        .set MCR, COM1 + 4
        .set LSR, COM1 + 5

        .set XCHE_PORTS, 0xc000
        .set EDU, 0xe0000000
        .set EDU_LIVENESS, EDU + 0x04
        .set EDU_FACTORIAL, EDU + 0x08
        .set EDU_STATUS, EDU + 0x20
        .set EDU_IRQ_STATUS, EDU + 0x24
        .set EDU_IRQ_RAISE, EDU + 0x60
        .set EDU_IRQ_ACKNOWLEDGE, EDU + 0x64
        .set PCI_INTERRUPT, 0x3c

        .macro put port, value
        mov $(\port), %dx
        mov $(\value), %al
        out %al, %dx
        .endm

        .macro get port
        mov $(\port), %dx
        in %dx, %al
        .endm

        .macro cmos_get index
        mov $\index, %al
        out %al, $RTC_INDEX
        in $RTC_DATA, %al
        .endm

        .macro cmos_put index, value
        mov $\index, %al
        out %al, $RTC_INDEX
        mov $(\value), %al
        out %al, $RTC_DATA
        .endm

# Sleep until a handler has set a variable to at least `value`. STI holds interrupts back for one instruction, so none is
# lost before HLT.
        .macro await variable, value
.Lawait\@:
        cmpl $\value, \variable
        jae .Lawaited\@
        sti
        hlt
        cli
        jmp .Lawait\@
.Lawaited\@:
        .endm

        begin
        pic_setup 0xff, 0xff
        vector 0x20, on_pit
        vector 0x24, on_serial
        vector 0x28, on_clock
        vector 0x2a, on_card
        put 0x4d1, 0x04                         # INTx# is level-triggered

# 1: the HPET, which counts from here on.
        addr32 mov %fs:HPET_CAP, %eax
        shr $16, %eax
        expect 1, 0x8086, %ax
        addr32 movl $1, %fs:HPET_CFG
        say "hpet: counts"

# 2: the PIT, channel 0, rate generator; the HPET agrees that no interrupt came early. Its output may have risen before,
# at power-on or when the mode was set: the PIC forgets such edges once the count is loaded.
        addr32 mov %fs:HPET_COUNTER, %ebx
        put PIT_CONTROL, 0x34
        put PIT, PIT_RELOAD & 0xff
        put PIT, PIT_RELOAD >> 8
        pic_setup 0xfe, 0xff
        await ticks, TICKS
        addr32 mov %fs:HPET_COUNTER, %eax
        sub %ebx, %eax
        cmp $(TICKS * HPET_TICKS_A_PIT_PERIOD), %eax
        jae 1f
        finish 2
1:      put 0x21, 0xff
        tell "pit: "
        mov $TICKS, %eax
        call print_number
        say " interrupts on IRQ 0, none early"

# 3: the clock: its battery is good, its seconds are BCD, and it interrupts 1024 times a second; when the first of these
# comes depends on where its second stands.
        cmos_get RTC_D
        expect 3, 0x80, %al
        cmos_get RTC_SECONDS
        cmp $0x59, %al
        ja 7f
        and $0x0f, %al
        cmp $0x09, %al
        ja 7f
        put 0xa1, 0xfe
        put 0x21, 0xfb
        addr32 mov %fs:HPET_COUNTER, %ebx
        cmos_put RTC_A, RTC_1024_HZ
        cmos_put RTC_B, RTC_24_HOURS | RTC_PIE
        await beats, TICKS
        addr32 mov %fs:HPET_COUNTER, %eax
        cmos_put RTC_B, RTC_24_HOURS
        put 0x21, 0xff
        sub %ebx, %eax
        cmp $((TICKS - 1) * HPET_TICKS_A_BEAT), %eax
        jae 8f
7:      finish 3
8:      tell "rtc: "
        mov $TICKS, %eax
        call print_number
        say " interrupts on IRQ 8, none early"

# 4: the pvpanic port takes both events; nobody panics.
        get PANIC
        expect 4, 0x03, %al
        say "pvpanic: found"

# 5: the serial port in loopback: what is sent comes back and interrupts on IRQ 4.
        put FCR, 0x07
        put LCR, 0x03
        put MCR, 0x1b
        put IER, 0x01
        put 0x21, 0xef
        put COM1, 0xa5
        await received, 1
        put 0x21, 0xff
        mov received, %eax
        expect 5, 0x100 | 0xa5, %eax
        put IER, 0
        put MCR, 0x03
        mov $greeting, %si
2:      lodsb
        test %al, %al
        jz 3f
        mov %al, %cl
4:      get LSR
        test $0x20, %al                         # transmitter empty
        jz 4b
        mov %cl, %al
        mov $COM1, %dx
        out %al, %dx
        jmp 2b
3:      say "serial: interrupt on IRQ 4"

# 6: a card with ports.
        pci_find 6, 0x00c41b36
        config_set PCI_BAR1, XCHE_PORTS
        config_set PCI_COMMAND, PCI_COMMAND_IO
        get XCHE_PORTS
        expect 6, 0x5c, %al
        say "xche: found"

# 7: a card with memory and INTA#: a computation that interrupts when it is ready.
        pci_find 7, 0x11e81234
        config_set PCI_BAR0, EDU
        config_set PCI_COMMAND, PCI_COMMAND_MEMORY
        config_set PCI_INTERRUPT, 10            # for drivers to read: the line that the board has led it to
        config_read PCI_INTERRUPT
        expect 7, 0x010a, %ax
        addr32 movl $0x12345678, %fs:EDU_LIVENESS
        addr32 mov %fs:EDU_LIVENESS, %eax
        expect 7, 0xedcba987, %eax
        put 0xa1, 0xfb
        put 0x21, 0xfb
        addr32 movl $0x80, %fs:EDU_STATUS
        addr32 movl $10, %fs:EDU_FACTORIAL
        await interrupts, 1
        mov status, %eax
        expect 7, 0x001, %eax
        addr32 mov %fs:EDU_FACTORIAL, %eax
        expect 7, 3628800, %eax
        say "edu: factorial ready, INTA# on IRQ 10"

# 8: INTA# raised by hand; while interrupts are disabled in the command register it stays away.
        config_set PCI_COMMAND, PCI_COMMAND_MEMORY | 0x400
        addr32 movl $0x80000000, %fs:EDU_IRQ_RAISE
        sti
        addr32 mov %fs:HPET_COUNTER, %ebx
5:      addr32 mov %fs:HPET_COUNTER, %eax
        sub %ebx, %eax
        cmp $100000, %eax                       # a millisecond
        jb 5b
        cli
        mov interrupts, %eax
        expect 8, 1, %eax
        config_read PCI_COMMAND
        test $0x80000, %eax                     # interrupt status
        jnz 6f
        finish 8
6:      pci_find 8, 0x11e81234
        config_set PCI_COMMAND, PCI_COMMAND_MEMORY
        await interrupts, 2
        mov status, %eax
        expect 8, 0x80000000, %eax
        addr32 mov %fs:EDU_IRQ_STATUS, %eax
        expect 8, 0, %eax
        say "edu: INTA# can be held back"

        say "small pc: done"
        finish 0

on_pit:
        push %ax
        incl ticks
        mov $0x20, %al
        out %al, $0x20
        pop %ax
        iret

on_serial:
        push %ax
        push %dx
        get IIR
        and $0x07, %al
        cmp $0x04, %al                          # received data (4), or so late that it has timed out (12)
        jne 1f
        get COM1
        mov %al, received
        movb $1, received + 1
1:      mov $0x20, %al
        out %al, $0x20
        pop %dx
        pop %ax
        iret

on_clock:
        push %ax
        incl beats
        cmos_get RTC_C                          # ends the interrupt
        mov $0x20, %al
        out %al, $0xa0
        out %al, $0x20
        pop %ax
        iret

# INTx# lines are shared: an interrupt that finds no status is another device's, and is not counted.
on_card:
        push %eax
        addr32 mov %fs:EDU_IRQ_STATUS, %eax
        test %eax, %eax
        jz 1f
        mov %eax, status
        addr32 mov %eax, %fs:EDU_IRQ_ACKNOWLEDGE
        addr32 mov %fs:EDU_IRQ_STATUS, %eax     # a read pushes the write ahead of it
        incl interrupts
1:      mov $0x20, %al
        out %al, $0xa0
        out %al, $0x20
        pop %eax
        iret

        .include "number.inc"

greeting:
        .asciz "com1: hello\n"
        .balign 4
ticks:  .long 0
beats:  .long 0
received: .long 0
interrupts: .long 0
status: .long 0
