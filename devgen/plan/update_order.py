"""The order in which followers are updated: each after what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

from devgen.plan.steps import Thing, Things

Item = TypeVar("Item")


def update_order(
    items: Sequence[Item],
    inputs: Callable[[Item], Things],
    changes: Callable[[Item], Things],
    related: Callable[[Item, Item], bool],
) -> list[Item]:
    """Return ``items`` in topological order; of those that are ready, and in a cycle, the first one comes first.

    ``related`` says whether the first item may really change what the second one depends on.
    """
    makers: dict[Thing, list[int]] = {}
    for number, item in enumerate(items):
        for thing in changes(item):
            makers.setdefault(thing, []).append(number)
    before: list[set[int]] = [set() for _ in items]
    after: list[set[int]] = [set() for _ in items]
    for number, item in enumerate(items):
        for maker in {maker for thing in inputs(item) for maker in makers.get(thing, ())}:
            if maker != number and related(items[maker], item):
                before[number].add(maker)
                after[maker].add(number)
    return [items[number] for number in _sorted(before, after)]


def _sorted(before: list[set[int]], after: list[set[int]]) -> list[int]:
    waiting = set(range(len(before)))
    ready = [number for number in waiting if not before[number]]
    heapify(ready)
    order: list[int] = []
    while waiting:
        number = heappop(ready) if ready else min(waiting)
        if number not in waiting:
            continue
        waiting.discard(number)
        order.append(number)
        for later in after[number]:
            before[later].discard(number)
            if not before[later] and later in waiting:
                heappush(ready, later)
    return order
