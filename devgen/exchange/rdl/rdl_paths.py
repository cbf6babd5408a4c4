"""Where a node stands in an elaborated SystemRDL tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from systemrdl.node import Node


def origin_of(node: Node) -> str:
    """Return the path of a field or register, the same for all elements of an array."""
    return node.get_path(array_suffix="", empty_array_suffix="")


def in_one_element(node: Node) -> bool:
    """Whether the node is one element of an array, or is inside one."""
    above: Node | None = node
    while above is not None:
        if getattr(above, "current_idx", None) is not None:
            return True
        above = above.parent
    return False
