"""A board under check, with the descriptions of its devices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devgen.language.board import Board, Placement
from devgen.language.boards.known_devices import KnownDevice
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.places import Related, Span
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Device
from devgen.language.reading.source_map import Sources

Tree = dict[str, Any]
_NO_ENTRIES: Tree = {}


@dataclass(slots=True, frozen=True)
class Placed:
    """A device on the board that has a description without errors. ``spec``: its mapping in the board's tree."""

    placement: Placement
    spec: Tree
    known: KnownDevice
    device: Device

    @property
    def name(self) -> str:
        """The device's name on the board."""
        return self.placement.name

    def entries(self, key: str) -> Tree:
        """Return the mapping under a key of the placement, or an empty one."""
        found = self.spec.get(key, _NO_ENTRIES)
        return found if isinstance(found, dict) else _NO_ENTRIES


@dataclass(slots=True, frozen=True)
class BoardUnderCheck:
    """What every check gets: the board, its tree with places, and its described devices by their names on the board."""

    board: Board
    tree: Tree
    path: Path
    sources: Sources
    sink: Diagnostics
    placed: dict[str, Placed]

    def at_key(self, kind: Kind, node: Tree, key: str, /, **values: Any) -> None:
        """Report at a key of the board."""
        self.sink.add(kind, self.sources.key_mark(node, key), length=len(key), **values)

    def at_value(self, kind: Kind, node: Tree, key: str, /, **values: Any) -> None:
        """Report at the value of a key of the board."""
        value = node.get(key)
        length = len(value) if isinstance(value, str) and "\n" not in value else 1
        self.sink.add(kind, self.sources.value_mark(node, key), length=length, **values)

    def at_device(self, kind: Kind, name: str, /, **values: Any) -> None:
        """Report at a device's name on the board."""
        self.at_key(kind, self.tree["devices"], name, **values)

    def second_place(self, node: Tree, key: str, message: str) -> Related:
        """Return another key of the board as a second place."""
        return Related(Span(self.sources.key_mark(node, key), len(key)), message)

    def was_cut(self, node: Tree, keys: Iterable[str]) -> bool:
        """Whether one of the keys was removed from a mapping because of an error that has been reported."""
        return any((id(node), key) in self.sources.cut for key in keys)
