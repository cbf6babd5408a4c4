"""Numbers and comments in C and C++."""

from __future__ import annotations

from devgen.language.view import RegisterFileView, RegisterView


def literal(value: int, width: int = 32) -> str:
    """Return an unsigned literal for a register of ``width`` bits: ``0x10U``, or ``0x10ULL`` for more than 32."""
    return f"{value:#x}{'ULL' if width > 32 or value >> 32 else 'U'}"


def comment(text: str) -> str:
    """Return text for the inside of a comment: one line, without text that could end it or reverse its direction."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(line.split()).replace("*/", "* /").replace("/*", "/ *")


def index_parameters(part: RegisterView | RegisterFileView) -> str:
    """Return the parameters of a macro with the offset of an element: ``(index)``, ``(index1, index)``."""
    names = [f"index{outward or ''}" for outward in reversed(range(len(part.dimensions)))]
    return f"({', '.join(names)})"


def place_literal(part: RegisterView | RegisterFileView) -> str:
    """Return the offset of an element: ``0x10U + (index) * 0x4U``."""
    dims = part.dimensions
    terms = [
        f"(index{outward or ''}) * {literal(dim.stride)}"
        for outward, dim in zip(reversed(range(len(dims))), dims, strict=True)
    ]
    return " + ".join((literal(part.offset), *terms))
