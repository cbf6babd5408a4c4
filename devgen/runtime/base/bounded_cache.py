"""A dictionary of bounded size whose oldest entry leaves first: what is remembered for a guest must have an end."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(dict[Key, Value]):
    """Look up as in any dictionary; add with `keep` and empty with `clear` only."""

    __slots__ = ("_order", "limit")

    def __init__(self, limit: int) -> None:
        """``limit``: entries kept, at least 1."""
        super().__init__()
        self.limit = limit
        self._order: deque[Key] = deque()

    def keep(self, key: Key, value: Value) -> Value:
        """Add an entry that is not there yet, without the oldest one if there are ``limit``; returns ``value``."""
        if len(self._order) >= self.limit:
            del self[self._order.popleft()]
        self._order.append(key)
        self[key] = value
        return value

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._order.clear()
