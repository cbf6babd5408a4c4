"""Describes an enumeration that several fields of a peripheral have once, as one of the device's ``enumerations``.

Its name is that of the fields without numbers, or of its labels if the fields have different names. It stays when the
vendor adds another field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from devgen.exchange.describe.shared_types import free_name
from devgen.exchange.yaml_text import LINE, Block, flow_text

_KEYS: Final = ("values", "read_values", "write_values")
_FEWEST_LINES: Final = 3
"""Fewest lines that a shared enumeration must save."""

_LONGEST_NAME: Final = 32

Entry = dict[str, Any]


def with_enumerations(types: dict[str, Entry], registers: dict[str, Entry]) -> dict[str, Entry]:
    """Return the enumerations that several fields have; the fields then have their names."""
    users: dict[str, list[tuple[str, Entry, str]]] = {}
    for name, field in (*_fields(types.values()), *_fields(registers.values())):
        for key in _KEYS:
            if key in field:
                users.setdefault(json.dumps(field[key]), []).append((name, field, key))
    enumerations: dict[str, Entry] = {}
    for places in users.values():
        _, field, key = places[0]
        labels = field[key]
        if (len(places) - 1) * _lines(labels) < _FEWEST_LINES:
            continue
        shared = free_name([name for name, _, _ in places], enumerations, _name_of(labels))
        enumerations[shared] = labels
        for _, field, key in places:
            field[key] = shared
    return enumerations


def _fields(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    """Yield each described field with its name."""
    for entry in entries:
        for name, field in entry.get("fields", {}).items():
            if isinstance(field, dict):
                yield name, field
        yield from _fields(entry.get("registers", {}).values())


def _name_of(labels: Entry) -> str:
    """Return the names of the labels together, empty if that is too long for a name."""
    name = "_".join(labels)
    return name if len(name) <= _LONGEST_NAME else ""


def _lines(labels: Entry) -> int:
    """Return how many lines an enumeration has besides its field's own."""
    return len(labels) if isinstance(labels, Block) or len(flow_text(labels)) > LINE // 2 else 0
