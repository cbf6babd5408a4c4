"""Prints YAML the way the catalogue is written: one line where it fits, numbers as a datasheet has them.

Keys and values are plain where YAML and the language read them back as the same text, and quoted elsewhere; texts of
several lines are blocks. ``<%`` is always escaped, because it begins embedded Perl in SystemRDL. The text depends on
the data only, so that the same import gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

LINE: Final = 120
"""Most columns of a mapping that is printed on one line."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./()+-]*(?: [A-Za-z0-9_(][A-Za-z0-9_./()+-]*)*[.)]?")
_BITS: Final = re.compile(r"[0-9]+:[0-9]+")
_RANGE: Final = re.compile(r"[0-9]+\.\.[0-9]+")
_SIZE: Final = re.compile(r"[0-9]+ [KMG]iB")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_OTHER_THAN_TEXT: Final = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


class Hex(int):
    """An integer that is printed in hexadecimal."""


class Block(dict[str, Any]):
    """A mapping that is printed with a line for each key even if it would fit on one."""


def yaml_text(tree: Mapping[str, Any]) -> str:
    """Return the YAML text of a mapping."""
    return "".join(f"{line}\n" for line in _lines(tree, 0))


def _lines(tree: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in tree.items():
        head = f"{' ' * indent}{scalar(key)}:"
        if isinstance(value, Mapping):
            line = "" if isinstance(value, Block) else _on_one_line(head, value)
            if line:
                yield line
            else:
                yield head
                yield from _lines(value, indent + 2)
        elif isinstance(value, str) and _literal(value):
            yield f"{head} {'|' if value.endswith(chr(10)) else '|-'}"
            yield from (f"{' ' * indent}  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
        else:
            yield f"{head} {_flow(value)}"


def _literal(text: str) -> bool:
    """Whether a text of several lines can be printed as a block, of which YAML keeps every character."""
    lines = text.removesuffix("\n").split("\n")
    plain = all(line.isprintable() and "<%" not in line for line in lines)
    return "\n" in text and plain and lines[0][:1].strip() != "" and lines[-1] != "" and not _spaces(lines)


def _spaces(lines: list[str]) -> bool:
    return any(line and not line.strip() for line in lines)


def _has_lines(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_lines, value.values()))
    return isinstance(value, str) and "\n" in value and _literal(value)


def _on_one_line(head: str, value: Mapping[str, Any]) -> str:
    """Return the mapping on one line, empty if it does not fit or has more than two levels."""
    if any(isinstance(inner, Block) or _has_lines(inner) for inner in value.values()):
        return ""
    line = f"{head} {_flow(value)}"
    return line if len(line) <= LINE or not value else ""


def _flow(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case Hex():
            return f"{int(value):#x}"
        case int():
            return str(value)
        case Mapping():
            return "{" + ", ".join(f"{scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case _:
            return scalar(str(value))


def flow_text(value: Mapping[str, Any]) -> str:
    """Return a mapping on one line, however long."""
    return _flow(value)


def scalar(text: str) -> str:
    """Return a text as a YAML scalar, quoted if it must be."""
    if any(form.fullmatch(text) for form in (_BITS, _RANGE, _SIZE)):
        return text
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_THAN_TEXT:
        return text
    if text.isprintable() and "<%" not in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{"".join(map(_escaped, text))}"'.replace("<%", "\\x3c%")


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
