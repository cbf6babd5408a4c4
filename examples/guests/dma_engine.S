# A card that copies memory: found and placed by its BARs and its capability list, told by a doorbell to copy, and heard
# of by INTx# through the IOAPIC, by MSI-X with masks and pending bits, and by MSI.
#
# Symbols given by build.py: PIN = the IOAPIC pin that the board leads INTA# to, LENGTH = bytes of a copy. Ends with 0 or
# the number of the failed step.

        .set CODE16, 1
        .include "guest.inc"
        .include "unreal.inc"
        .include "apic.inc"
        .include "pci.inc"

        .set PCI_STATUS_INTERRUPT, 1 << 19      # in the double word of the command register
        .set PCI_STATUS_CAPABILITIES, 1 << 20
        .set PCI_COMMAND_MASTER, 1 << 2
        .set PCI_COMMAND_INTX_DISABLE, 1 << 10
        .set PCI_COMMAND_DECODE, PCI_COMMAND_IO | PCI_COMMAND_MEMORY
        .set PCI_BAR3, 0x1c
        .set PCI_BAR4, 0x20
        .set PCI_CAPABILITIES, 0x34

        .set MSI_ID, 0x05
        .set MSIX_ID, 0x11
        .set MSI_ENABLE, 0x0021 << 16           # four vectors
        .set MSIX_ENABLE, 0x8000 << 16
        .set MSIX_MASK_ALL, 0x4000 << 16
        .set MESSAGE_ADDRESS, 0xfee00000

        .set CARD, 0xe0000000                   # BAR 0
        .set ID, CARD + 0x00
        .set STATUS, CARD + 0x04
        .set STATUS_DONE, 1
        .set COPY_SOURCE, CARD + 0x08
        .set COPY_DESTINATION, CARD + 0x10
        .set COPY_LENGTH, CARD + 0x18
        .set COPY_VECTOR, CARD + 0x1c
        .set COPIES, CARD + 0x20
        .set RINGS, CARD + 0x28
        .set BELL, CARD + 0x800
        .set PORTS, 0xc000                      # BAR 1
        .set MEMORY, 0xe0100000                 # BAR 2
        .set VECTORS, 0xe0200000                # BAR 4: the table of MSI-X and its pending bits

        .set SOURCE, 0x20000
        .set DESTINATION, 0x28000
        .set GUARD, 8                           # bytes around the destination that must stay
        .set MAILBOX, 0x30000                   # where a vector is aimed at RAM

        .set WIRE, 0x40                         # interrupt vectors: INTA#,
        .set MESSAGES, 0x50                     # MSI-X from here on,
        .set MSI_MESSAGES, 0x60                 # and MSI
        .set POLLS, 10000000

# The step that runs now; `require` ends the run with its number.
        .macro step number
        movb $\number, present
        .endm
        .macro require value, register
        cmp $\value, \register
        jne fail
        .endm

        .macro card_read address
        addr32 mov %fs:(\address), %eax
        .endm
        .macro card_write address, value
        addr32 movl $(\value), %fs:(\address)
        .endm

# A BAR with its address bits written as ones reads `size`; then place it.
        .macro bar register, size, place
        config_set \register, 0xffffffff
        config_read \register
        require \size, %eax
        config_set \register, \place
        .endm

# Write the first double word of a capability, whose offset is in memory: its identifier and link are read-only.
        .macro capability_control offset, value
        mov \offset, %esi
        mov $(\value), %ecx
        call config_store
        .endm

# An entry of the MSI-X table; address and data first, as its mask bit lets the card use them.
        .macro message entry, address, data, mask=0
        card_write "VECTORS + 16 * (\entry)", \address
        card_write "VECTORS + 16 * (\entry) + 4", 0
        card_write "VECTORS + 16 * (\entry) + 8", \data
        card_write "VECTORS + 16 * (\entry) + 12", \mask
        .endm

        .macro mask entry, on
        card_write "VECTORS + 16 * (\entry) + 12", \on
        .endm

# Copy, to be told of by `vector`.
        .macro copy vector
        mov $\vector, %ecx
        call start_copy
        .endm

# Handlers of messages: which of them came last, and how many came.
        .macro on_message name, first, count
        .set number, 0
        .rept \count
        push %eax
        mov $((\first) + number), %al
        jmp took
        .balign 8
        .set number, number + 1
        .endr
        .endm

# Lead `count` vectors from `first` to handlers 8 bytes apart. Clobbers EAX, CX and DI.
        .macro vectors first, handlers, count
        mov $(4 * (\first)), %di
        mov $\handlers, %eax
        mov $\count, %cx
.Lvectors\@:
        stosl
        add $8, %eax
        loop .Lvectors\@
        .endm

# Sleep until the next message, and see that it is `number`.
        .macro await number
        call next_message
        mov last, %al
        require \number, %al
        .endm

# A moment with interrupts on: no message has come.
        .macro silence
        call open_ears
        call no_message
        .endm

        begin
        pic_setup 0xff, 0xff
        lapic_enable
        vector WIRE, on_wire
        vectors MESSAGES, message_handlers, 8
        vectors MSI_MESSAGES, msi_handlers, 4

