"""References between fields as dynamic assignments of properties (5.1.4): ``CTRL.MODE->swwe = LOCK.OPEN;``.

The property ``devgen`` has the same keys, as their author wrote them; an import takes the assignments where both
differ. A key is shown if it is a plain reference to a field, or to one element of an array by numbers. It is not shown
where SystemRDL or its compiler has no words for it: the element with the same index, a field in another address map, or
a name that could be one of two registers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from devgen.exchange.rdl_export.rdl_component import Component
from devgen.exchange.rdl_export.rdl_names import identifier
from devgen.language.view import Hook

_STEP: Final = r"(?:\w+|`\w+`)(?:\[\d+\])*"
_FIELD: Final = re.compile(rf"(not\s+)?({_STEP}(?:\.{_STEP})+)")

_INDEX: Final = re.compile(r"(?=\[)")
"""The place before the indices of a name."""

_BITS: Final = frozenset(("swwe", "swwel", "hwset", "hwclr", "incr", "decr"))
"""Properties whose field has one bit (9.6 to 9.8); the fields of others are as wide as the field itself."""

_Path = tuple[str, ...]


def lock_reference(lock: Hook | None) -> dict[str, str]:
    """Return ``swwe`` or ``swwel`` (9.6) with the field that a lock names; nothing for other expressions."""
    found = _FIELD.fullmatch(lock.text) if lock is not None else None
    if found is None:
        return {}
    return {"swwel" if found[1] else "swwe": found[2].replace("`", "")}


def field_reference(name: str, value: Hook | None) -> dict[str, str]:
    """Return the property ``name`` with the field that an expression names; nothing for other expressions."""
    found = _FIELD.fullmatch(value.text) if value is not None else None
    return {} if found is None or found[1] else {name: found[2].replace("`", "")}


def assignments(children: Sequence[Component]) -> tuple[str, ...]:
    """Return the assignments of an address map with these children, in their order."""
    parts = list(_parts(children, (), ()))
    places = {part.path: part for part in parts}
    lines: list[str] = []
    for part in parts:
        for name, text in part.component.references:
            steps = [_INDEX.split(step, 1)[0] for step in text.split(".")]
            source = _named(places, part.path, tuple(steps))
            if source is None or source.width != (1 if name in _BITS else part.width):
                continue
            reference = _reference(source, text.split("."))
            if reference:
                lines.append(f"{_rdl(part.path)}->{name} = {reference};")
    return tuple(lines)


def _reference(source: _Part, steps: Sequence[str]) -> str:
    """Return the path of a field with the indices of ``steps``; empty if an array on it has none, or other ones."""
    indices = ["" for _ in source.path[: len(source.path) - len(steps)]]
    indices += [step[len(_INDEX.split(step, 1)[0]) :] for step in steps]
    if any(index.count("[") != dimensions for index, dimensions in zip(indices, source.dimensions, strict=True)):
        return ""
    return ".".join(identifier(name) + index for name, index in zip(source.path, indices, strict=True))


@dataclass(slots=True, frozen=True)
class _Part:
    """A component in an address map. ``dimensions``: how many indices each part of its path needs."""

    path: _Path
    component: Component
    dimensions: tuple[int, ...]

    @property
    def width(self) -> int:
        """The bits of a field, from its place ``[msb:lsb]``; 0 for a register."""
        found = re.match(r"\[(\d+):(\d+)\]", self.component.place) if self.component.kind == "field" else None
        return int(found[1]) - int(found[2]) + 1 if found else 0


def _parts(children: Sequence[Component], above: _Path, outer: tuple[int, ...]) -> Iterator[_Part]:
    for child in children:
        path = (*above, child.name)
        dimensions = (*outer, 0 if child.kind == "field" else child.place.count("["))
        yield _Part(path, child, dimensions)
        yield from _parts(child.children, path, dimensions)


def _named(places: dict[_Path, _Part], at: _Path, name: _Path) -> _Part | None:
    """Return the field that a name means in the behaviour of the field ``at``.

    None if there is none, or if several register files around ``at`` have a register of this name.
    """
    around = [at[:depth] for depth in range(len(at) - 1)]
    found = [outer for outer in around if (*outer, name[0]) in places]
    part = places.get((*found[0], *name)) if len(found) == 1 else None
    return part if part is not None and part.component.kind == "field" else None


def _rdl(path: _Path) -> str:
    return ".".join(identifier(name) for name in path)
