"""Say once what a guest did that a device does not answer: bounded, so that a guest cannot fill the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

AccessKind = Literal["reserved", "unimplemented", "undocumented", "refused", "nested", "oversized"]

_MEANING: dict[str, str] = {
    "reserved": "reserved offset",
    "unimplemented": "register that is not implemented",
    "undocumented": "register without documentation",
    "refused": "access of a size or at an alignment that the region refuses",
    "nested": "register by a device while another device does the same",
    "oversized": "range that is too long for one transfer",
}


class AccessLog:
    """Logs each (kind, place, offset, direction) once, at most ``limit`` lines in all.

    Lines go to ``sink`` (a device's environment has one), else to the standard logger ``devgen.access``. One belongs
    to each register bank; not thread-safe by itself, callers hold the machine's lock.
    """

    __slots__ = ("_limit", "_seen", "_sink", "name")

    def __init__(self, name: str, *, sink: Callable[[str], None] | None = None, limit: int = 256) -> None:
        """``name`` stands first on every line; ``limit`` also bounds the memory used."""
        self.name = name
        self._limit = limit
        self._seen: set[tuple[str, str, int, bool]] = set()
        self._sink = sink or logging.getLogger("devgen.access").warning

    def note(self, kind: AccessKind, where: str, offset: int, write: bool) -> None:
        """Report one access at byte ``offset`` of ``where`` (a region's or register's name). Never raises."""
        key = (kind, where, offset, write)
        if len(self._seen) >= self._limit or key in self._seen:
            return
        self._seen.add(key)
        verb = "write to" if write else "read of"
        self._sink(f"{self.name}: {verb} {_MEANING[kind]}: {where}+{offset:#x}")
        if len(self._seen) == self._limit:
            self._sink(f"{self.name}: {self._limit} such accesses reported, further ones are not")

    def forget(self) -> None:
        """Start over, as a machine reset does."""
        self._seen.clear()
