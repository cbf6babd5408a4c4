# A PCI card with doorbells in memory and in port space, a RAM BAR and a range of writes that may arrive late.
# The card is 1b36:00d8; README.md has its registers. Symbol given by build.py: RINGS = how often each is rung.
# Ends with 0 or the number of the failed step; a step from the first placing is repeated after the move with 20 added.

        .include "guest.inc"
        .include "pci.inc"
        .include "protected.inc"

        .set MEMORY1, 0xe0000000
        .set MEMORY2, 0xe0100000
        .set PORTS1, 0xc000
        .set PORTS2, 0xd000
        .set RAM1, 0xe1000000
        .set RAM2, 0xe2000000
        .set RAM_SIZE, 0x10000

        .set BELL0, 0x00        # 4 bytes, value 1
        .set BELL1, 0x04        # 4 bytes, any value
        .set BELL4, 0x08        # any length, any value
        .set PORT_BELL2, 0x00   # 2 bytes, value 0x55
        .set PORT_BELL3, 0x04   # 1 byte, any value
        .set COUNTERS, 0x100    # one for each bell, 32 bits
        .set LATE, 0x200        # 64 words, write-only, coalesced
        .set LATE_LAST, 0x300   # the last value written there
        .set LATE_COUNT, 0x304  # how many writes arrived
        .set LATE_SUM, 0x308    # sum = sum * 3 + value, of all of them in their order

        .set POLLS, 2000000

        .globl _start
_start:
        enter_protected 0x7000

# 1: find it.
        pci_find 1, 0x00d81b36
        say "doorbell: found"

# 2: the sizes of its BARs.
        config_set PCI_COMMAND, 0
        config_set PCI_BAR0, 0xffffffff
        config_read PCI_BAR0
        expect 2, 0xfffff000, %eax
        config_set PCI_BAR1, 0xffffffff
        config_read PCI_BAR1
        expect 2, 0xfffffff1, %eax
        config_set PCI_BAR2, 0xffffffff
        config_read PCI_BAR2
        and $0xfffffff0, %eax
        expect 2, -RAM_SIZE, %eax

# Place it and switch decoding on.
        config_set PCI_BAR0, MEMORY1
        config_set PCI_BAR1, PORTS1
        config_set PCI_BAR2, RAM1
        config_set PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY
        movl $MEMORY1, memory
        movl $PORTS1, ports
        movl $0, offset
        mov memory, %ebp
        mov $COUNTERS, %esi
        mov $expected, %edi
        mov $5, %ecx
1:      mov (%ebp,%esi), %eax
        mov %eax, (%edi)
        add $4, %esi
        add $4, %edi
        loop 1b
        call ring_all
        say "doorbell: rung in both spaces"

# 10: RAM of the card: no registers, just memory.
        mov $RAM1, %edi
        mov $RAM_SIZE / 4, %ecx
        mov $1, %eax
2:      mov %eax, (%edi)
        imul $1103515245, %eax, %eax
        add $12345, %eax
        add $4, %edi
        loop 2b
        mov $RAM1, %edi
        mov $10, %edx
        call check_ram
        say "doorbell: RAM holds"

# 11: late writes are there, all and in order, before the next read of the card is answered.
        call late_writes
        say "doorbell: late writes in order"

# 12: move all BARs: at the old places there is nothing, and ringing there is heard by nobody.
        config_set PCI_COMMAND, 0
        config_set PCI_BAR0, MEMORY2
        config_set PCI_BAR1, PORTS2
        config_set PCI_BAR2, RAM2
        config_set PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY
        mov MEMORY1 + COUNTERS, %eax
        expect 12, 0xffffffff, %eax
        mov RAM1, %eax
        expect 12, 0xffffffff, %eax
        mov $PORTS1, %dx
        in %dx, %al
        expect 12, 0xff, %al
        movl $1, MEMORY1 + BELL0
        movl $2, MEMORY1 + BELL1
        mov $0x55, %ax
        out %ax, %dx
        movl $MEMORY2, memory
        movl $PORTS2, ports
        movl $20, offset
        call ring_all
        say "doorbell: they follow the BARs"

# 13: the RAM has moved with what it held.
        mov $RAM2, %edi
        mov $13, %edx
        call check_ram

# 14: late writes find the card at its new place.
        call late_writes

