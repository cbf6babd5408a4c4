"""Which registers share bytes, and which of them is the one that the others are views of.

The widest register at an address keeps the storage; the others become its alternates. A read-only and a write-only
register at one address are no overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from devgen.exchange.describe.shared_bits import directions
from devgen.exchange.register_map import Dimension, Register

Repetitions = tuple[Dimension, ...]
"""The repetitions of the files around a register, and of the register itself; the outermost is the first."""

Bytes = Mapping[int, int]
"""Word of 8 bytes → a bit for each byte that can be read there (bits 7:0) and written (bits 15:8)."""


@dataclass(slots=True)
class Occupied:
    """The bytes that the entries of one scope have. ``base_of`` names the entry of which an alternate is a view."""

    base_of: dict[str, str] = field(default_factory=dict)
    _taken: dict[int, list[tuple[int, str]]] = field(default_factory=dict)

    def owners(self, wanted: Bytes) -> set[str]:
        """Return the entries that have some of the bytes; for an alternate, the entry that it is a view of."""
        found = {name for word, bits in wanted.items() for taken, name in self._taken.get(word, ()) if taken & bits}
        return {self.base_of.get(name, name) for name in found}

    def shares(self, name: str, wanted: Bytes) -> bool:
        """Return whether an entry has some of the bytes."""
        return any(
            taken & bits and owner == name
            for word, bits in wanted.items()
            for taken, owner in self._taken.get(word, ())
        )

    def take(self, name: str, wanted: Bytes) -> None:
        """Give the bytes to an entry."""
        for word, bits in wanted.items():
            self._taken.setdefault(word, []).append((bits, name))


def bytes_of(register: Register, size: int, base: int = 0, outer: Repetitions = ()) -> dict[int, int]:
    """Return the bytes of a register of ``size`` bytes: of all its elements, in all elements of the files around it."""
    reads, writes = directions(register.access)
    found: dict[int, int] = {}
    own = (register.dimension,) if register.dimension else ()
    for start in starts(base + register.offset, (*outer, *own)):
        for word in range(start // 8, (start + size - 1) // 8 + 1):
            first, last = max(start - word * 8, 0), min(start + size - word * 8, 8)
            bits = ((1 << (last - first)) - 1) << first
            found[word] = found.get(word, 0) | (bits if reads else 0) | (bits << 8 if writes else 0)
    return found


def with_common_access(register: Register) -> Register:
    """Return the register with the access of its fields, if they all have the same.

    Sources often give a register's fields the access ``write-only`` and leave the register's at ``read-write``.
    """
    words = {part.access or register.access for part in register.fields}
    return replace(register, access=words.pop()) if len(words) == 1 else register


def starts(offset: int, repetitions: Repetitions) -> Iterator[int]:
    """Yield the offset of each element; the outermost repetition is the first."""
    for steps in product(*(range(repetition.count) for repetition in repetitions)):
        yield offset + sum(step * repetition.stride for step, repetition in zip(steps, repetitions, strict=True))
