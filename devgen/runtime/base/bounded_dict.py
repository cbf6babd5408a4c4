"""A dictionary that cannot grow beyond a limit: what is remembered of accesses that a guest or a client chooses."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(dict[K, V]):
    """Holds at most ``limit`` entries; adding one to a full dictionary empties it first.

    Emptying costs nothing on a look-up, which is as fast as a plain dictionary's, and a working set that fits is
    learned again at once. Only ``d[key] = value`` adds entries: ``update`` and ``setdefault`` are not bounded.
    """

    __slots__ = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __setitem__(self, key: K, value: V) -> None:
        """Add an entry, or replace one."""
        if len(self) >= self.limit:
            self.clear()
        super().__setitem__(key, value)
