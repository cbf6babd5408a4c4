"""Validation against the JSON Schemas: each violation becomes a diagnostic at its place."""

from __future__ import annotations

from typing import Any

from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading.schema_engines import (
    VIOLATION_LIMIT,
    SchemaName,
    Violation,
    is_valid,
    list_violations,
)
from devgen.language.reading.source_map import Sources

_PRUNE_ROUNDS = 3


def validate(tree: dict[str, Any], name: SchemaName, sources: Sources, sink: Diagnostics) -> bool:
    """Report every place where ``tree`` breaks the schema and cut it out, so that the rest can be built and checked.

    Return whether the rest of the tree can be built, which may only lack keys. ``sources`` records the removed entries.
    """
    if is_valid(name, tree, complete=True):
        return True
    violations = list_violations(tree, name)
    from devgen.language.reading.schema_report import report_violations

    report_violations(violations, tree, sources, sink)
    if len(violations) == VIOLATION_LIMIT:
        sink.incomplete = True
        return False
    for _ in range(_PRUNE_ROUNDS):
        broken = [error for error in violations if error.rule != "required"]
        for error in broken:
            _cut(tree, error, sources)
        if not broken or is_valid(name, tree, complete=False):
            return True
        violations = list_violations(tree, name)
    return False


def _cut(tree: dict[str, Any], error: Violation, sources: Sources) -> None:
    if error.rule == "additionalProperties":
        for key in [key for key in error.value if key not in error.schema["properties"]]:
            del error.value[key]
        return
    path = [*error.path, error.value] if error.of_key else list(error.path)
    while path and isinstance(path[-1], int):
        path.pop()  # a list with a bad element is removed as a whole
    node: Any = tree
    for key in path[:-1]:
        node = node.get(key, {})
    if path:
        sources.cut.add((id(node), path[-1]))
        node.pop(path[-1], None)
