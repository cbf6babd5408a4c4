"""What each name in a file means: names in behaviour texts, and keys and values that name another part.

An occurrence is a place together with the entry that it names. Definitions, references, renaming, hover and colours all
use the occurrences of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from devgen.editor.behaviour_tokens import Token, tokens
from devgen.editor.device_names import ENUMERATIONS, Entry, Names, Site, parameters, signature
from devgen.editor.schema_guide import Place, place_of
from devgen.editor.source_file import SourceFile
from devgen.editor.yaml_outline import Node
from devgen.language.scope import BUILTIN_NAMES, HOOK_NAMES

_NAMING_VALUES: Final = {"counter": "counter", "alias": "register", "property": "property"}
"""Keys whose value is the name of another part, and the kind of that part."""


@dataclass(slots=True, frozen=True)
class Occurrence:
    """A name in a file: its place, and the entry that it names. ``entry`` is None for a word of the language.

    ``declares``: this is the name's declaration. ``token`` is None for a key.
    """

    start: int
    end: int
    name: str
    entry: Entry | None
    declares: bool = False
    token: Token | None = None


@dataclass(slots=True)
class Surroundings:
    """What a behaviour text can name besides the device's parts: members of its register file, parameters, locals."""

    members: dict[str, Entry] = field(default_factory=dict)
    locals: dict[str, Entry] = field(default_factory=dict)


def occurrences(file: SourceFile, names: Names) -> Iterator[Occurrence]:
    """Yield every occurrence in a file of a device whose names are ``names``."""
    for entry in names.all():
        for site in entry.sites:
            if site.file.path == file.path:
                yield Occurrence(site.start, site.end, entry.name, entry, declares=True)
    root = place_of("device", ())
    if root is not None:
        yield from _below(file, file.outline, root, names, None)


def occurrences_in(file: SourceFile, node: Node, names: Names) -> list[Occurrence]:
    """Return the occurrences in the value, and in the key, of a single node."""
    place = place_of(file.schema, node.path)
    found = list(_of_node(file, node, place, names, owner_of(node, names))) if place is not None else []
    declared = [
        Occurrence(site.start, site.end, entry.name, entry, declares=True)
        for entry in names.all()
        for site in entry.sites
        if site.node is node
    ]
    return [*declared, *found]


def owner_of(node: Node, names: Names) -> Entry | None:
    """Return the outermost register (or register file, or type) that a node belongs to."""
    path = node.path
    if len(path) > 1 and path[0] == "types":
        return names.types.get(path[1])
    if len(path) < 4 or path[0] != "regions" or path[2] != "registers":
        return None
    entry = names.entries.get(path[3])
    return entry if entry is not None and entry.path == path[:4] else None


def _below(file: SourceFile, node: Node, place: Place, names: Names, owner: Entry | None) -> Iterator[Occurrence]:
    for child in node.children:
        below = place.below(child.key)
        if below is None or not child.complete:
            continue
        register = owner
        if owner is None and place.key == "registers":
            register = names.entries.get(child.key)
        elif owner is None and place.key == "types":
            register = names.types.get(child.key)
        yield from _of_node(file, child, below, names, register)
        if child.children and (not below.is_behaviour or child.style == "mapping"):
            yield from _below(file, child, below, names, register)


def _of_node(file: SourceFile, node: Node, place: Place, names: Names, owner: Entry | None) -> Iterator[Occurrence]:
    if place.is_behaviour and node.style != "mapping":
        yield from behaviour_occurrences(file, node, names, owner)
    elif node.style in ("plain", "single", "double"):
        yield from _naming_value(file, node, place, names, owner)


def _naming_value(
    file: SourceFile, node: Node, place: Place, names: Names, owner: Entry | None
) -> Iterator[Occurrence]:
    value = node.value(file.text)
    above = node.parent.key if node.parent is not None else ""
    entry: Entry | None = None
    if node.path[0] == "keys" and (place.key == "register" or above == "closed_by"):
        yield from _register_path(file, node, names)
    elif place.key == "region" and above == "window":
        entry = names.regions.get(value)
    elif place.key in ENUMERATIONS:
        entry = names.enumerations.get(value)
    elif place.key == "type" and "name" in place.kinds:
        entry = names.types.get(value)
    elif above == "fadt" and "name" in place.kinds:
        entry = names.entries.get(value)
    elif place.key == "alternate":
        entry = _alternate(node.path, value, names, owner)
    elif place.key in _NAMING_VALUES and "name" in place.kinds:
        entry = (owner.members if owner is not None else {}).get(value) or names.entries.get(value)
    if entry is not None:
        quoted = node.style != "plain"
        yield Occurrence(node.start + quoted, node.end - quoted, value, entry)


def _register_path(file: SourceFile, node: Node, names: Names) -> Iterator[Occurrence]:
    """Yield the register, the members and the field that ``PORT.KEYR.KEY`` names."""
    known = names.entries
    for token in tokens(file.text, node.start, node.end, node.style):
        entry = known.get(token.text) if token.kind == "name" else None
        if entry is not None:
            yield Occurrence(token.start, token.end, token.text, entry)
            known = entry.members


