"""Source texts, sizes and start values that the views take from the merged tree of a description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devgen.language.ir import Expr, Int, Stmt
from devgen.language.view.value_views import Hook, Size, StartValue

Tree = Mapping[str, Any]
_NOTHING: Tree = {}


def below(tree: Tree, *keys: str) -> Tree:
    """Return the mapping under nested keys; an empty one if there is none."""
    for key in keys:
        tree = tree.get(key) or _NOTHING
    return tree


def source_text(value: object) -> str:
    """Return a value of the tree as text; each item of a list is a line."""
    if isinstance(value, list):
        return "\n".join(source_text(item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def hook(spec: Tree, name: str, form: Expr | tuple[Stmt, ...] | None) -> Hook | None:
    """Return the behaviour under a key, or None if the key is absent."""
    return Hook(name, source_text(spec[name]), form) if form is not None and name in spec else None


def size(form: Expr, text: object) -> Size:
    """Return a size; the checks have proven that it is bounded."""
    return Size(source_text(text), form.range.hi or 0, max(0, form.range.lo or 0), form)


def count(spec: Tree, form: Expr | None) -> Size | None:
    """Return the number of elements of an array, or None for a single thing."""
    return None if form is None else size(form, spec.get("count", form.range.hi))


def start_value(spec: Tree, form: Expr) -> StartValue:
    """Return the value under ``reset``."""
    number = form.value if isinstance(form, Int) else None
    given = spec.get("reset")
    return StartValue(f"{number:#x}" if number is not None else source_text(given), number, form)
