"""arm64 machine code in small pieces, so that a test's guest stands in the test and needs no assembler.

Source: Arm Architecture Reference Manual for A-profile (DDI 0487), C6.2. X9 holds addresses, X10 values.
"""

from __future__ import annotations

from struct import pack

ADDRESS, VALUE = 9, 10
SIZES = {1: 0, 2: 1, 4: 2, 8: 3}
"""Bytes of an access → field size of LDR and STR."""

SYSTEM = {
    "vbar_el1": (3, 0, 12, 0, 0),
    "icc_pmr_el1": (3, 0, 4, 6, 0),
    "icc_iar1_el1": (3, 0, 12, 12, 0),
    "icc_eoir1_el1": (3, 0, 12, 12, 1),
    "icc_sre_el1": (3, 0, 12, 12, 5),
    "icc_igrpen1_el1": (3, 0, 12, 12, 7),
}
"""Name → op0, op1, CRn, CRm and op2."""


def word(value: int) -> bytes:
    return pack("<I", value)


SPIN = word(0x14000000)  # b .
BACK = word(0x17FFFFFF)  # b to the instruction before
WFI_LOOP = word(0xD503207F) + BACK
ISB = word(0xD5033FDF)
DSB = word(0xD5033F9F)
ERET = word(0xD69F03E0)
HVC = word(0xD4000002)
ALLOW_INTERRUPTS = word(0xD50342FF)  # msr daifclr, #2


def move(register: int, value: int) -> bytes:
    """mov xN, value: four instructions."""
    parts = [value >> 16 * number & 0xFFFF for number in range(4)]
    return b"".join(
        word((0xF2800000 if number else 0xD2800000) | number << 21 | part << 5 | register)
        for number, part in enumerate(parts)
    )


def store_register(register: int, size: int) -> bytes:
    """str xN, [x9]"""
    return word(0x39000000 | SIZES[size] << 30 | ADDRESS << 5 | register)


def store(address: int, value: int, size: int = 4) -> bytes:
    return move(ADDRESS, address) + move(VALUE, value) + store_register(VALUE, size)


def load(address: int, size: int = 4) -> bytes:
    """ldr x10, [address], with zeros above."""
    return move(ADDRESS, address) + word(0x39400000 | SIZES[size] << 30 | ADDRESS << 5 | VALUE)


def store_loaded(address: int, size: int = 4) -> bytes:
    """Store what `load` has loaded."""
    return move(ADDRESS, address) + store_register(VALUE, size)


def read_system(name: str, register: int = VALUE) -> bytes:
    """mrs xN, name"""
    return word(0xD5300000 | _system(name) | register)


def write_system(name: str, register: int = VALUE) -> bytes:
    """msr name, xN"""
    return word(0xD5100000 | _system(name) | register)


def set_system(name: str, value: int) -> bytes:
    return move(VALUE, value) + write_system(name)


def _system(name: str) -> int:
    op0, op1, crn, crm, op2 = SYSTEM[name]
    return (op0 - 2) << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5


def psci(function: int, *arguments: int) -> bytes:
    """A call of PSCI, with its number in X0 and its arguments from X1 on."""
    moves = (move(register, value) for register, value in enumerate((function, *arguments)))
    return b"".join(moves) + HVC
