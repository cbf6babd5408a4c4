"""What SystemRDL says that a write changes in a register, bit by bit, without the device's own code.

A second implementation on purpose: the checks of ``--devgen-registers`` compare it with the generated class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from devgen.language.model import Field, Register

# SystemRDL 2.0, 9.6 table 8 (onwrite): (bit before, bit written) → bit after.
WRITTEN: Final[Mapping[str | None, Callable[[int, int], int]]] = {
    None: lambda before, written: written,
    "woclr": lambda before, written: 0 if written else before,
    "woset": lambda before, written: 1 if written else before,
    "wot": lambda before, written: before ^ written,
    "wzs": lambda before, written: before if written else 1,
    "wzc": lambda before, written: before if written else 0,
    "wzt": lambda before, written: before if written else 1 - before,
    "wclr": lambda before, written: 0,
    "wset": lambda before, written: 1,
}


@dataclass(slots=True)
class BitModel:
    """One bit: the access that software has, what a write does, and its present value."""

    access: str = "none"
    effect: str | None = None
    pulse: bool = False
    value: int = 0
    spent: bool = False

    @property
    def readable(self) -> bool:
        """Whether software reads it; else it reads 0."""
        return self.access in ("ro", "rw", "rw1")

    @property
    def writable(self) -> bool:
        """Whether a write may change it."""
        return self.access not in ("ro", "none") and not (self.access in ("rw1", "w1") and self.spent)

    def write(self, bit: int) -> None:
        """Write ``bit``."""
        if self.writable:
            self.spent = True
            self.value = 0 if self.pulse else WRITTEN[self.effect](self.value, bit)


class RegisterModel:
    """The bits of one register, which stores ``value`` at first."""

    def __init__(self, register: Register, value: int) -> None:
        self.bits = [BitModel() for _ in range(register.width)]
        for part in register.fields or (None,):
            self._declare(register, part)
        for number, bit in enumerate(self.bits):
            bit.value = value >> number & 1

    def _declare(self, register: Register, field: Field | None) -> None:
        """Set what the bits of a field do; None: the register has no fields, and all its bits are alike."""
        part: Field | Register = field or register
        first, width = (0, register.width) if field is None else (field.lsb, field.width)
        for bit in self.bits[first : first + width]:
            bit.access = part.access
            bit.effect = part.write_effect or register.write_effect
            bit.pulse = part.singlepulse or register.singlepulse

    def write(self, value: int, mask: int) -> None:
        """Write the bits in ``mask``."""
        for number, bit in enumerate(self.bits):
            if mask >> number & 1:
                bit.write(value >> number & 1)

    @property
    def stored(self) -> int:
        """The value that the register stores."""
        return sum(bit.value << number for number, bit in enumerate(self.bits))

    @property
    def shown(self) -> int:
        """The value that a read gives."""
        return self.stored & self.readable

    @property
    def readable(self) -> int:
        """The mask of the bits that software reads."""
        return sum(bit.readable << number for number, bit in enumerate(self.bits))

    @property
    def fixed(self) -> int:
        """The mask of the bits that no write changes."""
        return sum((bit.access in ("ro", "none")) << number for number, bit in enumerate(self.bits))
