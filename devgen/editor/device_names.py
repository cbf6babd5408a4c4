"""The names that a description declares, from its outline: they are known also while the text has errors.

Registers, fields, states and all other named parts become ``Entry`` objects, merged over the files of a device as
``include`` merges them. Each entry knows every place that declares it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from devgen.editor.behaviour_tokens import Token, tokens
from devgen.editor.source_file import SourceFile, Span
from devgen.editor.yaml_outline import Node, Style

SECTIONS: Final = {
    "properties": "property",
    "constants": "constant",
    "state": "state",
    "keys": "key",
    "fifos": "FIFO",
    "counters": "counter",
    "timers": "timer",
    "functions": "function",
    "actions": "action",
    "interrupts": "interrupt",
    "gpio_in": "input",
    "gpio_out": "output",
    "errors": "error",
    "events": "event",
    "streams": "stream",
}
"""Keys of a device whose entries are names of the behaviour language, and what each declares."""

ENUMERATIONS: Final = ("values", "read_values", "write_values")
"""Keys of a field that name its values, or an enumeration that has their names."""

_ROUTINES: Final = ("function", "action")


@dataclass(slots=True, frozen=True, eq=False)
class Site:
    """A place that declares a name: the file, the node, and the name's place in the key."""

    file: SourceFile
    node: Node
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The name's place."""
        return self.file.span(self.start, self.end)


@dataclass(slots=True, eq=False)
class Entry:
    """A declared name. ``path`` is that of its key in the merged description and identifies it.

    ``base``: the part of a type that this entry completes; both are the same part under one name.
    """

    kind: str
    name: str
    path: tuple[str, ...]
    owner: Entry | None = None
    sites: list[Site] = field(default_factory=list)
    members: dict[str, Entry] = field(default_factory=dict)
    base: Entry | None = None

    @property
    def root(self) -> Entry:
        """The entry whose name this one has: that of the type, or itself."""
        return self if self.base is None else self.base.root

    @property
    def has_registers(self) -> bool:
        """Whether it is a register file, or a type of one: its members name each other."""
        return any(member.kind in ("register", "register file") for member in self.members.values())

    @property
    def title(self) -> str:
        """What it is, with its name: ``register CTRL``, ``field CTRL.ENABLE``."""
        owner = self.owner
        dotted = f"{owner.name}.{self.name}" if owner is not None and self.kind != "register file" else self.name
        return f"{self.kind} {dotted}"

    def setting(self, *keys: str) -> str:
        """Return the value of a key of this entry, from the file that takes precedence; empty if there is none."""
        for site in self.sites:
            node = site.node.child(*keys)
            if node is not None and node.value(site.file.text):
                return node.value(site.file.text)
        return ""


@dataclass(slots=True)
class Names:
    """All names of a device: those of its behaviour language, its regions, its enumerations and types, by name."""

    entries: dict[str, Entry] = field(default_factory=dict)
    regions: dict[str, Entry] = field(default_factory=dict)
    enumerations: dict[str, Entry] = field(default_factory=dict)
    types: dict[str, Entry] = field(default_factory=dict)

    def all(self) -> Iterator[Entry]:
        """Yield every entry with its members."""
        pending = [*self.types.values(), *self.enumerations.values(), *self.regions.values(), *self.entries.values()]
        while pending:
            entry = pending.pop()
            yield entry
            pending.extend(member for member in entry.members.values() if member.owner is entry)


def names_of(files: Iterable[SourceFile]) -> Names:
    """Return the names that the files of a device declare together; the file that takes precedence comes first."""
    names = Names()
    for file in files:
        for section, kind in SECTIONS.items():
            for node in _children(file.outline, section):
                _declare_part(names, file, section, kind, node)
        for node in _children(file.outline, "regions"):
            _declare_region(names, file, node)
        for node in _children(file.outline, "enumerations"):
            path = ("enumerations", node.key)
            entry = names.enumerations.setdefault(node.key, Entry("enumeration", node.key, path))
            entry.sites.append(Site(file, node, *_inside_quotes(file, node)))
            for label in _children(node):
                _member(entry, file, label, "label")
        for node in _children(file.outline, "types"):
            _declare_register(names.types, file, node, ("types",), None)
            names.types[node.key].kind = "type"
    if names.types:
        _share_types(names)
    if names.enumerations:
        _share_labels(names)
    return names


def _share_types(names: Names) -> None:
    """Give each register with ``type: NAME`` the members of that type; a type may have a type itself."""
    done: set[int] = set()
    for entry in list(names.all()):
        if entry.kind in ("register", "register file", "type"):
            _take_type(entry, names, done)


