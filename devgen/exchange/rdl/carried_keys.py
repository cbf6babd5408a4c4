"""Reads the property ``devgen`` of a SystemRDL component: keys of the description language, as YAML."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from devgen.errors import FileError
from devgen.exchange.rdl.compiling import place_of
from devgen.exchange.register_map import Place
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading.source_map import Sources
from devgen.language.reading.yaml_tree import load_tree

if TYPE_CHECKING:
    from systemrdl.node import Node

PROPERTY: Final = "devgen"
"""The name of the property."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def is_devgen_map(node: Node) -> bool:
    """Whether an address map is a device that devgen exported: its property names the device."""
    return _has_property(node) and "device" in carried_keys(node)


def carried_keys(node: Node) -> dict[str, Any]:
    """Return the keys that go along with a component; empty if there are none.

    Raises:
        FileError: the property's text is no YAML mapping; the message has its place.
    """
    if not _has_property(node):
        return {}
    text = node.get_property(PROPERTY)
    place = _place(node)
    sources, sink = Sources(), Diagnostics()
    tree = load_tree(sources.add(place.file, _dedented(text)), sources, sink)
    if sink.failed or tree is None:
        worst = next(iter(sink.finish()), None)
        line = place.line + (worst.mark.line - 1 if worst else 0)
        reason = worst.message if worst else "it is no YAML mapping"
        raise FileError(f"{Place(place.file, line)}: the property 'devgen' of {node.inst_name}: {reason}")
    return tree


def name_in(keys: Mapping[str, Any], key: str, node: Node, default: str) -> str:
    """Return the name under a key. Raises FileError if it is none."""
    value = keys.get(key, default)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _wrong(node, f"'{key}' needs a name: letters, digits and _, with a letter first")
    return value


def mapping_in(keys: Mapping[str, Any], key: str, node: Node) -> dict[str, Any]:
    """Return the mapping under a key, empty without the key. Raises FileError if it is none."""
    value = keys.get(key, {})
    if not isinstance(value, dict):
        raise _wrong(node, f"'{key}' needs a mapping")
    return value


def names_in(keys: Mapping[str, Any], key: str, node: Node) -> list[str]:
    """Return the list of names under a key, empty without the key. Raises FileError if it is none."""
    value = keys.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _wrong(node, f"'{key}' needs a list of names")
    return value


def refuse(keys: Mapping[str, Any], unfit: Iterable[str], node: Node) -> None:
    """Raise FileError if one of the unfit keys is there."""
    for key in unfit:
        if key in keys:
            raise _wrong(node, f"'{key}' has no meaning here; remove it")


def _wrong(node: Node, reason: str) -> FileError:
    return FileError(f"{_place(node)}: the property 'devgen' of {node.inst_name}: {reason}")


def _has_property(node: Node) -> bool:
    """Whether a component has the property, with a text; one of another type is somebody else's."""
    return PROPERTY in node.inst.properties and isinstance(node.get_property(PROPERTY), str)


def _place(node: Node) -> Place:
    return place_of(node.inst.property_src_ref.get(PROPERTY, node.inst_src_ref))


def _dedented(text: str) -> str:
    """Return the text without the indentation that it has in the file; its lines keep their numbers."""
    first, newline, rest = text.partition("\n")
    return f"{first}{newline}{textwrap.dedent(rest)}"
