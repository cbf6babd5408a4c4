"""Replaces `type: NAME` of registers and register files by what `types` says under that name, with their own changes.

This happens before the schema is checked: a register need not repeat what its type has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from devgen.language.diagnostics import codes_layout as kinds
from devgen.language.diagnostics.codes_parts import UNUSED
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading.merged_trees import Tree, changed, merge, without
from devgen.language.reading.source_map import Sources
from devgen.language.reading.word_fixes import suggestion

EXPANDED_LIMIT: Final = 500_000
"""Most values that the uses of types may stand for."""


def expand_types(tree: Tree, sources: Sources, sink: Diagnostics) -> Tree:
    """Return the tree of a device in which no register has a `type`. Faults are reported, and the key is removed."""
    regions = tree.get("regions")
    if not isinstance(regions, dict):
        return tree
    types = tree.get("types")
    expansion = _Expansion(sources, sink, types if isinstance(types, dict) else {})
    found = {name: expansion.region(region) for name, region in regions.items()}
    if not sink.failed:
        expansion.report_unused(sources.key_mark(tree, "device").file)
    if all(found[name] is region for name, region in regions.items()):
        return tree
    return changed(sources, tree, {"regions": changed(sources, regions, found)})


@dataclass(slots=True)
class _Expansion:
    sources: Sources
    sink: Diagnostics
    types: Tree
    expanded: int = 0
    open: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)

    def region(self, region: Any) -> Any:
        """Return a region, or a register file, with its registers expanded; the same object if there is no type."""
        registers = region.get("registers") if isinstance(region, dict) else None
        if not isinstance(registers, dict):
            return region
        found = {name: self.register(spec) for name, spec in registers.items()}
        if all(found[name] is spec for name, spec in registers.items()):
            return region
        return changed(self.sources, region, {"registers": changed(self.sources, registers, found)})

    def register(self, spec: Any) -> Any:
        """Return a register or register file without `type`."""
        if not isinstance(spec, dict):
            return spec
        if isinstance(spec.get("type"), str):
            spec = self._typed(spec)
        return self.region(spec)

    def _typed(self, spec: Tree) -> Tree:
        name = spec["type"]
        own = without(self.sources, spec, "type")
        self.used.add(name)
        base = self.types.get(name)
        if not isinstance(base, dict):
            mark = self._mark(spec)
            near = suggestion(self.sources, mark, name, self.types)
            self.sink.add(kinds.UNKNOWN_TYPE, mark, length=len(name), name=name, **near)
            return own
        if name in self.open:
            path = " -> ".join([*self.open[self.open.index(name) :], name])
            self.sink.add(kinds.TYPE_CYCLE, self._mark(spec), length=len(name), path=path)
            return own
        self.expanded += self._size(base)
        if self.expanded > EXPANDED_LIMIT:
            self.sink.add(kinds.TYPES_TOO_LARGE, self._mark(spec), length=len(name), limit=EXPANDED_LIMIT)
            return own
        self.open.append(name)
        base = self.register(base)
        self.open.pop()
        fields, changes = base.get("fields"), own.get("fields")
        if isinstance(fields, dict) and isinstance(changes, dict):
            base = changed(self.sources, base, {"fields": self._long(fields, changes)})
            own = changed(self.sources, own, {"fields": self._long(changes, fields)})
        return merge(self.sources, base, own)

    def _long(self, fields: Tree, others: Tree) -> Tree:
        """Return fields with those that are mappings in ``others`` as mappings: `DONE: 0` is `DONE: {bits: 0}`."""
        short = [name for name, spec in fields.items() if not isinstance(spec, dict)]
        found = {name: self._mapping(fields, name) for name in short if isinstance(others.get(name), dict)}
        return changed(self.sources, fields, found)

    def _mapping(self, fields: Tree, name: str) -> Tree:
        """Return the mapping that a field's bits alone stand for, at their place."""
        node, entry = {"bits": fields[name]}, self.sources.marks[id(fields)][name]
        self.sources.set_place(node, {"bits": entry}, self.sources.places[id(fields)])
        self.sources.keep.append(node)
        return node

    def report_unused(self, own: str) -> None:
        """Report types that no register has. A fragment may declare more of them than a device uses.

        ``own``: the device's file.
        """
        for name in self.types:
            mark = self.sources.key_mark(self.types, name)
            if name not in self.used and mark.file == own:
                self.sink.add(UNUSED, mark, length=len(name), what="type", name=name)

    def _mark(self, spec: Tree) -> Any:
        return self.sources.value_mark(spec, "type")

    def _size(self, node: Any) -> int:
        """Return the number of values in a part of the tree, which aliases may share."""
        if not isinstance(node, dict | list):
            return 1
        if id(node) not in self.sizes:
            values = node.values() if isinstance(node, dict) else node
            self.sizes[id(node)] = 1 + sum(map(self._size, values))
        return self.sizes[id(node)]
