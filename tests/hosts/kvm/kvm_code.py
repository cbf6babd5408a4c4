"""x86 machine code in small pieces, so that a test's guest stands in the test and needs no assembler.

16-bit pieces are for real mode; ``b32`` and ``b64`` ones for the flat modes. Operands are immediate.
"""

from struct import pack

HLT = b"\xf4"
CLI = b"\xfa"
STI = b"\xfb"
SPIN = b"\xeb\xfe"  # jmp to itself
NOP = b"\x90"

IN = {1: b"\xec", 2: b"\xed", 4: b"\x66\xed"}  # al, ax, eax from dx
OUT = {1: b"\xee", 2: b"\xef", 4: b"\x66\xef"}
REP_INS = {1: b"\xf3\x6c", 2: b"\xf3\x6d", 4: b"\xf3\x66\x6d"}  # to es:di
REP_OUTS = {1: b"\xf3\x6e", 2: b"\xf3\x6f", 4: b"\xf3\x66\x6f"}  # from ds:si


def dx(value: int) -> bytes:
    return b"\xba" + pack("<H", value)


def cx(value: int) -> bytes:
    return b"\xb9" + pack("<H", value)


def si(value: int) -> bytes:
    return b"\xbe" + pack("<H", value)


def di(value: int) -> bytes:
    return b"\xbf" + pack("<H", value)


def eax(value: int) -> bytes:
    """16-bit code: mov eax, value."""
    return b"\x66\xb8" + pack("<I", value)


def read_port(port: int, size: int = 1) -> bytes:
    return dx(port) + IN[size]


def write_port(port: int, value: int, size: int = 1) -> bytes:
    return dx(port) + eax(value) + OUT[size]


def finish(code: int = 0) -> bytes:
    """mov al, code; out 0xf4, al; jmp $ (in any mode)."""
    return b"\xb0" + bytes((code,)) + b"\xe6\xf4" + SPIN


def store32(address: int, value: int) -> bytes:
    """32-bit code: mov dword [address], value."""
    return b"\xc7\x05" + pack("<II", address, value)


def load_eax(address: int) -> bytes:
    """32-bit code: mov eax, [address]."""
    return b"\xa1" + pack("<I", address)


def store_eax(address: int) -> bytes:
    """32-bit code: mov [address], eax."""
    return b"\xa3" + pack("<I", address)


def load64(address: int, size: int) -> bytes:
    """64-bit code: mov al/ax/eax/rax, [address]."""
    return {1: b"\xa0", 2: b"\x66\xa1", 4: b"\xa1", 8: b"\x48\xa1"}[size] + pack("<Q", address)


def store64(address: int, size: int) -> bytes:
    """64-bit code: mov [address], al/ax/eax/rax."""
    return {1: b"\xa2", 2: b"\x66\xa3", 4: b"\xa3", 8: b"\x48\xa3"}[size] + pack("<Q", address)


def rax(value: int) -> bytes:
    """64-bit code: mov rax, value."""
    return b"\x48\xb8" + pack("<Q", value)
