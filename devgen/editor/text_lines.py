"""Lines and positions of a text, counted as the language server protocol counts them.

A position of the protocol is a line (from 0) and a number of code units on that line: UTF-16 by default, in which a
character beyond U+FFFF has two. A line ends with LF, CR LF or CR. All other modules of the editor count characters
from the start of the text. Positions outside the text move to the nearest place inside it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")


class TextLines:
    """A text, and where its lines start."""

    __slots__ = ("_starts", "encoding", "text")

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        """Find the lines of ``text``; ``encoding`` says what positions on a line count."""
        self.text = text
        self.encoding = encoding
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def __len__(self) -> int:
        """Return the number of lines: one more than there are line ends."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """Return a line without its end; empty outside the text."""
        if not 0 <= number < len(self._starts):
            return ""
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[number] : end].rstrip("\r\n")

    def offset(self, line: int, character: int) -> int:
        """Return the character index of a position."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        return self._starts[line] + self._characters(self.line(line), max(0, character))

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and code units of a character index."""
        offset = min(max(0, offset), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        before = self.text[self._starts[line] : offset]
        return line, len(before) if before.isascii() else sum(map(self._units, before))

    def marked(self, line: int, column: int) -> int:
        """Return the character index of a diagnostic's place: lines that end with LF, and characters, from 1."""
        start = 0
        if "\r" not in self.text:
            start = self._starts[min(max(line, 1), len(self._starts)) - 1]
        else:
            for _ in range(line - 1):
                start = self.text.find("\n", start) + 1 or len(self.text)
        return min(start + max(0, column - 1), len(self.text))

    def _characters(self, line: str, units: int) -> int:
        if line.isascii():
            return min(units, len(line))
        for index, char in enumerate(line):
            units -= self._units(char)
            if units < 0:
                return index
        return len(line)

    def _units(self, char: str) -> int:
        if self.encoding == "utf-16":
            return 2 if ord(char) > 0xFFFF else 1
        return len(char.encode("utf-8", "surrogatepass")) if self.encoding == "utf-8" else 1
