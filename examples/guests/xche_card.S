# A PCI card whose registers are bytes in port space: find it, size its BAR, place it, use it, move it, switch its
# decoding off. The card is 1b36:00c4, BAR 1 is 0x800 bytes of I/O; see README.md for its registers.
# Ends with 0 or the number of the failed step.

        .set CODE16, 1
        .include "guest.inc"
        .include "pci.inc"

        .set FIRST, 0xc000
        .set SECOND, 0xd800

        .set ID, 0x00
        .set SCRATCH, 0x01
        .set CTRL, 0x02
        .set STATUS, 0x03
        .set EVENTS, 0x04
        .set KICK, 0x05
        .set DATA, 0x10

# AL = a register, or a register = AL; BP is where the BAR lies.
        .macro get register
        lea \register(%bp), %dx
        in %dx, %al
        .endm
        .macro put register
        lea \register(%bp), %dx
        out %al, %dx
        .endm
        .macro put_value register, value
        mov $\value, %al
        put \register
        .endm
        .macro must step, register, value
        get \register
        expect \step, \value, %al
        .endm

        .code16
        .globl _start
_start:
        cli
        cld
        xor %ax, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %ss
        mov $0x7000, %sp

# 1: find it.
        pci_find 1, 0x00c41b36
        say "xche: found"

# 2: size BAR 1 with decoding off: the writable bits say 0x800 bytes, bit 0 says port space.
        config_set PCI_COMMAND, 0
        config_set PCI_BAR1, 0xffffffff
        config_read PCI_BAR1
        expect 2, 0xfffff801, %eax
        say "xche: BAR 1 has 0x800 ports"

# 3: place it; nothing answers before decoding is on.
        config_set PCI_BAR1, FIRST
        config_read PCI_BAR1
        expect 3, FIRST | 1, %eax
        mov $FIRST, %bp
        must 3, ID, 0xff
        config_set PCI_COMMAND, PCI_COMMAND_IO
        config_read PCI_COMMAND
        and $7, %ax
        expect 3, PCI_COMMAND_IO, %ax

# 4: the identification, which cannot be written.
        must 4, ID, 0x5c
        put_value ID, 0xaa
        must 4, ID, 0x5c

# 5: every value of a byte goes through SCRATCH.
        mov $256, %cx
5:      mov %cl, %al
        put SCRATCH
        get SCRATCH
        cmp %al, %cl
        je 6f
        finish 5
6:      loop 5b

# 6: CTRL keeps its fields ENABLE and MODE, and no other bit; STATUS follows ENABLE.
        put_value CTRL, 0xff
        must 6, CTRL, 0xf1
        must 6, STATUS, 0x01
        put_value CTRL, 0x50
        must 6, CTRL, 0x50
        must 6, STATUS, 0x00
        put_value STATUS, 0xff
        must 6, STATUS, 0x00

# 7: KICK sets bits of EVENTS and reads zero; writing ones to EVENTS clears them.
        put_value EVENTS, 0xff
        must 7, EVENTS, 0x00
        put_value KICK, 0x0f
        put_value KICK, 0x30
        must 7, EVENTS, 0x3f
        put_value EVENTS, 0x15
        must 7, EVENTS, 0x2a
        must 7, KICK, 0x00

# 8: sixteen bytes of DATA, each on its own.
        xor %cx, %cx
7:      mov %cl, %al
        mov $17, %ah
        mul %ah
        inc %al
        lea DATA(%bp), %dx
        add %cx, %dx
        out %al, %dx
        inc %cx
        cmp $16, %cx
        jb 7b
        xor %cx, %cx
8:      mov %cl, %al
        mov $17, %ah
        mul %ah
        inc %al
        mov %al, %ah
        lea DATA(%bp), %dx
        add %cx, %dx
        in %dx, %al
        cmp %al, %ah
        je 9f
        finish 8
9:      inc %cx
        cmp $16, %cx
        jb 8b
        put_value SCRATCH, 0x69
        say "xche: registers work"

# 9: move it: the registers are at the new place with what they held, at the old one there is nothing.
        config_set PCI_BAR1, SECOND
        mov $SECOND, %bp
        must 9, ID, 0x5c
        must 9, SCRATCH, 0x69
        must 9, EVENTS, 0x2a
        mov $FIRST, %bp
        must 9, ID, 0xff
        put_value SCRATCH, 0x11
        mov $FIRST, %dx
        in %dx, %ax
        expect 9, 0xffff, %ax
        in %dx, %eax
        expect 9, 0xffffffff, %eax
        mov $SECOND, %bp
        must 9, SCRATCH, 0x69
        say "xche: moved"

# 10: with I/O decoding off there is nothing anywhere.
        config_set PCI_COMMAND, 0
        must 10, ID, 0xff
        put_value SCRATCH, 0x22
        mov $SECOND, %dx
        in %dx, %ax
        expect 10, 0xffff, %ax
        in %dx, %eax
        expect 10, 0xffffffff, %eax

# 11: and on again everything is as it was.
        config_set PCI_COMMAND, PCI_COMMAND_IO
        must 11, ID, 0x5c
        must 11, SCRATCH, 0x69
        say "xche: done"
        finish 0