def _alternate(path: tuple[str, ...], value: str, names: Names, owner: Entry | None) -> Entry | None:
    """Return the register, or the field of the same register, that ``alternate`` names."""
    members = owner.members if owner is not None else {}
    if path[-3] != "fields":
        in_file = members.get(value) if owner is not None and owner.path != path[:-1] else None
        return in_file or names.entries.get(value)
    register = owner if owner is not None and owner.path == path[:-3] else members.get(path[-4])
    return register.members.get(value) if register is not None else None


# --- behaviour ---------------------------------------------------------------------------


def behaviour_occurrences(file: SourceFile, node: Node, names: Names, owner: Entry | None) -> Iterator[Occurrence]:
    """Yield the occurrences in a behaviour text; a list of statements is one text."""
    words = hook_text(file, node)
    around = surroundings(file, node, owner, words)
    yield from (
        Occurrence(site.start, site.end, entry.name, entry, declares=True)
        for entry in around.locals.values()
        for site in entry.sites
    )
    if node.parent is not None and node.parent.key in ("functions", "actions"):
        yield from Reader(names, around).read(signature(file, node)[1:])
    yield from Reader(names, around).read(words)


def surroundings(file: SourceFile, node: Node, owner: Entry | None, words: list[Token]) -> Surroundings:
    """Return what a behaviour text can name besides the device's parts."""
    around = Surroundings(_file_members(node, owner))
    declared = _declared_locals(words)
    if node.parent is not None and node.parent.key in ("functions", "actions"):
        for token in parameters(signature(file, node)):
            _add_local(around, file, node, token, "parameter")
    for token in declared:
        _add_local(around, file, node, token, "local")
    return around


def _file_members(node: Node, owner: Entry | None) -> dict[str, Entry]:
    """Return the members of the register files around a node; those of an inner file hide those of an outer one."""
    found: dict[str, Entry] = {}
    inside = node.path[len(owner.path) :] if owner is not None else ()
    while owner is not None and owner.has_registers:
        found |= owner.members
        owner = owner.members.get(inside[1]) if len(inside) > 1 and inside[0] == "registers" else None
        inside = inside[2:]
    return found


def hook_text(file: SourceFile, node: Node) -> list[Token]:
    """Return the tokens of a behaviour text; a list of statements is one text."""
    scalars = node.children if node.style == "list" else [node]
    return [token for scalar in scalars for token in tokens(file.text, scalar.start, scalar.end, scalar.style)]


def _add_local(around: Surroundings, file: SourceFile, node: Node, token: Token, kind: str) -> None:
    if token.text not in around.locals:
        path = ("local", str(file.path), str(node.key_start), token.text)
        site = Site(file, node, token.start, token.end)
        around.locals[token.text] = Entry(kind, token.text, path, sites=[site])


def _declared_locals(words: list[Token]) -> list[Token]:
    """Return the names of ``x: u32 = …`` and ``for n in …``."""
    found = []
    for index, token in enumerate(words):
        marks = [word.text for word in words[index + 1 : index + 4 : 2]]
        if token.kind == "name" and (marks == [":", "="] or (index > 0 and words[index - 1].text == "for")):
            found.append(token)
    return found


@dataclass(slots=True)
class Reader:
    """Resolves the names of one text, from left to right. ``base`` is the entry that a dot at the end would follow."""

    names: Names
    around: Surroundings
    base: Entry | None = None

    def read(self, words: list[Token]) -> Iterator[Occurrence]:
        """Yield what the names mean; names that are not declared are left out."""
        brackets: list[Entry | None] = []
        for index, token in enumerate(words):
            before = words[index - 1].text if index else ""
            after = words[index + 1].text if index + 1 < len(words) else ""
            if token.kind == "name":
                self.base = self._meaning(token, before, after, brackets[-1] if brackets else None)
                if self.base is not None or is_word(token):
                    yield Occurrence(token.start, token.end, token.text, self.base, token=token)
            elif token.text in ("(", "["):
                brackets.append(self.base)
                self.base = None
            elif token.text in (")", "]"):
                opened = brackets.pop() if brackets else None
                self.base = opened if token.text == "]" else None
            elif token.text != ".":
                self.base = None

    def _meaning(self, token: Token, before: str, after: str, callee: Entry | None) -> Entry | None:
        if before == ".":
            return self.base.members.get(token.text) if self.base is not None else None
        if after == "=" and callee is not None and token.text in callee.members:
            return callee.members[token.text]
        if is_word(token) and token.text not in self.around.locals:
            return None
        around = self.around
        return around.locals.get(token.text) or around.members.get(token.text) or self.names.entries.get(token.text)


def is_word(token: Token) -> bool:
    """Return whether a token is a word of the language: a built-in name, a hook's local, or a keyword."""
    return not token.quoted and (token.text in BUILTIN_NAMES or token.text in HOOK_NAMES or token.text in KEYWORDS)


KEYWORDS: Final = frozenset(("and", "or", "not", "if", "else", "elif", "in", "for", "pass"))
