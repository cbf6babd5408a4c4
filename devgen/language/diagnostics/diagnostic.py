"""Kinds of diagnostics and single diagnostics.

A *kind* (``DG0201``, unknown key) is declared once, in one of the ``codes_*`` files, with its message and its
documentation. A *diagnostic* is one finding of that kind at a place of a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from devgen.language.diagnostics.places import Fix, Related, Span, shown_place
from devgen.language.diagnostics.text_form import joined, printable
from devgen.language.diagnostics.text_page import coloured, excerpt_lines, plain, second_place
from devgen.language.model import Mark

Severity = Literal["error", "warning", "note"]


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
        self,
        mark: Mark,
        *,
        length: int = 1,
        allowed: Iterable[str] = (),
        hint: str = "",
        related: Iterable[Related] = (),
        fixes: Iterable[Fix] = (),
        **values: Any,
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
            related=tuple(related),
            fixes=tuple(fixes),
        )


@dataclass(slots=True, frozen=True)
class Diagnostic:
    """One finding. ``length`` is how many columns the caret underlines, ``excerpt`` the line of the file or empty.

    ``related`` are further places, each with what it says, and ``fixes`` the changes that would mend it.
    """

    code: str
    severity: Severity
    mark: Mark
    message: str
    allowed: tuple[str, ...] = ()
    hint: str = ""
    length: int = 1
    excerpt: str = ""
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether it is an error, so that the description cannot be built."""
        return self.severity == "error"

    def __str__(self) -> str:
        """Return the text form, see ``text``."""
        return self.text()

    @property
    def span(self) -> Span:
        """The characters that the caret underlines."""
        return Span(self.mark, self.length)

    def headline(self) -> str:
        """Return ``path:line:col: error[DG0201]: message``."""
        return f"{shown_place(self.mark)}: {self.severity}[{self.code}]: {self.message}"

    def text(self, colour: bool = False) -> str:
        """Return the headline, excerpts with the places, the suggestion and the allowed values, one below another.

        With ``colour`` the text has the control sequences of a terminal (SGR).
        """
        paint = coloured if colour else plain
        sign = paint(self.severity, f"{self.severity}[{self.code}]")
        headline = f"{paint('place', shown_place(self.mark))}: {sign}: {paint('message', self.message)}"
        lines = [headline, *excerpt_lines(self.excerpt, self.span, "^", self.severity, paint)]
        for other in self.related:
            lines += second_place(other, paint)
        if self.hint:
            lines.append(f"    {paint('help', 'help')}: {self.hint}")
        if self.allowed:
            lines.append(f"    {paint('help', 'allowed')}: {joined(self.allowed)}")
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """Return the diagnostic as plain data for ``json.dumps``."""
        return {
            **_place(self.span),
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "allowed": list(self.allowed),
            "hint": self.hint,
            "related": [{**_place(other.span), "message": other.message} for other in self.related],
            "fixes": [{**_place(fix.span), "replacement": fix.replacement, "title": fix.title} for fix in self.fixes],
        }


def _place(span: Span) -> dict[str, Any]:
    mark = span.mark
    return {"file": mark.file, "line": mark.line, "column": mark.column, "length": span.length}