# 1: the card, with a capability list.
        pci_find 1, 0x00f21b36
        step 1
        config_read PCI_COMMAND
        test $PCI_STATUS_CAPABILITIES, %eax
        jz fail

# 2: its BARs, sized and placed.
        step 2
        config_set PCI_COMMAND, 0
        bar PCI_BAR0, 0xfffff000, CARD
        bar PCI_BAR1, 0xffffffe1, PORTS
        bar PCI_BAR2, 0xffff000c, MEMORY
        bar PCI_BAR3, 0xffffffff, 0
        bar PCI_BAR4, 0xfffff000, VECTORS
        config_set PCI_COMMAND, PCI_COMMAND_DECODE
        card_read ID
        require 0x444d4131, %eax

# 3: MSI and MSI-X somewhere in the list; eight vectors, the table and the pending bits in BAR 4.
        step 3
        config_read PCI_CAPABILITIES
        mov $48, %ecx
        movzbl %al, %esi
1:      and $0xfc, %esi
        jz 4f
        call config_load
        cmp $MSI_ID, %al
        jne 2f
        mov %esi, msi
2:      cmp $MSIX_ID, %al
        jne 3f
        mov %esi, msix
3:      movzbl %ah, %esi
        loop 1b
        jmp fail
4:      cmpl $0, msi
        je fail
        mov msix, %esi
        test %esi, %esi
        jz fail
        call config_load
        shr $16, %eax
        and $0x7ff, %eax
        require 7, %eax
        add $4, %esi
        call config_load
        require 4, %eax
        add $4, %esi
        call config_load
        and $7, %al
        require 4, %al
        call config_load
        and $-8, %eax
        add $VECTORS, %eax
        mov %eax, pending_bits
        say "dma engine: found"

# 4: without bus mastering the card says that it is done, and has reached no memory.
        step 4
        copy 0
        call await_done
        xor %ecx, %ecx
        call check_destination
        config_set PCI_COMMAND, (PCI_COMMAND_DECODE | PCI_COMMAND_MASTER)
        copy 0
        call await_done
        call check_copied
        say "dma engine: copies as a bus master only"

# 5: INTA#, level-triggered, through the IOAPIC. The status bit of the header shows it also while it is disabled.
        step 5
        ioapic_route PIN, WIRE, IOAPIC_LEVEL
        copy 0
5:      sti
        hlt
        cli
        cmpl $0, wires
        je 5b
        call check_copied
        call open_ears
        cmpl $1, wires
        jne fail
        config_set PCI_COMMAND, (PCI_COMMAND_DECODE | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE)
        copy 0
        call poll_done
        call open_ears
        cmpl $1, wires
        jne fail
        config_read PCI_COMMAND
        test $PCI_STATUS_INTERRUPT, %eax
        jz fail
        call clear_done
        config_read PCI_COMMAND
        test $PCI_STATUS_INTERRUPT, %eax
        jnz fail
        config_set PCI_COMMAND, (PCI_COMMAND_DECODE | PCI_COMMAND_MASTER)
        say "dma engine: INTA# through the IOAPIC"

# 6: each vector of MSI-X interrupts by its own message, and INTA# is silent.
        step 6
        message 0, MESSAGE_ADDRESS, MESSAGES
        message 1, MESSAGE_ADDRESS, MESSAGES + 1
        message 2, MESSAGE_ADDRESS, MESSAGES + 2
        message 7, MESSAGE_ADDRESS, MESSAGES + 7
        capability_control msix, MSIX_ENABLE
        copy 0
        await 0
        call check_copied
        copy 7
        await 7
        call check_copied
        copy 1
        await 1
        copy 2
        await 2
        copy 0
        await 0
        call check_copied
        message 1, MESSAGE_ADDRESS, MESSAGES + 5
        copy 1
        await 5
        cmpl $1, wires
        jne fail
        say "dma engine: MSI-X"

# 7: what a masked vector has to say waits in its pending bit, and is said once.
        step 7
        call clear_done
        mask 2, 1
        copy 2
        call await_done
        copy 2
        call await_done
        silence
        call load_pending
        require 1 << 2, %eax
        mask 2, 0
        await 2
        silence
        call load_pending
        require 0, %eax
        capability_control msix, "MSIX_ENABLE | MSIX_MASK_ALL"
        copy 0
        call await_done
        silence
        call load_pending
        require 1, %eax
        capability_control msix, MSIX_ENABLE
        await 0
        call load_pending
        require 0, %eax
        say "dma engine: masked vectors wait"

# 8: a vector that is aimed at RAM is a write there.
        step 8
        message 3, MAILBOX, 0x600dbeef
        card_write MAILBOX, 0
        copy 3
        call await_done
        card_read MAILBOX
        require 0x600dbeef, %eax
        silence

