# A small arm64 machine: PSCI, the architected timer, priorities of the GICv3, and the Arm PrimeCells on their SPIs: PL011
# (ARM DDI 0183), SP804 (DDI 0271) and PL061 (DDI 0190), whose lines 0 to 3 drive lines 4 to 7.
#
# Symbols given by build.py: SP804 and PL061 = addresses, their SPIs, COUNT = interrupts of each timer to take.

        .include "virt.inc"

        .set TIMER_PPI, 27
        .set TICKS_MS, 62500                    // a millisecond at 62.5 MHz; a fraction of one at a slower clock

        .set T0_LOAD, 0x00
        .set T0_CTRL, 0x08
        .set T0_INTCLR, 0x0c
        .set T0_MIS, 0x14
        .set T1_VALUE, 0x24
        .set T1_CTRL, 0x28
        .set PERIOD, 1000                       // microseconds

        .set ALL, 0x3fc
        .set DIR, 0x400
        .set GPIO_IEV, 0x40c
        .set GPIO_IE, 0x410
        .set GPIO_MIS, 0x418
        .set GPIO_IC, 0x41c

        .set UART_IMSC, 0x38
        .set UART_MIS, 0x40
        .set UART_ICR, 0x44
        .set TXIM, 1 << 5

        begin
        ldr x22, =SP804
        ldr x23, =PL061

# 1: PSCI 0.2 or newer.
        psci PSCI_VERSION
        cmp w0, #2
        b.hs 1f
        finish 1
1:      say "psci: found"

# 2: the virtual timer: COUNT interrupts, each a deadline later than the one before; by the counter none is early.
        enable_private TIMER_PPI
        mrs x24, cntvct_el0
        ldr x25, =TICKS_MS
        add x25, x24, x25
        msr cntv_cval_el0, x25
        mov x1, #1
        msr cntv_ctl_el0, x1
        wait_for ticks, COUNT
        mrs x1, cntvct_el0
        sub x1, x1, x24
        ldr x2, =TICKS_MS * COUNT
        cmp x1, x2
        b.hs 2f
        finish 2
2:      tell "timer: "
        mov w0, #COUNT
        bl print_number
        say " interrupts, none early"

# 3: an interrupt that the mask holds back stays pending; a more urgent one preempts a handler that unmasks interrupts.
        enable_private 1, 0xc0
        enable_private 2, 0x40
        mov x1, #0x80
        msr s3_0_c4_c6_0, x1                    // ICC_PMR_EL1: 0xc0 does not pass
        ldr x1, =1 << 24 | 1
        msr s3_0_c12_c11_5, x1                  // ICC_SGI1R_EL1: SGI 1 to this processor
        isb
        ldr x0, =order
        ldr w1, [x0]
        expect 3, 0, w1
        mrs x1, s3_0_c12_c12_2                  // ICC_HPPIR1_EL1
        expect 3, 1, w1
        mov x1, #0xf0
        msr s3_0_c4_c6_0, x1
        isb
        wait_for order, 0x121
        ldr w1, [x0]
        expect 3, 0x121, w1
        say "gic: masked, then preempted by a more urgent interrupt"

# 4: SP804: timer 0 interrupts each millisecond while timer 1 keeps the time.
        mov w1, #0x82                           // enable, 32 bits
        str w1, [x22, #T1_CTRL]
        enable_spi SP804_SPI
        ldr w26, [x22, #T1_VALUE]
        mov w1, #PERIOD
        str w1, [x22, #T0_LOAD]
        mov w1, #0xe2                           // enable, periodic, interrupt, 32 bits
        str w1, [x22, #T0_CTRL]
        wait_for periods, COUNT
        ldr w1, [x22, #T1_VALUE]
        sub w1, w26, w1
        ldr w2, =PERIOD * COUNT
        cmp w1, w2
        b.hs 4f
        finish 4
4:      tell "sp804: "
        mov w0, #COUNT
        bl print_number
        say " periodic interrupts, none early"

# 5: PL061: a rising edge on line 4, which output 0 drives, is one interrupt; a falling one is none.
        enable_spi PL061_SPI
        mov w1, #0x0f
        str w1, [x23, #DIR]
        mov w1, #0x10
        str w1, [x23, #GPIO_IEV]
        str w1, [x23, #GPIO_IC]
        str w1, [x23, #GPIO_IE]
        mov w1, #1
        str w1, [x23, #ALL]
        wait_for edges, 1
        str wzr, [x23, #ALL]
        ldr w1, [x23, #GPIO_MIS]
        expect 5, 0, w1
        ldr x0, =edges
        ldr w1, [x0]
        expect 5, 1, w1
        say "pl061: rising edge"

# 6: PL011: the transmit interrupt, edge-triggered at the GIC.
        enable_spi 1, 0xa0, 1
        ldr x27, =UART
        mov w1, #TXIM
        str w1, [x27, #UART_IMSC]
        say "uart: a line that empties the FIFO"
        wait_for sent, 1
        say "uart: transmit interrupt"
        say "small virt: done"
        power_off

handler:
        cmp w0, #TIMER_PPI
        b.eq on_tick
        cmp w0, #1
        b.eq on_sgi1
        cmp w0, #2
        b.eq on_sgi2
        cmp w0, #(32 + SP804_SPI)
        b.eq on_period
        cmp w0, #(32 + PL061_SPI)
        b.eq on_edge
        cmp w0, #33
        b.eq on_sent
        b unexpected

on_tick:                                        // the last one stops the timer, so that a slow host comes to an end
        ldr x1, =TICKS_MS
        add x25, x25, x1
        msr cntv_cval_el0, x25
        ldr x2, =ticks
        ldr w1, [x2]
        cmp w1, #(COUNT - 1)
        b.lo 1f
        msr cntv_ctl_el0, xzr
1:      isb
        b count_up

# SGI 1 notes a 1, sends the more urgent SGI 2 to itself, lets it in, and notes a 1 again behind SGI 2's 2.
on_sgi1:
        stp x30, x0, [sp, #-16]!
        mov w1, #1
        bl note
        ldr x1, =2 << 24 | 1
        msr s3_0_c12_c11_5, x1
        isb
        msr daifclr, #2
        isb
        msr daifset, #2
        mov w1, #1
        bl note
        ldp x30, x0, [sp], #16
        ret
on_sgi2:
        mov w1, #2
note:   ldr x2, =order                          // one digit more
        ldr w3, [x2]
        orr w3, w1, w3, lsl #4
        str w3, [x2]
        ret

on_period:
        ldr w1, [x22, #T0_MIS]
        cbz w1, nothing
        str w1, [x22, #T0_INTCLR]
        ldr x2, =periods
        ldr w1, [x2]
        cmp w1, #(COUNT - 1)
        b.lo 1f
        str wzr, [x22, #T0_CTRL]
1:      ldr w1, [x22, #T0_MIS]                  // a read pushes the write ahead of it
        b count_up
on_edge:
        ldr w1, [x23, #GPIO_MIS]
        str w1, [x23, #GPIO_IC]
        ldr w1, [x23, #GPIO_MIS]
        ldr x2, =edges
        b count_up
on_sent:
        mov w1, #TXIM
        str w1, [x27, #UART_ICR]
        ldr w1, [x27, #UART_MIS]
        ldr x2, =sent
count_up:
        ldr w1, [x2]
        add w1, w1, #1
        str w1, [x2]
nothing:
        ret

        .balign 4
        routines
ticks:  .word 0
order:  .word 0
periods: .word 0
edges:  .word 0
sent:   .word 0
