"""How a diagnostic looks on a terminal: excerpts with the places underlined, in colour or without."""

from __future__ import annotations

from collections.abc import Callable

from devgen.language.diagnostics.places import Related, Span, shown_place
from devgen.language.diagnostics.text_form import printable, window_of

Paint = Callable[[str, str], str]
"""Returns a text with the colour of its role: a severity, or another key of `_COLOURS`."""

_COLOURS = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;32",
    "help": "1;36",
    "message": "1",
    "place": "1",
    "margin": "1;34",
}
"""The role of a text, and the parameters of its SGR sequence (ECMA-48, 8.3.117): bold, and a colour of the eight."""

_MESSAGE_LIMIT = 400


def plain(_role: str, text: str) -> str:
    """Return the text without colour."""
    return text


def coloured(role: str, text: str) -> str:
    """Return the text in the colour of its role."""
    return f"\x1b[{_COLOURS[role]}m{text}\x1b[0m"


def second_place(other: Related, paint: Paint) -> list[str]:
    """Return the lines that show a second place: where it is, what it says, and its excerpt."""
    note = f"    {paint('note', 'note')}: {shown_place(other.span.mark)}: {printable(other.message, _MESSAGE_LIMIT)}"
    return [note, *excerpt_lines(other.excerpt, other.span, "-", "margin", paint)]


def excerpt_lines(line: str, span: Span, sign: str, role: str, paint: Paint) -> list[str]:
    """Return a line of a file with ``sign`` under the characters of ``span``, or nothing without a line."""
    if not line:
        return []
    text, column = window_of(line, span.mark.column - 1)
    number = str(span.mark.line)
    width = max(1, min(span.length, len(text) - column))
    bar = paint("margin", f"{' ' * len(number)} |")
    return [
        f"    {paint('margin', f'{number} |')} {text}",
        f"    {bar} {' ' * column}{paint(role, sign * width)}",
    ]
