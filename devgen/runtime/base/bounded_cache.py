"""A cache of bounded size that removes its oldest entry first, for keys that a guest or a client chooses."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(dict[Key, Value]):
    """Look up as in any dictionary, at its speed; add with `keep` and empty with `clear` only.

    A full cache loses its oldest entry, so that one new access never costs more than one entry.
    """

    __slots__ = ("_order", "limit")

    def __init__(self, limit: int) -> None:
        """``limit``: entries kept, at least 1."""
        super().__init__()
        self.limit = limit
        self._order: deque[Key] = deque()

    def keep(self, key: Key, value: Value) -> Value:
        """Add or replace an entry, and return ``value``. A new entry in a full cache replaces the oldest one."""
        if key not in self:
            if len(self._order) >= self.limit:
                del self[self._order.popleft()]
            self._order.append(key)
        self[key] = value
        return value

    def clear(self) -> None:
        """Remove all entries."""
        super().clear()
        self._order.clear()
