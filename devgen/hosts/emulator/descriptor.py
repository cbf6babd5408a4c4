"""Segment descriptors: the entries of the global descriptor table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Descriptor:
    """A code or data segment's descriptor (SDM volume 3, 3.4.5)."""

    raw: int

    @property
    def base(self) -> int:
        """Linear base."""
        return self.raw >> 16 & 0xFFFFFF | self.raw >> 32 & 0xFF000000

    @property
    def limit(self) -> int:
        """The last offset, in bytes."""
        limit = self.raw & 0xFFFF | self.raw >> 32 & 0xF0000
        return limit << 12 | 0xFFF if self.raw >> 55 & 1 else limit

    @property
    def code(self) -> bool:
        """Whether it is a code segment (and no system one)."""
        return self.raw >> 43 & 3 == 3

    @property
    def conforming(self) -> bool:
        """Whether a code segment keeps its caller's privilege."""
        return bool(self.raw >> 42 & 1)

    @property
    def dpl(self) -> int:
        """Privilege level."""
        return self.raw >> 45 & 3

    @property
    def present(self) -> bool:
        """Whether it may be used."""
        return bool(self.raw >> 47 & 1)

    @property
    def long(self) -> bool:
        """Whether it holds 64-bit code."""
        return bool(self.raw >> 53 & 1)

    @property
    def big(self) -> bool:
        """Whether the stack pointer, or the code, is 32 bits wide."""
        return bool(self.raw >> 54 & 1)
