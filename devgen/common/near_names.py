"""Finds the known names that are most similar to an unknown one, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import takewhile

_LONGEST = 80
"""Most characters of a name: the comparison takes quadratic time."""

_MOST = 3
"""Most names that are equally similar."""

_COMPARED = 300
"""Most names that are compared character by character: a device may have ten thousand names, and many mistakes."""

_REMEMBERED = 8
"""Results that are remembered: a misspelled name is often used many times."""

_SHORTEST_ABBREVIATION = 3
_LEAST_SHARE = 3
"""An abbreviation has at least a third of the name's characters."""
_VOWELS = frozenset("aeiou")
"""Letters that an abbreviation leaves out where it does not go on with the name: ``ctl``, ``regs``."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to ``name``, ignoring case, or None if none is similar."""
    return next(iter(nearest_names(name, known)), None)


def nearest_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names most similar to ``name``, ignoring case: several if they tie, none if none is similar.

    Similar is a name with few mistyped characters (one in three: inserted, left out, replaced, or exchanged with the
    next), and, where there is none, a name that ``name`` abbreviates (``regs`` for ``registers``).
    """
    return list(_nearest_names(name, tuple(known))) if len(name) <= _LONGEST else []


@lru_cache(maxsize=_REMEMBERED)
def _nearest_names(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    wanted = name.casefold()
    best = max(len(wanted), 3) // 3
    found: list[str] = []
    for candidate, folded in _comparable(wanted, known, best):
        distance = _distance(wanted, folded, best)
        if distance < best:
            best, found = distance, [candidate]
        elif distance == best and distance < max(len(wanted), len(folded)):
            found.append(candidate)
    if not found:
        found = [candidate for candidate in known if _abbreviates(wanted, candidate.casefold())]
    return tuple(dict.fromkeys(found))[:_MOST]


def _comparable(wanted: str, known: Iterable[str], limit: int) -> list[tuple[str, str]]:
    """Return the names that may be at most ``limit`` changes from ``wanted``, each with its lower-case form.

    Each change makes up for one letter that a name lacks, and for one character of length. Of very many names only
    those are left that begin most alike.
    """
    letters = set(wanted)
    pairs = [
        (candidate, folded)
        for candidate in known
        if abs(len(folded := candidate.casefold()) - len(wanted)) <= limit
        and len(folded) <= _LONGEST
        and len(letters.difference(folded)) <= limit
    ]
    if len(pairs) <= _COMPARED:
        return pairs
    closest = sorted(range(len(pairs)), key=lambda index: -_shared(wanted, pairs[index][1]))[:_COMPARED]
    return [pairs[index] for index in sorted(closest)]


def _shared(first: str, second: str) -> int:
    """Return how many characters two names share at their start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def _distance(first: str, second: str, limit: int) -> int:
    """Return the optimal string alignment distance, or a number above ``limit`` if it is more."""
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for index, char in enumerate(first, 1):
        before, last, row = row, before, [index]
        for at, other in enumerate(second, 1):
            cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (char != other))
            if index > 1 and at > 1 and char == second[at - 2] and other == first[index - 2]:
                cost = min(cost, last[at - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _abbreviates(short: str, name: str) -> bool:
    """Whether ``short`` has some of the name's characters in their order, the first one included."""
    if not max(_SHORTEST_ABBREVIATION, len(name) / _LEAST_SHARE) <= len(short) < len(name) or short[0] != name[0]:
        return False
    begin = _shared(short, name)
    rest = iter(name[begin:])
    return _VOWELS.isdisjoint(short[begin:]) and all(char in rest for char in short[begin:])
