"""What the names on a board mean: devices, their names on the board, and the parts of the devices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from devgen.editor.device_names import Entry, Names, Site
from devgen.editor.occurrences import Occurrence
from devgen.editor.source_file import SourceFile
from devgen.editor.yaml_outline import Node

PART_KINDS: Final = {
    "at": ("region",),
    "irq": ("interrupt",),
    "wires": ("interrupt", "output"),
    "inputs": ("input",),
    "properties": ("property",),
    "on_event": ("event", "error"),
    "streams": ("stream",),
    "media": ("state",),
}
"""Keys of a placed device whose entries name parts of the device, and the kinds of those parts."""

_TARGET = re.compile(r"([A-Za-z][\w-]*)(?:\.(\w+))?")


@dataclass(slots=True, frozen=True)
class DeviceParts:
    """A device as a board sees it: the entry that stands for it, and its names."""

    entry: Entry
    names: Names


Lookup = Callable[[str], DeviceParts | None]


def board_occurrences(board: SourceFile, lookup: Lookup) -> Iterator[Occurrence]:
    """Yield every occurrence on a board. ``lookup`` finds a device by its name."""
    devices = board.outline.child("devices")
    placed = {node.key: node for node in devices.children if node.complete} if devices is not None else {}
    reader = _Reader(board, lookup, placed)
    for node in placed.values():
        start, end = node.key_start, node.key_end
        yield Occurrence(start, end, node.key, reader.placement(node.key), declares=True)
        yield from reader.parts_of(node)


def part_of(names: Names, key: str, name: str) -> Entry | None:
    """Return the part of a device that an entry below ``key`` of a placement names; ``irq[2]`` names ``irq``."""
    name = name.partition("[")[0]
    kinds = PART_KINDS.get(key, ())
    entry = names.regions.get(name) if kinds == ("region",) else names.entries.get(name)
    return entry if entry is not None and entry.kind in kinds else None


@dataclass(slots=True)
class _Reader:
    board: SourceFile
    lookup: Lookup
    placed: dict[str, Node]

    def placement(self, name: str) -> Entry | None:
        node = self.placed.get(name)
        if node is None:
            return None
        path = ("placement", str(self.board.path), name)
        return Entry("device on the board", name, path, sites=[Site(self.board, node, node.key_start, node.key_end)])

    def device(self, name: str) -> DeviceParts | None:
        node = self.placed.get(name)
        device = node.child("device") if node is not None else None
        return self.lookup(device.value(self.board.text)) if device is not None else None

    def parts_of(self, node: Node) -> Iterator[Occurrence]:
        device = self.device(node.key)
        for child in node.children:
            if child.key == "device" and device is not None:
                quoted = child.style != "plain"
                yield Occurrence(child.start + quoted, child.end - quoted, device.entry.name, device.entry)
            for named in child.children if child.key == "overlaps" else ():
                quoted, name = named.style != "plain", named.value(self.board.text)
                yield Occurrence(named.start + quoted, named.end - quoted, name, self.placement(name))
            for part in child.children if child.key in PART_KINDS else ():
                entry = part_of(device.names, child.key, part.key) if device is not None else None
                if entry is not None:
                    quoted = self.board.text[part.key_start] in "'\""
                    start = part.key_start + quoted
                    yield Occurrence(start, start + len(entry.name), entry.name, entry)
                if child.key == "wires":
                    yield from self._target(part)

    def _target(self, wire: Node) -> Iterator[Occurrence]:
        """Yield the device and the input that ``hpet.pit`` names."""
        start = wire.start + (wire.style != "plain")
        match = _TARGET.match(self.board.text, start, wire.end)
        if match is None:
            return
        yield Occurrence(match.start(1), match.end(1), match[1], self.placement(match[1]))
        device = self.device(match[1])
        if device is not None and match[2]:
            entry = part_of(device.names, "inputs", match[2])
            if entry is not None:
                yield Occurrence(match.start(2), match.end(2), match[2], entry)
