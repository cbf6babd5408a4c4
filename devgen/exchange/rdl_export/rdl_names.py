"""Identifiers, strings and numbers of SystemRDL (2.0, 4.3 to 4.6)."""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
abstract accesstype addressingtype addrmap alias all alternate bit boolean bothedge byte compact component
componentwidth constraint default encode enum external false field fullalign hw inside int internal level longint
mem na negedge nonsticky number onreadtype onwritetype posedge precedencetype property r rclr real ref reg regalign
regfile rset ruser rw rw1 shortint shortreal signal signed string struct sw this true type unsigned w w1 wclr woclr
woset wot wr wset wuser wzc wzs wzt
"""

KEYWORDS: Final = frozenset(_WORDS.split())
"""The words that are no identifiers (4.4 and annex D)."""


def identifier(name: str) -> str:
    """Return a name as an identifier: a keyword is escaped by a backslash (4.3)."""
    return f"\\{name}" if name in KEYWORDS else name


def string(text: str) -> str:
    """Return a text as a string literal (4.6.2)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def number(value: int, width: int) -> str:
    """Return a number of ``width`` bits; SystemRDL's numbers without a width have 64 (4.6.1)."""
    return f"{value:#x}" if width <= 32 else f"{width}'h{value:x}"
