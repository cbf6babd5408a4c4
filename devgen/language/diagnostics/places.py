"""Places of a file: what a diagnostic underlines, its second places, and the changes that mend it."""

from __future__ import annotations

from devgen.common.quick_dataclass import dataclass
from devgen.language.diagnostics.text_form import printable
from devgen.language.model import Mark

_PATH_LIMIT = 4096


@dataclass(slots=True, frozen=True)
class Span:
    """``length`` characters of a line, from ``mark`` on; length 0 is the place before a character."""

    mark: Mark
    length: int = 1


@dataclass(slots=True, frozen=True)
class Related:
    """A second place that a diagnostic is about, such as the other part of an overlap; ``excerpt``: its line."""

    span: Span
    message: str
    excerpt: str = ""


@dataclass(slots=True, frozen=True)
class Fix:
    """A change that a program can make: the characters of ``span`` become ``replacement``.

    ``title`` says what it does: ``write 'access'``. A diagnostic with a single fix is mended by it; several fixes are
    alternatives, between which a person must choose.
    """

    span: Span
    replacement: str
    title: str


def shown_place(mark: Mark) -> str:
    """Return ``path:line:column``."""
    return f"{printable(mark.file, _PATH_LIMIT)}:{mark.line}:{mark.column}"