def _take_type(entry: Entry, names: Names, done: set[int]) -> None:
    """``done``: the entries that have their type's members; types that name each other in a circle end there."""
    shared = None if id(entry) in done else names.types.get(entry.setting("type"))
    done.add(id(entry))
    if shared is not None:
        for part in (shared, *shared.members.values()):
            _take_type(part, names, done)
        _complete(entry, shared)


def _complete(entry: Entry, shared: Entry) -> None:
    """Give an entry the members of another one; those that it has itself complete these."""
    for name, member in shared.members.items():
        own = entry.members.setdefault(name, member)
        if own is not member and own.base is None:
            own.base = member
            _complete(own, member)
    if entry.kind == "register" and entry.has_registers:
        entry.kind = "register file"


def _share_labels(names: Names) -> None:
    """Give each field with ``values: NAME`` the labels of that enumeration."""
    for entry in list(names.all()):
        for key in ENUMERATIONS if entry.kind == "field" else ():
            shared = names.enumerations.get(entry.setting(key))
            if shared is not None:
                entry.members.update(shared.members)


def signature(file: SourceFile, node: Node) -> list[Token]:
    """Return the tokens of a function's or an action's key."""
    style: Style = {'"': "double", "'": "single"}.get(file.text[node.key_start : node.key_start + 1], "plain")  # type: ignore[assignment]
    return list(tokens(file.text, node.key_start, node.key_end, style))


def parameters(words: list[Token]) -> list[Token]:
    """Return the parameters' names in the tokens of a signature."""
    found, depth = [], 0
    for before, token in pairwise(words):
        depth += (before.text in "([") - (before.text in ")]")
        if token.kind == "name" and depth == 1 and before.text in ("(", ","):
            found.append(token)
    return found


def _declare_part(names: Names, file: SourceFile, section: str, kind: str, node: Node) -> None:
    name, start, end = _name_place(file, node, kind)
    entry = names.entries.get(name)
    if entry is None or entry.path[0] != section:
        entry = names.entries.setdefault(name, Entry(kind, name, (section, name)))
    entry.sites.append(Site(file, node, start, end))
    if kind == "event":
        for child in _children(node):
            _member(entry, file, child, "parameter")


def _name_place(file: SourceFile, node: Node, kind: str) -> tuple[str, int, int]:
    """Return a declared name and its place in the key, without quotes and parameters."""
    if kind in _ROUTINES:
        first = next((token for token in signature(file, node) if token.kind == "name"), None)
        if first is not None:
            return first.text, first.start, first.end
    return node.key, *_inside_quotes(file, node)


def _inside_quotes(file: SourceFile, node: Node) -> tuple[int, int]:
    quoted = file.text[node.key_start : node.key_start + 1] in ("'", '"')
    return node.key_start + quoted, node.key_end - quoted


def _declare_region(names: Names, file: SourceFile, node: Node) -> None:
    region = names.regions.setdefault(node.key, Entry("region", node.key, ("regions", node.key)))
    region.sites.append(Site(file, node, *_inside_quotes(file, node)))
    for child in _children(node, "registers"):
        _declare_register(names.entries, file, child, (*region.path, "registers"), None)
    for child in _children(node, "doorbells"):
        _member(region, file, child, "doorbell", "doorbells")


def _declare_register(
    known: dict[str, Entry], file: SourceFile, node: Node, above: tuple[str, ...], owner: Entry | None
) -> None:
    path = (*above, node.key)
    entry = known.get(node.key)
    if entry is None or entry.path != path:
        entry = known.setdefault(node.key, Entry("register", node.key, path, owner))
    entry.sites.append(Site(file, node, *_inside_quotes(file, node)))
    for child in _children(node, "fields"):
        field_entry = _member(entry, file, child, "field", "fields")
        for key in ENUMERATIONS:
            for label in _children(child, key):
                _member(field_entry, file, label, "label", key)
    if node.child("registers") is not None:
        entry.kind = "register file"
        for child in _children(node, "registers"):
            _declare_register(entry.members, file, child, (*path, "registers"), entry)


def _member(owner: Entry, file: SourceFile, node: Node, kind: str, *keys: str) -> Entry:
    path = (*owner.path, *keys, node.key)
    entry = owner.members.setdefault(node.key, Entry(kind, node.key, path, owner))
    entry.sites.append(Site(file, node, *_inside_quotes(file, node)))
    return entry


def _children(node: Node, *keys: str) -> list[Node]:
    below = node.child(*keys) if keys else node
    return [child for child in below.children if child.complete and not child.is_element] if below is not None else []
