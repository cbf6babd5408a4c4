"""YAML text to a plain tree with a side table of positions.

The tree is built from the events of PyYAML's C parser, without constructors, resolvers or tags. A description can
therefore only build dicts, lists, strings, integers, booleans and None. Keys are always strings, as written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING, Any

from yaml import MarkedYAMLError, YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics import codes_files as kinds
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.places import Fix, Related, Span
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading.source_map import SourceFile, Sources
from devgen.language.reading.yaml_scalars import Scalar, parse_scalar

if TYPE_CHECKING:
    from devgen.language.reading.yaml_stop import Mistake

DEPTH_LIMIT = 48
VALUE_LIMIT = 1_500_000
"""Most mappings, lists and scalars in a file."""
ALIAS_LIMIT = 100_000
"""Most values that aliases may add to the written ones."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ODD_INDENT = re.compile(
    r"^ *([\u00a0\u2000-\u200b\u202f\u3000][\s\u200b]*)(?=(?:- )?[\w'\"-]+:(?:\s|$))", re.MULTILINE
)
_NOTHING: Any = object()


class _Stop(Exception):
    """Stops reading the text; the reason has been reported."""


def load_tree(file: SourceFile, sources: Sources, sink: Diagnostics) -> dict[str, Any] | None:
    """Return the mapping in ``file``, with positions in ``sources``, or None if there is no usable mapping.

    Reading continues after errors such as a duplicate key, a tag or a bad number, which are reported.
    """
    try:
        if not file.text.isascii():
            _check_spaces(file, sink)
        tree = _Builder(file, sources, sink).document()
    except _Stop:
        return None
    except ReaderError:
        match = _UNPRINTABLE.search(file.text)
        offset, found = (match.start(), f"character U+{ord(match.group()):04X}") if match else (0, "a bad character")
        sink.add(kinds.NOT_TEXT, file.mark(offset), path=file.name, found=found, offset=offset)
        return None
    except YAMLError as error:
        _report_syntax(file, sink, error)
        return None
    return tree


def _check_spaces(file: SourceFile, sink: Diagnostics) -> None:
    """Stop at a key that is indented with characters that look like spaces: YAML takes them as part of the key."""
    match = _ODD_INDENT.search(file.text)
    if match is not None:
        from devgen.language.reading.yaml_mistakes import odd_indentation

        report_mistake(file, sink, odd_indentation(match[1], match.start(1)))
        raise _Stop


def _octal_hint(text: str) -> str:
    digits = text.lstrip("-").replace("_", "").lstrip("0") or "0"
    octal = f", or `0o{digits}` if it is octal ({int(digits, 8)})" if set(digits) <= set("01234567") else ""
    return f"write `{digits}`{octal}" if text.lstrip("-0").replace("_", "").isdigit() and len(text) < 24 else ""


def _report_syntax(file: SourceFile, sink: Diagnostics, error: YAMLError) -> None:
    from devgen.language.reading.yaml_mistakes import explain
    from devgen.language.reading.yaml_stop import Stop

    mark = (error.problem_mark or error.context_mark) if isinstance(error, MarkedYAMLError) else None
    before = error.context_mark if isinstance(error, MarkedYAMLError) else None
    start = getattr(before, "index", None)
    problem: str = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None) or ""
    report_mistake(file, sink, explain(Stop(file.text, mark.index if mark else 0, problem, context, start)))


def report_mistake(file: SourceFile, sink: Diagnostics, mistake: Mistake) -> None:
    """Report a mistake of YAML with its place in the file and the change that mends it."""
    fixes = []
    if mistake.change is not None:
        change = mistake.change
        fixes = [Fix(Span(file.mark(change.index), change.length), change.new, change.title)]
    place = file.mark(mistake.index)
    sink.add(kinds.SYNTAX, place, length=mistake.length, problem=mistake.problem, hint=mistake.hint, fixes=fixes)


@dataclass(slots=True)
class _Anchor:
    """An anchored value, its position and how many values it is; ``size`` None while it is still open."""

    value: Any
    position: int
    size: int | None


