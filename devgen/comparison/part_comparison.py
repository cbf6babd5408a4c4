"""Compares two lists of parts that have names: which were added, removed, or changed in an attribute or a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from devgen.comparison.changes import Change, Impact
from devgen.comparison.judgements import Attribute, hook_changed, size_changed
from devgen.language.view import Hook, Size


@dataclass(slots=True, frozen=True)
class PartKind:
    """How parts of a kind are compared. ``removed`` is the impact of a part that is gone."""

    title: str
    attributes: Sequence[Attribute] = ()
    hooks: tuple[str, ...] = ()
    removed: Impact = "breaking"
    key: Callable[[Any], str] = lambda part: str(part.name)


def compare_parts(device: str, kind: PartKind, old: Iterable[Any], new: Iterable[Any]) -> Iterator[Change]:
    """Yield the changes of the parts of a kind, in the order of the new version; removed parts come last."""
    before = {kind.key(part): part for part in old}
    after = {kind.key(part): part for part in new}
    for name, part in after.items():
        label = f"{kind.title} {name}"
        if name in before:
            yield from compare_part(device, label, kind, before[name], part)
        else:
            yield Change(device, label, "added", "compatible")
    for name in before:
        if name not in after:
            yield Change(device, f"{kind.title} {name}", "removed", kind.removed)


def compare_part(device: str, label: str, kind: PartKind, old: Any, new: Any) -> Iterator[Change]:
    """Yield the changes of a part that is in both versions."""
    yield from compare_attributes(device, label, kind.attributes, old, new)
    for name in kind.hooks:
        yield from compare_hook(device, label, name, getattr(old, name), getattr(new, name))


def compare_attributes(
    device: str, label: str, attributes: Iterable[Attribute], old: Any, new: Any
) -> Iterator[Change]:
    """Yield a change for each attribute that differs."""
    for attribute in attributes:
        before, after = attribute.value(old), attribute.value(new)
        if _differs(before, after):
            verb, impact = attribute.judge(before, after)
            yield Change(device, label, verb, impact, attribute.show(before), attribute.show(after))


def compare_hook(device: str, label: str, name: str, old: Hook | None, new: Hook | None) -> Iterator[Change]:
    """Yield a change if a hook does something else now."""
    if hook_changed(old, new):
        yield Change(device, label, f"{name} changed", "behaviour")


def _differs(before: Any, after: Any) -> bool:
    if isinstance(before, Size) or isinstance(after, Size):
        return size_changed(before, after)
    if hasattr(before, "form"):  # a value at reset: its text and number say all
        return bool((before.text, before.number) != (after.text, after.number))
    return bool(before != after)
