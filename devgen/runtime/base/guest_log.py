"""Say once what a guest did that a device does not answer: bounded, so that a guest cannot fill the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import Literal

from devgen.runtime.base.rate_limit import RateLimit

AccessKind = Literal["reserved", "unimplemented", "undocumented", "reentrant", "nested", "oversized"]

_MEANING: dict[str, str] = {
    "reserved": "reserved offset",
    "unimplemented": "register that is not implemented",
    "undocumented": "register without documentation",
    "reentrant": "a device's register by its own handler (DMA into the device itself), refused",
    "nested": "register by DMA that another device's DMA has caused, refused beyond a few levels",
    "oversized": "range that is too long for one transfer",
}


class OnceLog:
    """Says each thing once and at most ``limit`` things in all, which also bounds the memory used.

    Lines go to ``sink``, else to the standard logger ``devgen.access``. Not thread-safe by itself: callers hold the
    machine's lock.
    """

    __slots__ = ("_limit", "_seen", "_sink", "name")

    def __init__(self, name: str, *, sink: Callable[[str], None] | None = None, limit: int = 256) -> None:
        """``name`` stands first on every line."""
        self.name = name
        self._limit = limit
        self._seen: set[Hashable] = set()
        self._sink = sink or logging.getLogger("devgen.access").warning

    def fresh(self, key: Hashable) -> bool:
        """Whether to say what ``key`` stands for: the first time, if the limit is not reached."""
        if key in self._seen or len(self._seen) >= self._limit:
            return False
        self._seen.add(key)
        return True

    def say(self, line: str) -> None:
        """Print a line, after `fresh` has agreed, and the last one's notice that it is the last."""
        self._sink(f"{self.name}: {line}")
        if len(self._seen) == self._limit:
            self._sink(f"{self.name}: {self._limit} such things reported, further ones are not")

    def forget(self) -> None:
        """Start over, as a machine reset does."""
        self._seen.clear()


class AccessLog(OnceLog):
    """Logs each (kind, place, offset, direction) of a guest's access once; a device has one for all of its regions."""

    __slots__ = ("_limit_of_errors",)

    def __init__(self, name: str, *, sink: Callable[[str], None] | None = None, limit: int = 256) -> None:
        """See `OnceLog`."""
        super().__init__(name, sink=sink, limit=limit)
        self._limit_of_errors: RateLimit | None = None

    def error(self, text: str) -> None:
        """Report that the device cannot go on, no faster than `RateLimit` allows: a guest can cause it at will."""
        limit = self._limit_of_errors
        if limit is None:
            limit = self._limit_of_errors = RateLimit()
        held = limit.take()
        if held is None:
            return
        before = f" ({held:,} errors before it were not shown)" if held else ""
        self._sink(f"{self.name}: error: {text}{before}")
        if limit.last and not held:
            self._sink(f"{self.name}: further errors are shown once a second at most")

    def note(self, kind: AccessKind, where: str, offset: int, write: bool) -> None:
        """Report one access at byte ``offset`` of ``where`` (a region's or register's name). Never raises."""
        if self.fresh((kind, where, offset, write)):
            self.say(f"{'write to' if write else 'read of'} {_MEANING[kind]}: {where}+{offset:#x}")