@dataclass(slots=True)
class _Builder:
    file: SourceFile
    sources: Sources
    sink: Diagnostics
    next: Callable[[], Any] = field(init=False)
    base: int = field(init=False)
    values: int = 0
    expanded: int = 0
    memo: dict[str, Scalar] = field(default_factory=dict)
    anchors: dict[str, _Anchor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.next = CParser(self.file.text).get_event
        self.base = self.file.base

    def document(self) -> dict[str, Any] | None:
        self.next()  # the stream's start
        if type(self.next()) is StreamEndEvent:
            self._fail(kinds.EMPTY, self.base)
        event = self.next()
        start = event.start_mark.index + self.base
        if type(event) is MappingStartEvent:
            tree = self._container(event, start, 0)
            self.next()  # the document's end
            after = self.next()
            at = after.start_mark.index + self.base
            if type(after) is DocumentStartEvent:
                self._report(kinds.SEVERAL_DOCUMENTS, at)
            return tree  # type: ignore[no-any-return]
        if type(event) is ScalarEvent and not event.value and not event.style:
            self._fail(kinds.EMPTY, start)
        if type(event) is ScalarEvent:
            self._check_space(start - self.base)
        what = "a list" if type(event) is SequenceStartEvent else "a single value"
        self._fail(kinds.NOT_A_MAPPING, start, what=what)
        return None

    def _check_space(self, index: int) -> None:
        """Stop at a text such as `device:d`, which is a single value, with the explanation."""
        from devgen.language.reading.yaml_mistakes import missing_space

        end = self.file.text.find("\n", index)
        found = missing_space(self.file.text[index : None if end < 0 else end], index)
        if found is not None:
            report_mistake(self.file, self.sink, found)
            raise _Stop

    def _mapping(self, position: int, depth: int) -> dict[str, Any]:
        node: dict[str, Any] = {}
        entries: dict[Any, int] = {}
        self.sources.set_place(node, entries, position)
        following, base, memo = self.next, self.base, self.memo
        while type(event := following()) is not MappingEndEvent:
            key_at = event.start_mark.index + base
            key = (
                event.value if type(event) is ScalarEvent and event.tag is None else self._odd_key(event, key_at, depth)
            )
            event = following()
            at = event.start_mark.index + base
            if type(event) is ScalarEvent and event.tag is None and event.anchor is None:
                self.values += 1
                text = event.value
                value = text if event.style else memo[text] if text in memo else self._plain(text, at)
            else:
                value, at = self._value(event, at, depth)
            if key in node:
                self._report(
                    kinds.DUPLICATE_KEY, key_at, key=key, length=len(key), related=self._first(entries[key], key)
                )
            elif key == "<<":
                hint = "write the keys out; registers that are alike share a `type`, files an `include`"
                self._report(kinds.MERGE_KEY, key_at, length=2, hint=hint)
            elif key is not _NOTHING:
                node[key] = value
                entries[key] = key_at << 32 | at
            if self.values > VALUE_LIMIT:
                self._fail(kinds.TOO_MANY_VALUES, key_at, limit=VALUE_LIMIT)
        return node

    def _first(self, position: int, key: str) -> list[Related]:
        return [Related(Span(self.sources.mark(position >> 32), len(key)), "it is first given here")]

    def _sequence(self, position: int, depth: int) -> list[Any]:
        node: list[Any] = []
        entries: dict[Any, int] = {}
        self.sources.set_place(node, entries, position)
        while type(event := self.next()) is not SequenceEndEvent:
            self._check_element(event)
            value, at = self._value(event, event.start_mark.index + self.base, depth)
            entries[len(node)] = at << 32 | at
            node.append(value)
        return node

    def _check_element(self, event: Any) -> None:
        """Stop at a list's text that goes on in a line with a dash: the dash begins an element too far to the right."""
        if type(event) is not ScalarEvent or event.style or " - " not in event.value:
            return
        from devgen.language.reading.yaml_mistakes import indented_dash

        start: Any = event.start_mark
        end: Any = event.end_mark
        found = indented_dash(self.file.text, start.index, end.index)
        if found is not None:
            report_mistake(self.file, self.sink, found)
            raise _Stop

    def _value(self, event: Any, at: int, depth: int) -> tuple[Any, int]:
        """Return the value that starts with ``event`` and its position (for an alias: its anchor's)."""
        if type(event) is AliasEvent:
            return self._alias(event, at)
        if event.tag is not None:
            self._report_tag(event, at)
        if event.anchor in self.anchors:
            self._report_anchor(event.anchor, at)
        if type(event) is not ScalarEvent:
            return self._container(event, at, depth + 1), at
        self.values += 1
        value: Any = event.value if event.style else self._plain(event.value, at)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, at, 1)
        return value, at

    def _report_tag(self, event: Any, at: int) -> None:
        from devgen.language.reading.yaml_mistakes import tag_mistake

        text = str(event.tag)
        if not text[1:].isidentifier() or (type(event) is ScalarEvent and event.value):
            self._report(kinds.TAG, at, tag=text)
            return
        report_mistake(self.file, self.sink, tag_mistake(text, at - self.base))

    def _report_anchor(self, name: str, at: int) -> None:
        first = Related(Span(self.sources.mark(self.anchors[name].position)), "it is first given here")
        self._report(kinds.DUPLICATE_ANCHOR, at, name=name, related=[first])

    def _container(self, event: Any, at: int, depth: int) -> Any:
        self.values += 1
        if depth > DEPTH_LIMIT:
            self._fail(kinds.TOO_DEEP, at, limit=DEPTH_LIMIT)
        if self.values > VALUE_LIMIT:
            self._fail(kinds.TOO_MANY_VALUES, at, limit=VALUE_LIMIT)
        before = self.values + self.expanded
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(None, at, None)
        node = self._mapping(at, depth) if type(event) is MappingStartEvent else self._sequence(at, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(node, at, self.values + self.expanded - before + 1)
        return node

    def _alias(self, event: Any, at: int) -> tuple[Any, int]:
        anchor = self.anchors.get(event.anchor)
        if anchor is None or anchor.size is None:
            problem = "is not anchored above" if anchor is None else "is inside the value that it refers to"
            self._report(kinds.BAD_ALIAS, at, name=event.anchor, problem=problem)
            return None, at
        self.expanded += anchor.size
        if self.expanded > ALIAS_LIMIT:
            self._fail(kinds.ALIAS_BOMB, at, limit=ALIAS_LIMIT)
        return anchor.value, anchor.position

    def _plain(self, text: str, at: int) -> Scalar:
        value = parse_scalar(text)
        if isinstance(value, Kind):
            self._report(value, at, text=text, length=len(text), hint=_octal_hint(text))
            return None
        if self.values > VALUE_LIMIT:
            self._fail(kinds.TOO_MANY_VALUES, at, limit=VALUE_LIMIT)
        self.memo[text] = value
        return value

    def _odd_key(self, event: Any, at: int, depth: int) -> Any:
        """Report a key that is not a plain word, skip it and return a marker for no key."""
        if type(event) is AliasEvent:
            self._report(kinds.KEY_NOT_TEXT, at, what="an alias")
        elif event.tag is not None:
            self._report(kinds.TAG, at, tag=event.tag)
            if type(event) is not ScalarEvent:
                self._container(event, at, depth + 1)
        else:
            self._report(kinds.KEY_NOT_TEXT, at, what="a mapping" if type(event) is MappingStartEvent else "a list")
            self._container(event, at, depth + 1)
        return _NOTHING

    def _report(self, kind: Kind, position: int, length: int = 1, **values: Any) -> None:
        self.sink.add(kind, self.sources.mark(position), length=length, **values)

    def _fail(self, kind: Kind, position: int, **values: Any) -> None:
        self._report(kind, position, **values)
        raise _Stop
