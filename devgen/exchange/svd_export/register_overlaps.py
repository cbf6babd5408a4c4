"""Registers that share bytes: SVD names the register of which another one is an alternate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from devgen.exchange.register_map import Group, Register


@dataclass(slots=True)
class RegisterOverlaps:
    """The registers at each byte of a peripheral, in the order in which they are written.

    A register at a byte of another one needs that register's name (SVDConv, M339 and M348).
    """

    _names: dict[int, str] = field(default_factory=dict)

    def alternate_of(self, register: Register, starts: Iterable[int]) -> str:
        """Return the register that has one of the bytes at ``starts``, empty if none has; then add the register."""
        found = ""
        for start in starts:
            found = found or self._names.get(start, "")
            for byte in range(start, start + register.size):
                self._names.setdefault(byte, register.name)
        return found


def elements(part: Register | Group, base: int) -> Iterator[int]:
    """Yield the start of each element of a part."""
    count, stride = (part.dimension.count, part.dimension.stride) if part.dimension else (1, 0)
    for step in range(count):
        yield base + part.offset + step * stride
