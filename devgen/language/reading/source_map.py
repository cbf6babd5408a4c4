"""The files of a run, and the place of every key and value in them.

A *position* is one integer: the number of characters of all files before this one, plus the character index in the
file. A key and its value therefore cost one small integer. A position is converted to file, line and column only for a
diagnostic.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field
from functools import partial
from itertools import accumulate, count
from operator import add
from typing import Any

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.reporting import SourceText
from devgen.language.model import Mark

Node = dict[str, Any] | list[Any]
Key = str | int

_SHIFT = 32
_MASK = (1 << _SHIFT) - 1

_PLAIN_UNIT = re.compile(r"\S")
_SINGLE_UNIT = re.compile(r"''|\S")
_DOUBLE_UNIT = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n|.)|\S")
_INVISIBLE_ESCAPES = frozenset(("\\n", "\\t", "\\r", "\\v", "\\f", "\\ ", "\\\n", "\\\r\n", "\\N", "\\_", "\\L", "\\P"))
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")


@dataclass(slots=True)
class SourceFile:
    """One file: its name as shown, its text, and the position of its first character."""

    name: str
    text: str
    base: int
    _starts: list[int] = field(default_factory=list)

    def starts(self) -> list[int]:
        """Return the character index at which each line starts."""
        if not self._starts:
            lengths = map(len, self.text.split("\n"))
            self._starts = [0, *map(add, accumulate(lengths), count(1))]
            self._starts.pop()  # past the end
        return self._starts

    def mark(self, index: int) -> Mark:
        """Return the place of a character index."""
        starts = self.starts()
        line = bisect_right(starts, index)
        return Mark(self.name, line, index - starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Return a line's text without its end; empty outside the file."""
        starts = self.starts()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


@dataclass(slots=True)
class Sources:
    """All files of one run and the positions of what was read from them.

    ``marks`` maps a container's identity to the positions of its entries, so a tree stays plain data. ``keep`` holds
    the containers, so that no identity is used twice. ``cut`` holds the entries (container's identity, key) that were
    reported and removed, so that they are not reported as missing.
    """

    files: list[SourceFile] = field(default_factory=list)
    marks: dict[int, dict[Any, int]] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    keep: list[Node] = field(default_factory=list)
    cut: set[tuple[int, Key]] = field(default_factory=set)

    def add(self, name: str, text: str) -> SourceFile:
        """Add a file."""
        base = self.files[-1].base + len(self.files[-1].text) + 1 if self.files else 0
        self.files.append(SourceFile(name, text, base))
        return self.files[-1]

    def mark(self, position: int) -> Mark:
        """Return file, line and column of a position."""
        file = self._file(position)
        return file.mark(position - file.base)

    def line(self, name: str, number: int) -> str:
        """Return a line of a file by the file's displayed name, or an empty string if there is none."""
        return next((file.line(number) for file in self.files if file.name == name), "")

    def set_place(self, node: Node, entries: dict[Any, int], position: int) -> None:
        """Record where a container starts and the packed positions (see ``pack``) of its entries."""
        self.marks[id(node)] = entries
        self.places[id(node)] = position

    def key_mark(self, node: Node, key: Key) -> Mark:
        """Return the place of a key (of a list's element: of the element)."""
        packed = self.marks[id(node)].get(key)
        return self.mark(self.places[id(node)] if packed is None else packed >> _SHIFT)

    def value_mark(self, node: Node, key: Key) -> Mark:
        """Return the place of a key's value, or that of the container if the key is absent."""
        packed = self.marks[id(node)].get(key)
        return self.mark(self.places[id(node)] if packed is None else packed & _MASK)

    def spelled_in_hex(self, node: Node, key: Key) -> bool:
        """Whether the value under a key is a number that begins with ``0x`` in its file."""
        packed = self.marks.get(id(node), {}).get(key)
        if packed is None:
            return False
        file = self._file(packed & _MASK)
        return file.text.startswith(("0x", "0X"), (packed & _MASK) - file.base)

    def is_flow(self, node: Node) -> bool:
        """Whether a container is written in braces or brackets."""
        position = self.places[id(node)]
        file = self._file(position)
        return file.text[position - file.base : position - file.base + 1] in ("{", "[")

    def node_mark(self, node: Node) -> Mark:
        """Return the place where a container starts."""
        return self.mark(self.places[id(node)])

    def text(self, node: Node, key: Key, value: object) -> SourceText:
        """Return a scalar entry as text that knows the place of its characters. An int becomes decimal digits."""
        mark = self.value_mark(node, key)
        if not isinstance(value, str):
            return SourceText(str(value).lower() if isinstance(value, bool) else str(value), mark)
        return SourceText(value, mark, partial(self._locate, self.marks[id(node)][key] & _MASK, value))

    def key_text(self, node: Node, key: str) -> SourceText:
        """Return a key as text that knows the place of its characters."""
        return SourceText(
            key, self.key_mark(node, key), partial(self._locate, self.marks[id(node)][key] >> _SHIFT, key)
        )

    def _file(self, position: int) -> SourceFile:
        if len(self.files) == 1:
            return self.files[0]
        at = bisect_right(self.files, position, key=lambda file: file.base)
        return self.files[max(0, at - 1)]

    def _locate(self, position: int, value: str, line: int, column: int) -> Mark:
        file = self._file(position)
        return file.mark(locate_in_scalar(file.text, position - file.base, value, line, column))


def pack(key_position: int, value_position: int) -> int:
    """Pack the positions of a key and of its value into one integer."""
    return key_position << _SHIFT | value_position


def locate_in_scalar(text: str, start: int, value: str, line: int, column: int) -> int:
    """Return the character index in ``text`` of a place inside the YAML scalar that starts at ``start``.

    Folding, indentation and escapes change white space only: the n-th visible character of the value is the n-th
    visible character of its source, in each style of scalar.
    """
    visible = sum(not char.isspace() for char in value[: _offset(value, line, column)])
    start = _PROPERTIES.match(text, start).end()  # type: ignore[union-attr]  # matches the empty string
    opening = text[start : start + 1]
    if opening in ("|", ">"):
        start = (text.find("\n", start) + 1) or len(text)
    elif opening in ("'", '"'):
        start += 1
    unit = _SINGLE_UNIT if opening == "'" else _DOUBLE_UNIT if opening == '"' else _PLAIN_UNIT
    last = start
    for match in unit.finditer(text, start):
        if match.group() in _INVISIBLE_ESCAPES:
            continue
        if visible == 0:
            return match.start()
        visible -= 1
        last = match.end()
    return last


def _offset(value: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = value.find("\n", start) + 1
        if start == 0:
            return len(value)
    return start + column - 1
