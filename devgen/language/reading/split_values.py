"""Finds values that a comma has split: ``{read: min(a, b)}`` is the entry ``read: min(a`` and the key ``b)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.codes_files import SPLIT_VALUE
from devgen.language.diagnostics.places import Fix, Span
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark
from devgen.language.reading.source_map import Sources

_OPENING, _CLOSING = "([", ")]"


@dataclass(slots=True, frozen=True)
class SplitValue:
    """A value that begins at ``mark``, the further keys that are its parts, and the place of the last part."""

    mark: Mark
    value: str
    parts: tuple[str, ...]
    end: Mark


def split_entry(sources: Sources, node: dict[str, Any], unknown: Sequence[str]) -> tuple[str, SplitValue] | None:
    """Return the key of a mapping in braces whose value goes on in the keys behind it, and the value; else None."""
    if not sources.is_flow(node):
        return None
    keys, odd = list(node), set(unknown)
    for index, key in enumerate(keys):
        value = node[key]
        if not isinstance(value, str) or key in odd or not _open_brackets(value):
            continue
        rest = _until_closed(value, (name for name in keys[index + 1 :] if name in odd and node[name] is None))
        if rest:
            return key, SplitValue(sources.value_mark(node, key), value, rest, sources.key_mark(node, rest[-1]))
    return None


def split_element(sources: Sources, node: list[Any]) -> SplitValue | None:
    """Return the element of a list in brackets that goes on in the elements behind it; else None."""
    if not sources.is_flow(node):
        return None
    for index, value in enumerate(node):
        if isinstance(value, str) and _open_brackets(value):
            rest = _until_closed(value, (str(word) for word in node[index + 1 :]))
            if rest:
                end = sources.value_mark(node, index + len(rest))
                return SplitValue(sources.value_mark(node, index), value, rest, end)
    return None


def report_split(sources: Sources, sink: Diagnostics, key: str, split: SplitValue) -> None:
    """Report a value that a comma has split, with the change that quotes it."""
    start, end = split.mark, split.end
    line = sources.line(start.file, start.line)
    stop = end.column - 1 + len(split.parts[-1])
    text = line[start.column - 1 : stop] if start.line == end.line else ""
    quote = "'" if "'" not in text else '"'
    usable = text.startswith(split.value) and not ({'"', "\\"} & set(text) and quote == '"')
    fixes = [Fix(Span(start, len(text)), f"{quote}{text}{quote}", "quote the text")] if usable else []
    hint = f"quote the whole text: {quote}{text}{quote}" if text else "quote the whole text"
    sink.add(SPLIT_VALUE, start, length=len(split.value), key=key, value=split.value, hint=hint, fixes=fixes)


def _open_brackets(text: str) -> int:
    return sum(text.count(char) for char in _OPENING) - sum(text.count(char) for char in _CLOSING)


def _until_closed(value: str, following: Iterable[str]) -> tuple[str, ...]:
    """Return the parts that close the brackets of ``value``, or none if they stay open."""
    depth, parts = _open_brackets(value), []
    for part in following:
        parts.append(part)
        depth += _open_brackets(part)
        if depth <= 0:
            return tuple(parts)
    return ()
