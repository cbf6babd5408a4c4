"""Numbers of a description as its author wrote them: in hexadecimal where the file has them so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devgen.exchange.yaml_text import Hex
from devgen.language.reading.source_map import Sources


def spelled(tree: Any, places: Sources) -> Any:
    """Return a tree in which the numbers that begin with ``0x`` in its files are ``Hex``."""
    if isinstance(tree, Mapping):
        return {key: _value(value, tree, key, places) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_value(value, tree, place, places) for place, value in enumerate(tree)]
    return tree


def _value(value: Any, node: Any, key: Any, places: Sources) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return Hex(value) if places.spelled_in_hex(node, key) else value
    return spelled(value, places)
