"""Kinds of diagnostics and single diagnostics.

A *kind* (``DG0201``, unknown key) is declared once, in one of the ``codes_*`` files, with its message and its
documentation. A *diagnostic* is one finding of that kind at a place of a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from devgen.language.diagnostics.text_form import joined, printable, window_of
from devgen.language.model import Mark

Severity = Literal["error", "warning", "note"]


_PATH_LIMIT = 4096


@dataclass(slots=True, frozen=True)
class Kind:
    """One entry of the catalogue.

    ``message`` is a ``str.format`` template, ``about`` the cause, ``example`` YAML that causes the diagnostic, and
    ``fix`` the cure.
    """

    code: str
    severity: Severity
    message: str
    about: str
    example: str
    fix: str

    def __call__(
        self, mark: Mark, *, length: int = 1, allowed: Iterable[str] = (), hint: str = "", **values: Any
    ) -> Diagnostic:
        """Make a diagnostic of this kind at ``mark``; ``values`` fill the message (control characters replaced)."""
        filled = {name: printable(value) for name, value in values.items()}
        return Diagnostic(
            self.code,
            self.severity,
            mark,
            self.message.format_map(filled),
            tuple(printable(word) for word in allowed),
            hint and printable(hint, 200),
            length,
        )


@dataclass(slots=True, frozen=True)
class Diagnostic:
    """One finding. ``length`` is how many columns the caret underlines, ``excerpt`` the line of the file or empty."""

    code: str
    severity: Severity
    mark: Mark
    message: str
    allowed: tuple[str, ...] = ()
    hint: str = ""
    length: int = 1
    excerpt: str = ""

    @property
    def is_error(self) -> bool:
        """Whether it is an error, so that the description cannot be built."""
        return self.severity == "error"

    def __str__(self) -> str:
        """Return the text form, see ``text``."""
        return self.text()

    def headline(self) -> str:
        """Return ``path:line:col: error[DG0201]: message``."""
        mark = self.mark
        place = f"{printable(mark.file, _PATH_LIMIT)}:{mark.line}:{mark.column}"
        return f"{place}: {self.severity}[{self.code}]: {self.message}"

    def text(self) -> str:
        """Return the headline, the source line with a caret under the place, the allowed values and the suggestion."""
        lines = [self.headline(), *self._excerpt_lines()]
        if self.hint:
            lines.append(f"    help: {self.hint}")
        if self.allowed:
            lines.append(f"    allowed: {joined(self.allowed)}")
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """Return the diagnostic as plain data for ``json.dumps``."""
        return {
            "file": self.mark.file,
            "line": self.mark.line,
            "column": self.mark.column,
            "length": self.length,
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "allowed": list(self.allowed),
            "hint": self.hint,
        }

    def _excerpt_lines(self) -> list[str]:
        if not self.excerpt:
            return []
        text, column = window_of(self.excerpt, self.mark.column - 1)
        number = str(self.mark.line)
        width = max(1, min(self.length, len(text) - column))
        return [f"    {number} | {text}", f"    {' ' * len(number)} | {' ' * column}{'^' * width}"]
