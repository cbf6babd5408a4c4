"""Log a guest's accesses without an effect, each once and up to a limit, so that a guest cannot fill the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from typing import Final, Literal

from devgen.runtime.base.rate_limit import RateLimit

AccessKind = Literal["reserved", "unimplemented", "undocumented", "reentrant", "nested", "oversized"]

Refusal = Literal["locked", "constraint"]
"""Why a register did not take a write: a lock (`write_enable`), or a value that `write_constraint` excludes."""

REFUSED: Final[dict[Refusal, str]] = {"locked": "it is locked", "constraint": "it does not take this value"}
"""The reasons in words."""

_MEANING: dict[str, str] = {
    "reserved": "reserved offset",
    "unimplemented": "register that is not implemented",
    "undocumented": "register without documentation",
    "reentrant": "a device's register by its own handler (DMA into the device itself), refused",
    "nested": "register by DMA that another device's DMA has caused, refused beyond a few levels",
    "oversized": "range that is too long for one transfer",
}


class OnceLog:
    """Logs each message once and at most ``limit`` messages; the limit also bounds the memory used.

    Lines go to ``sink``, else to the standard logger ``devgen.access``. Not thread-safe by itself: callers hold the
    machine's lock.
    """

    __slots__ = ("_limit", "_seen", "_sink", "name")

    def __init__(self, name: str, *, sink: Callable[[str], None] | None = None, limit: int = 256) -> None:
        """``name`` is the first word of every line."""
        self.name = name
        self._limit = limit
        self._seen: set[Hashable] = set()
        self._sink = sink or logging.getLogger("devgen.access").warning

    def fresh(self, key: Hashable) -> bool:
        """Whether to log the message identified by ``key``: it is new, and the limit has not been reached."""
        if key in self._seen or len(self._seen) >= self._limit:
            return False
        self._seen.add(key)
        return True

    def say(self, line: str) -> None:
        """Log a line for which `fresh` returned True; with the last allowed line, log that no more follow."""
        self._sink(f"{self.name}: {line}")
        if len(self._seen) == self._limit:
            self._sink(f"{self.name}: {self._limit} messages logged; further messages are not shown")

    def forget(self) -> None:
        """Discard which messages have been logged; called at a machine reset."""
        self._seen.clear()


class AccessLog(OnceLog):
    """Logs each (kind, place, offset, direction) of a guest's accesses once; all regions of a device share one log."""

    __slots__ = ("_limit_of_errors",)

    def __init__(self, name: str, *, sink: Callable[[str], None] | None = None, limit: int = 256) -> None:
        """See `OnceLog`."""
        super().__init__(name, sink=sink, limit=limit)
        self._limit_of_errors: RateLimit | None = None

    def error(self, text: str) -> None:
        """Log an error of the device, at most as often as `RateLimit` allows because a guest can cause the error."""
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

    def refused(self, register: str, reason: Refusal) -> None:
        """Log a write that a register did not take, once for each register. Never raises."""
        if self.fresh((reason, register)):
            self.say(f"write to {register} dropped: {REFUSED[reason]}")

    def note(self, kind: AccessKind, where: str, offset: int, write: bool) -> None:
        """Log an access at byte ``offset`` of ``where`` (the name of a region or register). Never raises."""
        if self.fresh((kind, where, offset, write)):
            self.say(f"{'write to' if write else 'read of'} {_MEANING[kind]}: {where}+{offset:#x}")
