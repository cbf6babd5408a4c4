"""Walking the behaviour IR: every node of expressions, statements and places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from devgen.language import ir


def walk(node: object) -> Iterator[object]:
    """Yield ``node`` (a node, or a tuple of them) and every node below it, parents first."""
    if isinstance(node, tuple):
        for one in node:
            yield from walk(one)
    elif node is not None and type(node).__module__ == ir.__name__:
        yield node
        for name in _slots(node):
            child = getattr(node, name)
            if not isinstance(child, int | str | ir.Range | None):
                yield from walk(child)


def names_local(node: object, name: str) -> bool:
    """Whether ``node`` reads, assigns or declares a local, parameter or hook name."""
    for one in walk(node):
        match one:
            case ir.LocalPlace(found) | ir.Declare(found) | ir.For(found) if found == name:
                return True
    return False


def _slots(node: object) -> tuple[str, ...]:
    return cast("tuple[str, ...]", type(node).__slots__)  # type: ignore[attr-defined]
