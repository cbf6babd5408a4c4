"""Python source text for values that come from a description.

All untrusted text of a description passes through these functions before it is written to a generated file as a string
literal, a docstring or a comment. The text can never end its literal early or start a new line of code.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import Final

WIDTH: Final = 120
"""Longest line of a generated file, in characters."""

_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")


def string(text: str) -> str:
    """Return a Python string literal, in double quotes where that needs no escapes."""
    quoted = repr(text) if text.isprintable() else ascii(text)
    if quoted[0] == "'" and '"' not in quoted:
        body = quoted[1:-1].replace("\\'", "'")
        return f'"{body}"'
    return quoted


def hexadecimal(value: int, digits: int = 1) -> str:
    """Return ``value`` >= 0 as a hexadecimal literal of at least ``digits`` digits; below 10 as a decimal one."""
    if value < 10 and digits <= 1:
        return str(value)
    return f"0x{value:0{digits}X}"


def plain(text: str) -> str:
    """Return ``text`` on one line, white space joined, without control or invisible characters (they show escaped)."""
    joined = " ".join(text.split())
    return joined if joined.isprintable() else "".join(map(_visible, joined))


def docstring(paragraphs: Iterable[str], indent: int) -> tuple[str, ...]:
    """Return the lines of a docstring without their indentation of ``indent`` columns.

    Paragraphs are filled to the line's width unless they are indented, and empty ones are dropped. The first line is
    the summary.
    """
    blocks = [lines for lines in (_fill(paragraph, WIDTH - indent) for paragraph in paragraphs) if lines]
    if not blocks:
        return ()
    first = blocks[0]
    single = len(blocks) == 1 and len(first) == 1 and len(first[0]) + indent + 6 <= WIDTH
    if single:
        return (f'"""{first[0]}"""',)
    lines = [f'"""{first[0]}', *first[1:]]
    for block in blocks[1:]:
        lines += ["", *block]
    return (*lines, '"""')


def split_paragraphs(text: str) -> list[str]:
    """Cut free text at its empty lines."""
    return _PARAGRAPH.split(text)


def sentence(text: str) -> str:
    """Return ``text`` with a full stop unless it ends in punctuation."""
    return text if not text or text[-1] in ".!?:;" else text + "."


def _fill(text: str, width: int) -> list[str]:
    table = _table(text)
    if table and all(len(line) <= width for line in table):
        return table
    escaped = _docstring_text(plain(text))
    if len(escaped) + 8 <= width:
        return [escaped] if escaped else []
    return textwrap.wrap(escaped, width - 8, break_long_words=False, break_on_hyphens=False)


def _table(text: str) -> list[str]:
    """The lines of a paragraph that its author has indented, and so laid out; none of another."""
    lines = text.strip("\n").split("\n")
    if len(lines) < 2 or not all(line.startswith("  ") and line.isprintable() for line in lines):
        return []
    return [_docstring_text(f"    {line}").rstrip() for line in textwrap.dedent("\n".join(lines)).split("\n")]


def _docstring_text(text: str) -> str:
    """Escape what could end a docstring or stand for something else in it."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return escaped[:-1] + '\\"' if escaped.endswith('"') else escaped


def _visible(char: str) -> str:
    return char if char.isprintable() else ascii(char)[1:-1]
