# String I/O in all three widths against an echo port: what REP OUTS wrote, REP INS reads back in order.
# Symbol given by build.py: PORT = the port. Ends with 0 or the number of the failed step.

        .set CODE16, 1
        .include "guest.inc"

        .code16
        .globl _start
_start:
        xor %ax, %ax
        mov %ax, %ds
        mov %ax, %es
        mov %ax, %ss
        mov $0x7000, %sp
        cld
        mov $PORT, %dx

# 1: bytes, forwards.
        call clear
        mov $pattern, %si
        mov $64, %cx
        rep outsb
        mov $buffer, %di
        mov $64, %cx
        rep insb
        mov $1, %bl
        call compare

# 2: words.
        call clear
        mov $pattern, %si
        mov $32, %cx
        rep outsw
        mov $buffer, %di
        mov $32, %cx
        rep insw
        mov $2, %bl
        call compare

# 3: double words.
        call clear
        mov $pattern, %si
        mov $16, %cx
        rep outsl
        mov $buffer, %di
        mov $16, %cx
        rep insl
        mov $3, %bl
        call compare

# 4: words written, bytes read: the port is a stream of bytes, low byte first.
        call clear
        mov $pattern, %si
        mov $32, %cx
        rep outsw
        mov $buffer, %di
        mov $64, %cx
        rep insb
        mov $4, %bl
        call compare

# 5: backwards (DF set): the last byte goes first.
        call clear
        std
        mov $pattern + 63, %si
        mov $64, %cx
        rep outsb
        mov $buffer + 63, %di
        mov $64, %cx
        rep insb
        cld
        mov $5, %bl
        call compare

# A count of zero moves nothing; then an empty port reads ones.
        xor %cx, %cx
        mov $pattern, %si
        rep outsb
        in %dx, %al
        cmp $0xff, %al
        je 1f
        finish 6
1:      say "pio string: done"
        finish 0

clear:  mov $buffer, %di
        mov $32, %cx
        xor %ax, %ax
        rep stosw
        ret

compare:
        mov $pattern, %si
        mov $buffer, %di
        mov $64, %cx
        repe cmpsb
        jne 1f
        ret
1:      mov %bl, %al
        out %al, $EXIT
        cli
        hlt

        .balign 4
pattern:
        .set value, 7
        .rept 64
        .byte value & 0xff
        .set value, value * 5 + 1
        .endr
buffer: .skip 64
