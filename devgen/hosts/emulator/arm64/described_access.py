"""Whether a processor describes a load or store to the hypervisor (ESR_EL2.ISV), from its instruction.

Arm ARM, ESR_ELx, ISS of a data abort: loads and stores of one general-purpose register are described, also with acquire
or release semantics. Those with writeback, exclusives, atomics, pairs, and SIMD and floating-point are not.
"""

from __future__ import annotations


def is_described(word: int) -> bool:
    """Whether an access of the instruction ``word`` to device memory can be carried out by a hypervisor."""
    if word >> 26 & 1:  # SIMD and floating-point
        return False
    match word >> 27 & 7, word >> 24 & 3:
        case 0b111, 0b01:  # LDR, STR with an unsigned offset
            return True
        case 0b111, 0b00:
            return _is_described_register_form(word)
        case 0b011, 0b00:  # LDR (literal)
            return True
        case 0b011, 0b01:  # LDAPUR, STLUR
            return not word >> 21 & 1 and not word >> 10 & 3
        case 0b001, 0b00:  # LDAR, STLR, LDLAR, STLLR; else exclusives and compare-and-swap
            return bool(word >> 23 & 1) and not word >> 21 & 1
    return False


def _is_described_register_form(word: int) -> bool:
    form = word >> 10 & 3
    if not word >> 21 & 1:
        return form in (0b00, 0b10)  # LDUR, LDTR; else writeback
    return form == 0b10 or (form == 0 and word >> 12 & 0xF == 0b1100)  # register offset, LDAPR; else atomics
