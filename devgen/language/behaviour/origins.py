"""Where statements and expressions stand in the description: recorded on request only.

    >>> with record_origins() as origins:
    ...     loaded = load_device(path)
    >>> origins.mark(statement)
    Mark(file='devices/timer.yaml', line=12, column=20)

The typed form has no places: two equal statements are equal wherever they stand. Coverage of a description needs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from devgen.language.model import Mark


class Origins:
    """The places of the statements and expressions that were compiled, by the identity of their objects."""

    def __init__(self) -> None:
        self._marks: dict[int, Mark] = {}
        self._kept: list[object] = []  # so that no identity is used twice

    def add(self, part: object, mark: Mark) -> None:
        """Record the place of a part."""
        self._marks[id(part)] = mark
        self._kept.append(part)

    def mark(self, part: object) -> Mark | None:
        """Return the place of a part; None for what is not of the description."""
        return self._marks.get(id(part))


_RECORDED: ContextVar[Origins | None] = ContextVar("recorded origins", default=None)


@contextmanager
def record_origins() -> Iterator[Origins]:
    """Record the places of all behaviour that is compiled in this context."""
    origins = Origins()
    token = _RECORDED.set(origins)
    try:
        yield origins
    finally:
        _RECORDED.reset(token)


def wanted_origins() -> Origins | None:
    """Return what records places now, or None."""
    return _RECORDED.get()
