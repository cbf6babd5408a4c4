"""Numbers and comments in C and C++."""

from __future__ import annotations


def literal(value: int, width: int = 32) -> str:
    """Return an unsigned literal for a register of ``width`` bits: ``0x10U``, or ``0x10ULL`` for more than 32."""
    return f"{value:#x}{'ULL' if width > 32 or value >> 32 else 'U'}"


def comment(text: str) -> str:
    """Return text for the inside of a comment: one line, without text that could end it or reverse its direction."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(line.split()).replace("*/", "* /").replace("/*", "/ *")
