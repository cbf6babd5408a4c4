"""Describes what several registers or register files of a peripheral have in common once, as ``types``.

Vendors' files repeat registers: by ``derivedFrom``, by a component that is used several times, or written out again.
A type has the fields, or the registers, that its users share, and the other keys that are the same in all of them. Its
name is that of its users without numbers, so that it stays when the vendor adds another user.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator
from typing import Any, Final

from devgen.exchange.describe.names import legal_name

_OWN: Final = frozenset(("at", "count", "stride", "index_names", "alternate", "type"))
"""Keys that say where a part is; a type never has them."""

_CONTENT: Final = ("registers", "fields")
_FEWEST_LINES: Final = 3
"""Fewest lines that a type must save."""

Entry = dict[str, Any]


def with_types(registers: dict[str, Entry]) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Return the types, and the registers that use them. The order of registers stays."""
    types: dict[str, Entry] = {}
    for content in _CONTENT:  # whole files first: registers of a type are described once anyway
        places = [*_places(registers, content)]
        places += [place for entry in types.values() for place in _places(entry.get("registers", {}), content)]
        for users in _alike(places, content):
            name = free_name([name for name, _, _ in users], types)
            types[name] = _common([entry for _, _, entry in users], content)
            for key, parent, entry in users:
                parent[key] = _user(entry, name, types[name])
    return types, registers


def _places(registers: dict[str, Entry], content: str) -> Iterator[tuple[str, dict[str, Entry], Entry]]:
    """Yield (name, the mapping that has it, entry) of each part with that content, outer ones first."""
    for name, entry in registers.items():
        if content in entry:
            yield name, registers, entry
        yield from _places(entry.get("registers", {}), content)


def _alike(
    places: list[tuple[str, dict[str, Entry], Entry]], content: str
) -> Iterator[list[tuple[str, dict[str, Entry], Entry]]]:
    """Yield the groups of parts with the same content that a type makes shorter, in the order of their first part."""
    groups: dict[str, list[tuple[str, dict[str, Entry], Entry]]] = {}
    for place in places:
        groups.setdefault(json.dumps(place[2][content]), []).append(place)
    for users in groups.values():
        lines = _lines(users[0][2][content])
        if lines * (len(users) - 1) >= _FEWEST_LINES:
            yield users


def _lines(part: Any) -> int:
    """Return about how many lines the content of a mapping has."""
    if not isinstance(part, dict):
        return 0
    return sum(1 + (_lines(inner) if _is_opened(inner) else 0) for inner in part.values())


def _is_opened(part: Any) -> bool:
    return isinstance(part, dict) and any(isinstance(inner, dict) for inner in part.values())


def _common(entries: list[Entry], content: str) -> Entry:
    """Return the keys that are the same in all entries, the content last."""
    first, *others = entries
    shared = {
        key: value
        for key, value in first.items()
        if key not in _OWN and key != content and all(other.get(key) == value for other in others)
    }
    return {**shared, content: first[content]}


def _user(entry: Entry, name: str, kind: Entry) -> Entry:
    """Return an entry that uses a type, with the keys that the type does not have."""
    own = {key: value for key, value in entry.items() if key in _OWN}
    rest = {key: value for key, value in entry.items() if key not in _OWN and kind.get(key) != value}
    return {**own, "type": name, **rest}


def free_name(users: list[str], taken: Container[str], other: str = "") -> str:
    """Return a name for what users share: theirs without numbers if it is one, else ``other`` or the first one's."""
    bare = {re.sub(r"_?[0-9]+", "", name) for name in users}
    wanted = legal_name((bare.pop() if len(bare) == 1 else other or users[0]).lower(), "t")
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