# 9: without bus mastering there is no message either.
        step 9
        config_set PCI_COMMAND, PCI_COMMAND_DECODE
        copy 0
        call await_done
        silence
        config_set PCI_COMMAND, (PCI_COMMAND_DECODE | PCI_COMMAND_MASTER)
        silence
        capability_control msix, 0
        say "dma engine: a message is a write of the card"

# 10: MSI, four vectors from one message.
        step 10
        mov msi, %esi
        add $4, %esi
        mov $MESSAGE_ADDRESS, %ecx
        call config_store
        add $4, %esi
        xor %ecx, %ecx
        call config_store
        add $4, %esi
        mov $MSI_MESSAGES, %ecx
        call config_store
        capability_control msi, MSI_ENABLE
        copy 3
        await 0x13
        copy 0
        await 0x10
        call check_copied
        capability_control msi, 0
        say "dma engine: MSI"

# 11: each ring of the doorbell was one copy.
        step 11
        card_read RINGS
        cmp rings, %eax
        jne fail
        card_read COPIES
        cmp rings, %eax
        jne fail
        say "dma engine: done"
        finish 0

fail:
        mov present, %al
        out %al, $EXIT
1:      cli
        hlt
        jmp 1b

# EAX = the double word of configuration space at ESI; write ECX there. Clobber EDX, and EAX.
config_load:
        mov %ebx, %eax
        or %esi, %eax
        mov $PCI_ADDRESS, %dx
        out %eax, %dx
        mov $PCI_DATA, %dx
        in %dx, %eax
        ret
config_store:
        call config_load
        mov %ecx, %eax
        out %eax, %dx
        ret

# EAX = the first pending bits.
load_pending:
        mov pending_bits, %eax
        addr32 mov %fs:(%eax), %eax
        ret

# New bytes at the source, none at the destination; ring for a copy that raises vector ECX. Clobbers EAX and EDI.
start_copy:
        incl rings
        xor %edi, %edi
1:      call pattern
        addr32 movb %al, %fs:SOURCE(%edi)
        addr32 movb $0x55, %fs:(DESTINATION - GUARD)(%edi)
        inc %edi
        cmp $(LENGTH + 2 * GUARD), %edi
        jb 1b
        card_write COPY_SOURCE, SOURCE
        card_write (COPY_SOURCE + 4), 0
        card_write COPY_DESTINATION, DESTINATION
        card_write (COPY_DESTINATION + 4), 0
        card_write COPY_LENGTH, LENGTH
        addr32 mov %ecx, %fs:COPY_VECTOR
        card_write BELL, 1
        ret

# AL = byte EDI of the present copy.
pattern:
        mov %edi, %eax
        imul $37, %eax
        add rings, %eax
        ret

# All of the copy has arrived; or, check_destination, its first ECX bytes, and the rest is as it was.
check_copied:
        mov $LENGTH, %ecx
check_destination:
        xor %edi, %edi
1:      call pattern
        cmp %ecx, %edi
        jb 2f
        mov $0x55, %al
2:      addr32 cmpb %fs:DESTINATION(%edi), %al
        jne fail
        inc %edi
        cmp $(LENGTH + GUARD), %edi
        jb 1b
        mov $-GUARD, %edi
3:      addr32 cmpb $0x55, %fs:DESTINATION(%edi)
        jne fail
        inc %edi
        jnz 3b
        ret

# Wait, awake, until the card says that it is done, and take note.
await_done:
        call poll_done
clear_done:
        card_write STATUS, STATUS_DONE
        ret
poll_done:
        mov $POLLS, %ecx
1:      card_read STATUS
        test $STATUS_DONE, %al
        jnz 2f
        dec %ecx
        jnz 1b
        jmp fail
2:      ret

# Sleep until one more message has come than before; STI holds interrupts back for one instruction, so none is lost before
# HLT. no_message sees that there are no more.
next_message:
        incl expected
1:      mov messages, %eax
        cmp expected, %eax
        jae no_message
        sti
        hlt
        cli
        jmp 1b
no_message:
        mov messages, %eax
        cmp expected, %eax
        jne fail
        ret

# Take whatever interrupt is there. An instruction or two between STI and CLI are not enough for a software KVM, which
# delivers at its next exit.
open_ears:
        sti
        card_read ID
        card_read ID
        cli
        ret

# Level-triggered lines are shared: an interrupt that finds no status is somebody else's, and is not counted. (A software
# KVM has been seen to deliver each level twice, ending it at the local APIC when it is taken.)
on_wire:
        push %eax
        card_read STATUS
        test $STATUS_DONE, %al
        jz 1f
        incl wires
        card_write STATUS, STATUS_DONE
        card_read STATUS                        # a read pushes the write ahead of it
1:      lapic_end_of_interrupt
        pop %eax
        iret

        .balign 8
message_handlers:
        on_message message, 0, 8
msi_handlers:
        on_message msi, 0x10, 4
took:
        mov %al, last
        incl messages
        lapic_end_of_interrupt
        pop %eax
        iret

        .balign 4
msi:    .long 0
msix:   .long 0
pending_bits: .long 0
rings:  .long 0
wires:  .long 0
messages: .long 0
expected: .long 0
present: .byte 0
last:   .byte 0
