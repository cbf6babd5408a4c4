"""Distributes registers that share addresses over layers, in each of which SystemRDL allows all of them (10.1).

Two registers may share bytes only if one can only be read and the other only be written; here they also have the same
bytes, because tools refuse others. Arrays whose elements lie between each other share their range. Registers that do
not fit into a layer go into the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from devgen.exchange.rdl_export.rdl_component import Component


@dataclass(slots=True, frozen=True)
class Item:
    """A component with its bytes ``start`` to ``end`` (excluded) in its parent.

    ``reads`` and ``writes``: whether software can read and write it; both are true for a register file.
    """

    component: Component
    start: int
    end: int
    reads: bool = True
    writes: bool = True


def layered(items: Iterable[Item]) -> list[list[Item]]:
    """Return the items by layer; an item is in the first one that has room for it. Each layer is in address order.

    Each layer compares a new item only with the items that reach beyond its start, so that the cost is not quadratic.
    """
    layers: list[_Layer] = []
    for item in sorted(items, key=lambda item: item.start):
        if not any(layer.take(item) for layer in layers):
            layers.append(_Layer([item], [item]))
    return [layer.items for layer in layers]


@dataclass(slots=True)
class _Layer:
    """Items of one layer, and those of them that reach beyond the start of the last item that was offered."""

    items: list[Item]
    reaching: list[Item]

    def take(self, item: Item) -> bool:
        """Take an item if there is room for it; items come in the order of their starts."""
        self.reaching = [other for other in self.reaching if other.end > item.start]
        if not all(_share(item, other) for other in self.reaching):
            return False
        self.items.append(item)
        self.reaching.append(item)
        return True


def _share(item: Item, other: Item) -> bool:
    """Whether two items that overlap may be in one address map."""
    same = (item.start, item.end) == (other.start, other.end)
    accesses = item.reads, item.writes, other.reads, other.writes
    return same and accesses in ((True, False, False, True), (False, True, True, False))
