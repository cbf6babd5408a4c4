"""Distributes registers that share addresses over layers, in each of which SystemRDL allows all of them (10.1).

Two registers may share bytes only if one can only be read and the other only be written; here they also have the same
bytes, because tools refuse others. Arrays whose elements lie between each other share their range. What does not fit
into a layer goes into the next one.
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
    """Return the items by layer; an item is in the first one that has room for it. Each layer is in address order."""
    layers: list[list[Item]] = []
    for item in sorted(items, key=lambda item: item.start):
        layer = next((layer for layer in layers if all(_together(item, other) for other in layer)), None)
        if layer is None:
            layers.append([item])
        else:
            layer.append(item)
    return layers


def _together(item: Item, other: Item) -> bool:
    apart = item.end <= other.start or other.end <= item.start
    same = (item.start, item.end) == (other.start, other.end)
    return apart or (
        same
        and (item.reads, item.writes, other.reads, other.writes)
        in (
            (True, False, False, True),
            (False, True, True, False),
        )
    )
