# Four PCI cards: edu moves a block by DMA both ways and says so by message, pci-testdev counts the writes that no
# doorbell takes, pvpanic hears of a crash, and the i6300esb watchdog runs out. Ends with 0 or the number of the failed
# step.
#
# Symbols given by build.py: LENGTH = bytes of the block.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"
        .include "pci.inc"

        .set PCI_COMMAND_MASTER, 4

        .set EDU, 0xe0000000
        .set EDU_STATUS, EDU + 0x20
        .set EDU_FACTORIAL, EDU + 0x08
        .set EDU_IRQ_STATUS, EDU + 0x24
        .set EDU_IRQ_ACKNOWLEDGE, EDU + 0x64
        .set EDU_DMA_SOURCE, EDU + 0x80
        .set EDU_DMA_DESTINATION, EDU + 0x88
        .set EDU_DMA_COUNT, EDU + 0x90
        .set EDU_DMA_COMMAND, EDU + 0x98
        .set EDU_BUFFER, 0x40000
        .set EDU_MSI, 0x40                      # the capability: control at +2, address at +4, data at +12
        .set MESSAGE_ADDRESS, 0xfee00000
        .set MESSAGE_VECTOR, 0x40

        .set TESTDEV, 0xe0200000
        .set TESTDEV_PORTS, 0xc000
        .set HEADER_COUNT, 0x0c
        .set HEADER_NAME, 0x10

        .set PANIC, 0xe0300000

        .set WATCHDOG, 0xe0400000
        .set WATCHDOG_RELOAD, WATCHDOG + 0x0c
        .set WATCHDOG_CONFIG, 0x60
        .set WATCHDOG_LOCK, 0x68

        .set FIRST, 0x20000
        .set SECOND, 0x28000

# EAX = the double word of a card, or the double word = value.
        .macro card_read address
        addr32 mov %fs:(\address), %eax
        .endm
        .macro card_write address, value
        addr32 movl $(\value), %fs:(\address)
        .endm

# A word or a byte of configuration space; the register is at a multiple of 4.
        .macro config_word register, value
        mov %ebx, %eax
        or $\register, %al
        mov $PCI_ADDRESS, %dx
        out %eax, %dx
        mov $PCI_DATA, %dx
        mov $(\value), %ax
        out %ax, %dx
        .endm
        .macro config_byte register, value
        mov %ebx, %eax
        or $\register, %al
        mov $PCI_ADDRESS, %dx
        out %eax, %dx
        mov $PCI_DATA, %dx
        mov $(\value), %al
        out %al, %dx
        .endm

# Sleep until the handler has counted to `value`. STI holds interrupts back for one instruction, so none is lost before
# HLT.
        .macro await value
.Lawait\@:
        cmpl $(\value), interrupts
        jae .Lawaited\@
        sti
        hlt
        cli
        jmp .Lawait\@
.Lawaited\@:
        .endm

        .macro transfer source, destination, command
        card_write EDU_DMA_SOURCE, \source
        card_write EDU_DMA_DESTINATION, \destination
        card_write EDU_DMA_COUNT, LENGTH
        card_write EDU_DMA_COMMAND, \command
        .endm

        .macro unlock
        addr32 movw $0x80, %fs:WATCHDOG_RELOAD
        addr32 movw $0x86, %fs:WATCHDOG_RELOAD
        .endm

        begin
        pic_setup 0xff, 0xff
        lapic_enable
        vector MESSAGE_VECTOR, on_message

# 1: edu: place it, let it be master, and have its interrupts as messages.
        pci_find 1, 0x11e81234
        config_set PCI_BAR0, EDU
        config_set PCI_COMMAND, (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)
        config_read EDU_MSI
        and $0x00ff00ff, %eax
        expect 1, 0x00800005, %eax
        config_set (EDU_MSI + 4), MESSAGE_ADDRESS
        config_set (EDU_MSI + 12), MESSAGE_VECTOR
        config_set EDU_MSI, 0x00010000
        card_read EDU
        expect 1, 0x010000ed, %eax

# 2: a factorial, and the message that it is ready.
        card_write EDU_STATUS, 0x80
        card_write EDU_FACTORIAL, 10
        await 1
        card_read EDU_FACTORIAL
        expect 2, 3628800, %eax
        mov status, %eax
        expect 2, 1, %eax
        say "edu: factorial ready, by message"

# 3: a block into the card's buffer and out again; it must arrive, and what stands around it must stay.
        mov $0, %ecx
