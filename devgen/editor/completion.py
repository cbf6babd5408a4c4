"""Completion: keys and values from the schema, names of parts, and names and words in behaviour."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from devgen.common.yaml_files import SUFFIXES
from devgen.editor.behaviour_words import METHODS, OFFERED, meaning
from devgen.editor.board_names import PART_KINDS
from devgen.editor.checks import placed_devices
from devgen.editor.cursor import Cursor, cursor_at
from devgen.editor.device_names import ENUMERATIONS, Entry, Names
from devgen.editor.occurrences import Reader, hook_text, owner_of, surroundings
from devgen.editor.project_names import ProjectNames
from devgen.editor.source_file import SourceFile, Span
from devgen.language.behaviour.named_things import Declared, members
from devgen.language.behaviour.text_limits import is_escapable
from devgen.language.ir import Int
from devgen.language.scope import CounterEntry, FifoEntry, StreamEntry, TimerEntry

ITEM_LIMIT: Final = 5000

_VALUE_KINDS: Final = {
    "counter": ("counter",),
    "alias": ("register",),
    "alternate": ("register", "register file"),
    "property": ("property",),
}
"""Keys whose value names another part, and the kinds of that part."""

ItemKind = Literal["key", "value", "name", "word", "method", "file"]


@dataclass(slots=True, frozen=True)
class Item:
    """A suggestion: what is shown, what is inserted in place of ``span``, and texts about it."""

    label: str
    kind: ItemKind
    insert: str
    detail: str = ""
    text: str = ""
    span: Span | None = None


def complete(file: SourceFile, offset: int, project: ProjectNames) -> list[Item]:
    """Return the suggestions at a place."""
    cursor = cursor_at(file, offset)
    found: dict[str, Item] = {}
    for item in _Completer(file, cursor, project).items():
        found.setdefault(item.label, item)
        if len(found) >= ITEM_LIMIT:
            break
    span = file.span(cursor.start, offset)
    return [replace(item, span=span) for item in found.values()]


@dataclass(slots=True)
class _Completer:
    file: SourceFile
    cursor: Cursor
    project: ProjectNames

    def items(self) -> Iterator[Item]:
        match self.cursor.kind:
            case "key":
                yield from self._keys()
            case "value":
                yield from self._values()
            case "behaviour":
                yield from self._behaviour()

    # --- keys ----------------------------------------------------------------------------

    def _keys(self) -> Iterator[Item]:
        place, node = self.cursor.place, self.cursor.node
        if place is None:
            return
        present = {child.key for child in node.children if child.complete and not self._typed(child.key_start)}
        yield from self._parts(present)
        for key in place.keys:
            below = place.below(key)
            if key not in present and below is not None:
                yield Item(key, "key", f"{key}: ", below.rules.get("title", ""), below.text())
        if not node.path and self.file.kind == "other":
            yield Item("board", "key", "board: ", "a board's name", "A board: the devices of a machine and its guest.")

    def _typed(self, start: int) -> bool:
        """Return whether a key is the word that is being typed."""
        return start <= self.cursor.offset and self.cursor.start <= start

    def _parts(self, present: set[str]) -> Iterator[Item]:
        """Yield the parts of a placed device that a board can name below ``irq:``, ``at:`` and so on."""
        names, section = self._placed_names(), self.cursor.node.key
        if names is None or section not in PART_KINDS:
            return
        kinds = PART_KINDS[section]
        pool = names.regions.values() if kinds == ("region",) else names.entries.values()
        for entry in pool:
            if entry.kind in kinds and entry.name not in present:
                yield Item(entry.name, "name", f"{entry.name}: ", entry.title, entry.setting("description"))

    def _placed_names(self) -> Names | None:
        """Return the names of the device whose placement on a board the cursor is in."""
        path = self.cursor.node.path
        if self.file.kind != "board" or len(path) < 3 or path[0] != "devices":
            return None
        device = self.project.device_parts(placed_devices(self.file).get(path[1], ""))
        return device.names if device is not None else None

    # --- values --------------------------------------------------------------------------

    def _values(self) -> Iterator[Item]:
        place, node = self.cursor.place, self.cursor.node
        if place is None:
            return
        yield from self._named_values()
        for word in place.words:
            yield Item(word, "value", word, place.rules.get("title", ""), place.description)
        if not place.words and not place.is_container and "name" not in place.kinds and node.key != "include":
            for example in place.rules.get("examples", ()):
                if isinstance(example, int | str):
                    shown = hex(example) if isinstance(example, int) and example > 255 else str(example)
                    yield Item(shown, "value", shown, "an example", place.description)

    def _named_values(self) -> Iterator[Item]:
        path = self.cursor.node.path
        if self.file.kind == "board":
            yield from self._board_values(path)
        elif path and path[0] == "include":
            yield from self._files()
        else:
            yield from self._device_values(path[-1] if path else "")

    def _device_values(self, key: str) -> Iterator[Item]:
        place = self.cursor.place
        names = self.project.names_in(self.file)
        if self.cursor.node.path[0] == "keys" and (key == "register" or "closed_by" in self.cursor.node.path):
            yield from _register_paths(names, fields=key == "register")
        if key in ENUMERATIONS:
            yield from map(_name_item, names.enumerations.values())
        if key == "type" and place is not None and "name" in place.kinds:
            yield from map(_name_item, names.types.values())
        if place is None or "name" not in place.kinds:
            return
        kinds = _VALUE_KINDS.get(key, ("register",) if "fadt" in self.cursor.node.path else ())
        pool = names.regions if key == "region" else names.entries
        for entry in pool.values():
            if entry.kind in kinds or key == "region":
                yield _name_item(entry)

    def _board_values(self, path: tuple[str, ...]) -> Iterator[Item]:
        if len(path) == 3 and path[2] == "device":
            for name in self.project.workspace.device_names():
                device = self.project.workspace.device_named(name)
                title = device.outline.child("title") if device is not None else None
                text = title.value(device.text) if device is not None and title is not None else ""
                yield Item(name, "name", name, text)
        elif path[2:3] == ("overlaps",):
            yield from (Item(name, "name", name) for name in placed_devices(self.file) if name != path[1])
        elif len(path) == 4 and path[2] == "wires":
            yield Item("nmi", "value", "nmi", "the processor's input for non-maskable interrupts")
            for name, device_name in placed_devices(self.file).items():
                parts = self.project.device_parts(device_name)
                for entry in parts.names.entries.values() if parts is not None else ():
                    if entry.kind == "input":
                        yield Item(f"{name}.{entry.name}", "name", f"{name}.{entry.name}", entry.title)
        elif len(path) == 4 and path[2] == "properties":
            names = self._placed_names()
            known = names.entries.get(path[3]) if names is not None else None
            if known is not None:
                words = ("true", "false") if known.setting("type") == "bool" else (known.setting("default"),)
                yield from (Item(word, "value", word, known.title) for word in words if word)

    def _files(self) -> Iterator[Item]:
        try:
            names = sorted(os.listdir(self.file.path.parent))[:2000]
        except (OSError, ValueError):
            return
        for name in names:
            if name.endswith(SUFFIXES) and name != self.file.path.name:
                yield Item(name, "file", name)

    # --- behaviour -----------------------------------------------------------------------

    def _behaviour(self) -> Iterator[Item]:
        file, node = self.file, self.cursor.node
        names = self.project.names_in(file)
        words = [token for token in hook_text(file, node) if token.start < self.cursor.start]
        around = surroundings(file, node, owner_of(node, names), hook_text(file, node))
        if words and words[-1].text == ".":
            reader = Reader(names, around)
            list(reader.read(words))
            yield from _members(reader.base) if reader.base is not None else ()
            return
        for entry in (*around.locals.values(), *around.members.values(), *names.entries.values()):
            yield _name_item(entry)
        for word in OFFERED:
            yield Item(word, "word", word, "", meaning(word))


def _register_paths(names: Names, *, fields: bool) -> Iterator[Item]:
    """Yield the registers that a key sequence can name, those in register files too, and their fields."""
    pending = [(entry.name, entry) for entry in reversed(names.entries.values())]
    while pending:
        path, entry = pending.pop()
        if entry.kind == "register" or (fields and entry.kind == "field"):
            yield Item(path, "name", path, entry.title, entry.setting("title") or entry.setting("description"))
        if entry.kind == "register file" or (fields and entry.kind == "register"):
            pending += [(f"{path}.{member.name}", member) for member in reversed(entry.members.values())]


def _members(base: Entry) -> Iterator[Item]:
    for entry in base.members.values():
        yield _name_item(entry)
    for output in _outputs(base):
        yield Item(output, "method", output.replace("(amount)", "()"), base.title, METHODS[output.partition("(")[0]])
    for label in members(_declared(base)):
        name = label.partition("(")[0]
        yield Item(label, "method", f"{name}()" if label.endswith("()") else name, base.title, METHODS.get(name, ""))


def _outputs(base: Entry) -> Iterator[str]:
    """Yield the outputs of a register with interrupt fields or of a field that counts, and how behaviour counts it."""
    fields = base.members.values() if base.kind == "register" else ()
    if any(_has(field, "intr") for field in fields):
        yield "intr"
    if any(_has(field, "haltenable", "haltmask") for field in fields):
        yield "halt"
    if base.kind == "field" and _has(base, "counter"):
        yield from ("incr()", "incr(amount)", "decr()", "decr(amount)")
        counted = (
            key for site in base.sites if (node := site.node.child("counter")) is not None for key in node.children
        )
        yield from dict.fromkeys(key.key for key in counted if key.key in METHODS and key.key not in ("incr", "decr"))


def _has(entry: Entry, *keys: str) -> bool:
    return any(site.node.child(key) is not None for site in entry.sites for key in keys)


def _declared(base: Entry) -> Declared | None:
    """Return an entry of the language that has the methods of a part."""
    match base.kind:
        case "timer":
            return TimerEntry(base.name, matched=bool(base.setting("counter")))
        case "counter":
            return CounterEntry(base.name, 32)
        case "FIFO":
            return FifoEntry(base.name, 8, Int(1))
        case "stream":
            return StreamEntry(base.name)
    return None


def _name_item(entry: Entry) -> Item:
    insert = f"`{entry.name}`" if is_escapable(entry.name) else entry.name
    return Item(entry.name, "name", insert, entry.title, entry.setting("title") or entry.setting("description"))
