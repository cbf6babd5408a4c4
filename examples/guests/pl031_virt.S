# A PL031 alarm on an arm64 machine, as a driver uses it: read the identification, set the alarm one second ahead, unmask,
# sleep by WFI, take the interrupt through the GICv3, clear it, see the line fall. ARM DDI 0224, IHI 0069.
#
# Symbols given by build.py: PL031 = address of the registers, SPI = its interrupt.

        .include "virt.inc"

        .set RTC_DR, 0x00
        .set RTC_MR, 0x04
        .set RTC_CR, 0x0c
        .set RTC_IMSC, 0x10
        .set RTC_RIS, 0x14
        .set RTC_MIS, 0x18
        .set RTC_ICR, 0x1c
        .set RTC_ID, 0xfe0

        begin
        ldr x19, =PL031

# 1: the eight identification bytes.
        adr x1, identification
        mov x2, #0
1:      add x3, x19, x2, lsl #2
        ldr w4, [x3, #RTC_ID]
        ldrb w5, [x1, x2]
        cmp w4, w5
        b.eq 2f
        finish 1
2:      add x2, x2, #1
        cmp x2, #8
        b.lo 1b
        say "pl031: identified"

# 2: it counts (a PL031 out of reset is enabled), masked and quiet.
        ldr w1, [x19, #RTC_CR]
        expect 2, 1, w1
        ldr w1, [x19, #RTC_RIS]
        expect 2, 0, w1

# The alarm: one second from now, unmasked.
        enable_spi SPI
        ldr w21, [x19, #RTC_DR]
        add w21, w21, #1
        str w21, [x19, #RTC_MR]
        mov w1, #1
        str w1, [x19, #RTC_IMSC]
        say "pl031: alarm set"

# 3: sleep until it rings, once, at its time.
        wait_for fired, 1
        ldr w1, [x19, #RTC_DR]
        sub w1, w1, w21
        cmp w1, #5
        b.lo 3f
        finish 3
3:      say "pl031: interrupt taken"

# 4: the line is low: the distributor has nothing pending, and no second interrupt came.
        ldr x0, =GICD
        ldr w1, [x0, #(ISPENDR + 4)]
        expect 4, 0, w1
        ldr x0, =fired
        ldr w1, [x0]
        expect 4, 1, w1
        say "pl031: line low"
        say "pl031: done"
        power_off

handler:
        cmp w0, #(32 + SPI)
        b.ne unexpected
        ldr w1, [x19, #RTC_MIS]
        cbz w1, 1f
        mov w1, #1
        str w1, [x19, #RTC_ICR]
        ldr w1, [x19, #RTC_MIS]                 // 0 now; a read pushes the write ahead of it
        cbnz w1, unexpected
        ldr x2, =fired
        ldr w1, [x2]
        add w1, w1, #1
        str w1, [x2]
1:      ret

identification:
        .byte 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1
        .balign 4
        routines
fired:  .word 0