1:      mov %ecx, %eax
        imul $37, %eax
        addr32 movb %al, %fs:FIRST(%ecx)
        addr32 movb $0x55, %fs:SECOND(%ecx)
        inc %ecx
        cmp $(LENGTH + 16), %ecx
        jb 1b
        transfer FIRST, EDU_BUFFER, 5
        await 2
        transfer EDU_BUFFER, (SECOND + 8), 7
        await 3
        mov status, %eax
        expect 3, 0x100, %eax
        mov $0, %ecx
2:      mov %ecx, %eax
        imul $37, %eax
        addr32 cmpb %al, %fs:(SECOND + 8)(%ecx)
        je 3f
        finish 3
3:      inc %ecx
        cmp $LENGTH, %ecx
        jb 2b
        addr32 cmpb $0x55, %fs:(SECOND + 7)
        je 4f
        finish 3
4:      addr32 cmpb $0x55, %fs:(SECOND + 8 + LENGTH)
        je 5f
        finish 3
5:      say "edu: a block moved by DMA, both ways"

# 4: pci-testdev in memory: writes without a doorbell are counted, others are not.
        pci_find 4, 0x00051b36
        config_set PCI_BAR0, TESTDEV
        config_set PCI_BAR1, TESTDEV_PORTS
        config_set PCI_COMMAND, (PCI_COMMAND_MEMORY | PCI_COMMAND_IO)
        addr32 movb $0, %fs:TESTDEV
        card_read (TESTDEV + HEADER_NAME)
        expect 4, 0x6f696d6d, %eax              # "mmio"
        mov $100, %cx
6:      addr32 movb $0xfa, %fs:(TESTDEV + 0x800)
        loop 6b
        card_read (TESTDEV + HEADER_COUNT)
        expect 4, 100, %eax
        addr32 movb $1, %fs:TESTDEV
        mov $100, %cx
7:      addr32 movb $0x11, %fs:(TESTDEV + 0x801)
        loop 7b
        card_read (TESTDEV + HEADER_COUNT)
        expect 4, 0, %eax

# 5: the same in port space; a doorbell that matches leaves other values.
        mov $TESTDEV_PORTS, %dx
        mov $0, %al
        out %al, %dx
        mov $(TESTDEV_PORTS + 0x83), %dx
        mov $0xfa, %al
        out %al, %dx
        mov $(TESTDEV_PORTS + HEADER_COUNT), %dx
        in %dx, %eax
        expect 5, 1, %eax
        mov $TESTDEV_PORTS, %dx
        mov $2, %al
        out %al, %dx
        mov $(TESTDEV_PORTS + 0x85), %dx
        mov $0xfa, %al
        out %al, %dx
        mov $(TESTDEV_PORTS + HEADER_COUNT), %dx
        in %dx, %eax
        expect 5, 0, %eax
        say "pci-testdev: doorbells take what they match"

# 6: pvpanic takes both events; tell it of a crash kernel.
        pci_find 6, 0x00111b36
        config_set PCI_BAR0, PANIC
        config_set PCI_COMMAND, PCI_COMMAND_MEMORY
        addr32 movb %fs:PANIC, %al
        expect 6, 3, %al
        addr32 movb $2, %fs:PANIC
        say "pvpanic: told"

# 7: the watchdog: two stages of 50,000 ticks of 960 ns, time enough to look before they are over; then it remembers that
# it ran out.
        pci_find 7, 0x25ab8086
        config_set PCI_BAR0, WATCHDOG
        config_set PCI_COMMAND, PCI_COMMAND_MEMORY
        addr32 movw %fs:WATCHDOG_RELOAD, %ax
        expect 7, 0, %ax
        config_word WATCHDOG_CONFIG, 0x04
        unlock
        card_write WATCHDOG, 50000
        unlock
        card_write (WATCHDOG + 4), 50000
        config_byte WATCHDOG_LOCK, 0x02
        config_read WATCHDOG_LOCK
        mov $PCI_DATA, %dx
        in %dx, %al
        expect 7, 0x02, %al
        mov $10000000, %ecx
8:      addr32 movw %fs:WATCHDOG_RELOAD, %ax
        cmp $0x1200, %ax
        je 9f
        dec %ecx
        jnz 8b
        finish 7
9:      mov $PCI_DATA, %dx
        in %dx, %al
        expect 7, 0, %al
        say "i6300esb: ran out"

        say "pci cards: done"
        finish 0

on_message:
        push %eax
        card_read EDU_IRQ_STATUS
        mov %eax, status
        addr32 mov %eax, %fs:EDU_IRQ_ACKNOWLEDGE
        incl interrupts
        lapic_end_of_interrupt
        pop %eax
        iret

        .balign 4
interrupts: .long 0
status: .long 0
