"""Descriptions made from the JSON Schema: one for each key that it has, with any value there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parents[2] / "schemas"
NAMES = {"regions": "r", "properties": "p", "counters": "c", "timers": "t", "capabilities": "msi", "bars": "0"}

Schema = dict[str, Any]
KeyPath = tuple[str | int, ...]


@cache
def schema(name: str) -> Schema:
    loaded: Schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return loaded


def resolved(name: str, node: Schema) -> Schema:
    """The schema with its reference replaced by what it refers to."""
    while "$ref" in node:
        target: Any = schema(name)
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def key_paths(name: str) -> list[KeyPath]:
    """Every path of keys that the schema knows; a member of a mapping with free names is called ``X``."""
    return list(_below(name, schema(name), (), ()))


def _below(name: str, node: Schema, path: KeyPath, seen: tuple[str, ...]) -> Iterator[KeyPath]:
    reference = node.get("$ref", "")
    if reference and seen.count(reference) > 1:  # registers within registers: twice is enough
        return
    seen = (*seen, reference) if reference else seen
    full = resolved(name, node)
    for key, below in full.get("properties", {}).items():
        yield (*path, key)
        yield from _below(name, below, (*path, key), seen)
    if isinstance(full.get("additionalProperties"), dict):
        yield (*path, "X")
        yield from _below(name, full["additionalProperties"], (*path, "X"), seen)
    if isinstance(full.get("items"), dict):
        yield (*path, 0)
        yield from _below(name, full["items"], (*path, 0), seen)


def document(name: str, path: KeyPath, value: object) -> dict[str, Any]:
    """A description with ``value`` at a path, and around it what the schema requires."""
    found = _with(name, schema(name), path, value)
    start = {"device": {"device": "sweep", "bus": "pci" if path[0] == "pci" else "sysbus"}, "board": {"board": "sweep"}}
    return {**start[name], **found}


def _with(name: str, node: Schema, path: KeyPath, value: object) -> Any:
    if not path:
        return value
    full = resolved(name, node)
    key, rest = path[0], path[1:]
    if isinstance(key, int):
        return [_with(name, full["items"], rest, value)]
    below = full.get("properties", {}).get(key) or full.get("additionalProperties")
    needed = {one: sample(name, full["properties"][one]) for one in full.get("required", ()) if one != key}
    return {**needed, key: _with(name, below, rest, value)}


def sample(name: str, node: Schema) -> Any:
    """A value that the schema takes."""
    full = resolved(name, node)
    if "enum" in full:
        return full["enum"][0]
    if full.get("examples"):
        return full["examples"][0]
    kind = full["type"] if isinstance(full["type"], str) else full["type"][0]
    if kind == "object":
        return {one: sample(name, full["properties"][one]) for one in full.get("required", ())}
    simple: dict[str, object] = {"integer": full.get("minimum", 1), "string": "x", "array": [], "boolean": True}
    return simple[kind]
