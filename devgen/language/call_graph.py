"""Topological order and cycles of a call graph, computed without recursion: call chains may be thousands long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node")


def callees_first(graph: Mapping[Node, Iterable[Node]]) -> tuple[list[Node], list[list[Node]]]:
    """Return all nodes with every callee before its callers, and the cycles, each as a closed path.

    A call that closes a cycle does not affect the order.
    """
    order: list[Node] = []
    circles: list[list[Node]] = []
    done: set[Node] = set()
    for root in graph:
        if root not in done:
            _descend(root, graph, order, circles, done)
    return order, circles


def _descend(
    root: Node,
    graph: Mapping[Node, Iterable[Node]],
    order: list[Node],
    circles: list[list[Node]],
    done: set[Node],
) -> None:
    path = {root: None}
    stack = [(root, iter(graph.get(root, ())))]
    while stack:
        node, rest = stack[-1]
        following = next((callee for callee in rest if callee not in done), None)
        if following is None:
            stack.pop()
            del path[node]
            done.add(node)
            order.append(node)
        elif following in path:
            names = list(path)
            circles.append([*names[names.index(following) :], following])
        else:
            path[following] = None
            stack.append((following, iter(graph.get(following, ()))))
