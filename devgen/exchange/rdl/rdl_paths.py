"""Where a node stands in an elaborated SystemRDL tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from systemrdl.node import Node


def origin_of(node: Node) -> str:
    """Return the path of a field or register, the same for all elements of an array."""
    return node.get_path(array_suffix="", empty_array_suffix="")


def elements_of(node: Node) -> tuple[tuple[int, ...], ...]:
    """Return the indices of each array on the path of a node, the outermost first; empty where it has none."""
    found: list[tuple[int, ...]] = []
    above: Node | None = node
    while above is not None:
        if getattr(above, "is_array", False):
            found.append(tuple(getattr(above, "current_idx", None) or ()))
        above = above.parent
    return tuple(reversed(found))