# 15: with decoding off nothing answers.
        config_set PCI_COMMAND, 0
        mov MEMORY2 + COUNTERS, %eax
        expect 15, 0xffffffff, %eax
        mov RAM2, %eax
        expect 15, 0xffffffff, %eax
        mov $PORTS2, %dx
        in %dx, %al
        expect 15, 0xff, %al
        say "doorbell: done"
        finish 0

# Ring every doorbell RINGS times at `memory` and `ports`, and writes beside them that are no rings.
ring_all:
        mov memory, %ebp

# 4: in memory, with a value: other values and lengths do not ring.
        movl $2, BELL0(%ebp)
        movw $1, BELL0(%ebp)
        mov $RINGS, %ecx
1:      movl $1, BELL0(%ebp)
        loop 1b
        mov $4, %edx
        mov $0, %eax
        call arrive

# 5: in memory, any value: other lengths do not ring.
        movb $1, BELL1(%ebp)
        mov $RINGS, %ecx
2:      mov %ecx, BELL1(%ebp)
        loop 2b
        mov $5, %edx
        mov $1, %eax
        call arrive

# 6: at a port, with a value.
        mov ports, %dx
        add $PORT_BELL2, %dx
        mov $0x56, %ax
        out %ax, %dx
        mov $0x55, %ax
        out %al, %dx
        mov $RINGS, %ecx
3:      out %ax, %dx
        loop 3b
        mov $6, %edx
        mov $2, %eax
        call arrive

# 7: at a port, any value.
        mov ports, %dx
        add $PORT_BELL3, %dx
        mov $RINGS, %ecx
4:      mov %cl, %al
        out %al, %dx
        loop 4b
        mov $7, %edx
        mov $3, %eax
        call arrive

# 8: any length.
        mov $RINGS / 4, %ecx
5:      movb $0x11, BELL4(%ebp)
        movw $0x2222, BELL4(%ebp)
        movl $0x33333333, BELL4(%ebp)
        movl $0, BELL4(%ebp)
        loop 5b
        mov $8, %edx
        mov $4, %eax
        call arrive
        ret

# Wait until counter EAX has risen by RINGS; then it must stand there. EDX is the step.
arrive: lea expected(,%eax,4), %edi
        addl $RINGS, (%edi)
        lea COUNTERS(%ebp,%eax,4), %esi
        mov $POLLS, %ecx
1:      mov (%esi), %eax
        cmp (%edi), %eax
        je 2f
        loop 1b
        jmp fail
2:      mov (%esi), %eax
        cmp (%edi), %eax
        jne fail
        ret

# 64 writes and a look, then more than the kernel's ring takes (170) and a look.
late_writes:
        mov memory, %ebp
        mov LATE_COUNT(%ebp), %edi
        mov LATE_SUM(%ebp), %esi
        xor %ecx, %ecx
1:      lea 1000(%ecx), %eax
        mov %eax, LATE(%ebp,%ecx,4)
        lea (%esi,%esi,2), %esi
        add %eax, %esi
        inc %ecx
        cmp $64, %ecx
        jb 1b
        mov $11, %edx
        mov LATE_LAST(%ebp), %eax
        cmp $1063, %eax
        jne fail
        add $64, %edi
        cmp LATE_COUNT(%ebp), %edi
        jne fail
        cmp LATE_SUM(%ebp), %esi
        jne fail
        xor %ecx, %ecx
2:      mov %ecx, LATE(%ebp)
        lea (%esi,%esi,2), %esi
        add %ecx, %esi
        inc %ecx
        cmp $400, %ecx
        jb 2b
        cmp LATE_SUM(%ebp), %esi
        jne fail
        add $400, %edi
        cmp LATE_COUNT(%ebp), %edi
        jne fail
        ret

# The pattern of step 10 at EDI; EDX is the step.
check_ram:
        mov $RAM_SIZE / 4, %ecx
        mov $1, %eax
1:      cmp %eax, (%edi)
        jne fail
        imul $1103515245, %eax, %eax
        add $12345, %eax
        add $4, %edi
        loop 1b
        ret

# End the run with step EDX, 20 more after the move.
fail:   mov %edx, %eax
        add offset, %eax
        out %al, $EXIT
1:      cli
        hlt
        jmp 1b

        .balign 4
memory: .long 0
ports:  .long 0
offset: .long 0
expected:
        .long 0, 0, 0, 0, 0
