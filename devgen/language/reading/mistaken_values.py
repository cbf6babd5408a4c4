"""Explains values with characters that do not belong to them: comments of C, commas, semicolons, typographic quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from devgen.language.reading.notations import as_number

_COMMENT: Final = re.compile(r"(\S.*?)\s*(//|/\*|;|--|(?<=\S)#)(.*)", re.DOTALL)
_KEY_AND_VALUE: Final = re.compile(r"(\w+)(\s*=(?!=)\s*|:?\s+)(\S[^\n]*)")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F_]+|[0-9][0-9_]*")
_LONGEST: Final = 200

_ODD: Final = re.compile("[\u00a0\u2000-\u200f\u2018-\u201f\u2010-\u2015\u2028-\u202f\u2060\u3000\ufeff\uff00-\uff60]")
_QUOTES: Final = re.compile("[\u2018-\u201f]")
_DASHES: Final = re.compile("[\u2010-\u2015]")


def mistaken_value(text: str, schema: dict[str, Any], types: Sequence[str]) -> tuple[str, str] | None:
    """Return what to do about a text that a schema refuses, and the text to write in its place (or an empty one).

    Return None if the text has none of these mistakes.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if _ODD.search(text):
        return odd_character(text), spelled_plainly(text)
    if text.endswith(";") and len(text) > 1:
        return f"no semicolon: write `{text.rstrip(';')}`", text.rstrip(";")
    if text.endswith(",") and _NUMBER.fullmatch(text[:-1]):
        return f"no comma at the end of a line: write `{text[:-1]}`", text[:-1]
    comment = _COMMENT.fullmatch(text) if as_number(text) is None else None
    if comment is not None and "object" not in types and _NUMBER.fullmatch(comment[1]):
        return f"a comment begins with ` # `: write `{comment[1]} # {comment[3].strip(' */')}`", ""
    pair = _KEY_AND_VALUE.fullmatch(text) if "object" in types else None
    if pair is not None and ("=" in pair[2] or pair[1] in schema.get("properties", ())):
        return f"a colon and a space follow a key: `{pair[1]}: {pair[3]}`", ""
    return None


def odd_character(text: str) -> str:
    """Name the first character of a text that looks like another one, and say what to write; empty if there is none."""
    match = _ODD.search(text)
    if match is None:
        return ""
    char = match[0]
    name = f"{unicodedata.name(char, 'a character').lower()} (U+{ord(char):04X})"
    instead = "write ' or \"" if _QUOTES.match(char) else "write `-`" if _DASHES.match(char) else ""
    if not instead:
        plain = unicodedata.normalize("NFKC", char)
        instead = f"write `{plain}`" if plain.isascii() and plain.strip() else "write a space, or remove it"
    return f"it contains the character {name}: {instead}"


def spelled_plainly(text: str) -> str:
    """Return a text with ASCII characters for those that look like them, without quotes around it."""
    plain = _DASHES.sub("-", _QUOTES.sub("", text))
    plain = "".join(unicodedata.normalize("NFKC", char) if _ODD.match(char) else char for char in plain).strip()
    return plain if re.fullmatch(r"[\w.: -]+", plain, re.ASCII) and not re.search(r":\s|:$", plain) else ""
