"""Lays one mapping over another: of an including file over what it includes, of a register over its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devgen.language.reading.source_map import Sources

Tree = dict[str, Any]


def merge(sources: Sources, base: Tree, over: Tree) -> Tree:
    """Return ``base`` overlaid with ``over``. Neither is changed; mappings that both have are merged too."""
    node = dict(base)
    entries = dict(sources.marks[id(base)])
    own = sources.marks[id(over)]
    for key, value in over.items():
        below = node.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        node[key] = merge(sources, below, value) if both else value  # type: ignore[arg-type]
        entries[key] = own[key]
    sources.set_place(node, entries, sources.places[id(over)])
    sources.keep.append(node)
    return node


def changed(sources: Sources, tree: Tree, values: Mapping[str, Any]) -> Tree:
    """Return a mapping with other values of some of its keys, at its own place."""
    return _placed(sources, tree, {key: values.get(key, value) for key, value in tree.items()})


def without(sources: Sources, tree: Tree, *keys: str) -> Tree:
    """Return a mapping without some of its keys, at its own place."""
    return _placed(sources, tree, {key: value for key, value in tree.items() if key not in keys})


def _placed(sources: Sources, tree: Tree, node: Tree) -> Tree:
    sources.set_place(node, sources.marks[id(tree)], sources.places[id(tree)])
    sources.keep.append(node)
    return node
