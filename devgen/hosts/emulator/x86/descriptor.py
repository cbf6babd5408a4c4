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
        """Whether it is a code segment, and no system segment."""
        return self.raw >> 43 & 3 == 3

    @property
    def conforming(self) -> bool:
        """Whether a code segment keeps its caller's privilege."""
        return bool(self.raw >> 42 & 1)

    @property
    def dpl(self) -> int:
        """Descriptor privilege level."""
        return self.raw >> 45 & 3

    @property
    def present(self) -> bool:
        """The P bit: whether the segment is present."""
        return bool(self.raw >> 47 & 1)

    @property
    def long(self) -> bool:
        """The L bit: whether it is a 64-bit code segment."""
        return bool(self.raw >> 53 & 1)

    @property
    def big(self) -> bool:
        """The D/B bit: whether code or stack pointer is 32 bits wide."""
        return bool(self.raw >> 54 & 1)
