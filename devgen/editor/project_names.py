"""Names over all files: which entry a place names, and where an entry is named.

A register that a fragment declares belongs to every device that includes the fragment, so its references are in all of
them; parts that boards name are found on the boards of the workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devgen.editor.behaviour_tokens import Token, tokens
from devgen.editor.board_names import DeviceParts, board_occurrences
from devgen.editor.device_names import Entry, Names, Site, names_of
from devgen.editor.occurrences import Occurrence, occurrences, occurrences_in
from devgen.editor.schema_guide import place_of
from devgen.editor.source_file import SourceFile
from devgen.editor.workspace import Workspace
from devgen.editor.yaml_outline import Node, node_at


@dataclass(slots=True, frozen=True)
class Place:
    """An occurrence in a file."""

    file: SourceFile
    occurrence: Occurrence


@dataclass(slots=True)
class _Known:
    files: list[SourceFile]
    names: Names
    entry: Entry


@dataclass(slots=True)
class ProjectNames:
    """The names of the devices of a workspace; those of a device are read again when one of its files has changed."""

    workspace: Workspace
    _known: dict[Path, _Known] = field(default_factory=dict)

    def names(self, device: SourceFile) -> Names:
        """Return the names of a device."""
        return self._of(device).names

    def _of(self, device: SourceFile) -> _Known:
        files = self.workspace.with_includes(device)
        known = self._known.get(device.path)
        if known is None or [*map(id, known.files)] != [*map(id, files)]:
            known = self._known[device.path] = _Known(files, names_of(files), _device_entry(device))
        return known

    def names_in(self, file: SourceFile) -> Names:
        """Return the names of the device that a file is part of; of a fragment, of the first device that has it."""
        return self.names(self.workspace.devices_of(file)[0])

    def device_parts(self, name: str) -> DeviceParts | None:
        """Return a device by its name."""
        device = self.workspace.device_named(name) if name else None
        if device is None:
            return None
        known = self._of(device)
        return DeviceParts(known.entry, known.names)

    # --- one place -----------------------------------------------------------------------

    def occurrence_at(self, file: SourceFile, offset: int) -> Occurrence | None:
        """Return the occurrence at a place, or None."""
        node = node_at(file.outline, offset)
        if node is None:
            return None
        found = [occurrence for occurrence in self._near(file, node) if occurrence.start <= offset <= occurrence.end]
        return min(found, key=lambda occurrence: (not occurrence.declares, occurrence.end == offset), default=None)

    def _near(self, file: SourceFile, node: Node) -> Iterable[Occurrence]:
        if file.kind == "board":
            return board_occurrences(file, self.device_parts)
        if node.path == ("device",) and file.kind == "device":
            return [Occurrence(node.start, node.end, file.name, self._of(file).entry, declares=True)]
        return occurrences_in(file, whole_text(file, node), self.names_in(file))

    def words_of(self, file: SourceFile, node: Node) -> list[Token]:
        """Return the tokens of the behaviour text at a node; empty if it is none."""
        place = place_of(file.schema, whole_text(file, node).path)
        if place is None or not place.is_behaviour or node.children:
            return []
        return list(tokens(file.text, node.start, node.end, node.style))

    # --- all places ----------------------------------------------------------------------

    def places_of(self, entry: Entry, file: SourceFile) -> list[Place]:
        """Return every place that names an entry, which was found in ``file``: declarations and references."""
        if entry.path[0] == "local":
            return _unique(self._in_file(entry, file, self.names_in(file)))
        if entry.path[0] == "placement":
            return _unique(self._on_board(entry, file))
        return _unique(self._everywhere(entry.root))

    def _everywhere(self, entry: Entry) -> Iterator[Place]:
        devices = self._sharing(entry)
        for device in devices:
            known = self._of(device)
            same = known.entry if entry.kind == "device" else find(known.names, entry.path)
            if same is None:
                continue
            if entry.kind == "device":
                yield from _declarations(same)
            else:
                for part in known.files:
                    yield from self._in_file(same, part, known.names)
            for board in self.workspace.boards():
                yield from self._on_board(same, board)

    def _sharing(self, entry: Entry) -> list[SourceFile]:
        """Return the devices that declare an entry in one of the files that declare it, also through each other."""
        found: dict[Path, SourceFile] = {}
        pending = [site.file for site in entry.sites]
        while pending:
            for device in self.workspace.devices_of(pending.pop()):
                if device.path in found:
                    continue
                found[device.path] = device
                same = find(self.names(device), entry.path)
                pending += [site.file for site in same.sites] if same is not None else []
            if entry.kind == "device":
                return [device for device in found.values() if device.path == entry.sites[0].file.path]
        return list(found.values())

    def _in_file(self, entry: Entry, file: SourceFile, names: Names) -> Iterator[Place]:
        if entry.name not in file.text:
            return
        for occurrence in occurrences(file, names):
            if occurrence.entry is not None and occurrence.entry.root.path == entry.path:
                yield Place(file, occurrence)

    def _on_board(self, entry: Entry, board: SourceFile) -> Iterator[Place]:
        if entry.name not in board.text:
            return
        for occurrence in board_occurrences(board, self.device_parts):
            found = occurrence.entry
            if found is entry or (found is not None and entry.path[0] == "placement" and found.path == entry.path):
                yield Place(board, occurrence)


def find(names: Names, path: tuple[str, ...]) -> Entry | None:
    """Return the entry with a path."""
    return next((entry for entry in names.all() if entry.path == path), None)


def whole_text(file: SourceFile, node: Node) -> Node:
    """Return the node of the whole behaviour text that a node belongs to: a list of statements is one text."""
    above = node.parent
    if not node.is_element or above is None:
        return node
    place = place_of(file.schema, above.path)
    return above if place is not None and place.is_behaviour else node


def _device_entry(device: SourceFile) -> Entry:
    node = device.outline.child("device")
    sites = [Site(device, node, node.start, node.end)] if node is not None else []
    return Entry("device", device.name, ("device",), sites=sites)


def _declarations(entry: Entry) -> Iterator[Place]:
    for site in entry.sites:
        yield Place(site.file, Occurrence(site.start, site.end, entry.name, entry, declares=True))


def _unique(places: Iterable[Place]) -> list[Place]:
    """Return each place once; a declaration precedes a reference at the same place."""
    found: dict[tuple[Path, int, int], Place] = {}
    for place in places:
        key = (place.file.path, place.occurrence.start, place.occurrence.end)
        if key not in found or place.occurrence.declares:
            found[key] = place
    return sorted(found.values(), key=lambda place: (place.file.path, place.occurrence.start))
