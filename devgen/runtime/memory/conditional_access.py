"""Accesses of bytes whose registers depend on a mode: the conditions are evaluated at each access.

An access without conditional registers is resolved once and never gets here. Here it is resolved once for each set of
conditions that hold together; the closures are kept, and an access costs the conditions and a look-up more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypeVar

from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.memory.access import Reader, Writer

KEPT: Final = 64
"""Most sets of conditions for which an access is kept."""

Condition = tuple[Callable[..., object], int | None]
"""A register's `Reg.when` and, in an array, the index of the element."""

Found = TypeVar("Found", Reader, Writer)


def holding(conditions: Iterable[Condition]) -> frozenset[Condition]:
    """Return the conditions that hold now."""
    return frozenset(condition for condition in conditions if _test(condition)())


def conditional_read(conditions: Sequence[Condition], resolve: Callable[[frozenset[Condition]], Reader]) -> Reader:
    """Return a reader that evaluates the conditions and then reads what ``resolve`` gives for those that hold."""
    if len(conditions) == 1:
        test, met, unmet = _test(conditions[0]), resolve(frozenset(conditions)), resolve(frozenset())
        return lambda: met() if test() else unmet()
    choose = _chooser(conditions, resolve)

    def read() -> int:
        return choose()()

    return read


def conditional_write(conditions: Sequence[Condition], resolve: Callable[[frozenset[Condition]], Writer]) -> Writer:
    """Return a writer that evaluates the conditions and then writes what ``resolve`` gives for those that hold."""
    if len(conditions) == 1:
        test, met, unmet = _test(conditions[0]), resolve(frozenset(conditions)), resolve(frozenset())
        return lambda value: met(value) if test() else unmet(value)
    choose = _chooser(conditions, resolve)

    def write(value: int) -> None:
        choose()(value)

    return write


def _chooser(conditions: Sequence[Condition], resolve: Callable[[frozenset[Condition]], Found]) -> Callable[[], Found]:
    tests = [(1 << number, _test(condition), condition) for number, condition in enumerate(conditions)]
    known: BoundedCache[int, Found] = BoundedCache(KEPT)

    def choose() -> Found:
        held = 0
        for bit, test, _ in tests:
            if test():
                held |= bit
        found = known.get(held)
        if found is None:
            found = known.keep(
                held, resolve(frozenset(at_bit for number, at_bit in enumerate(conditions) if held >> number & 1))
            )
        return found

    return choose


def _test(condition: Condition) -> Callable[[], object]:
    when, element = condition
    return when if element is None else partial(when, element)
