"""What devgen says about a description: kinds of diagnostics, single diagnostics and the sink that collects them.

A *kind* (``DG0201``, unknown key) stands once in ``devgen.language.diagnostics``, with its message's format and its
documentation. A *diagnostic* is one occurrence at a place of a file. The sink collects those of one run.

Text that comes from a description is cut and stripped of control characters here, so that neither a terminal nor a
log can be played with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from devgen.language.model import Mark

Severity = Literal["error", "warning", "note"]

LIMIT = 200
"""Diagnostics kept in one run; the rest are counted."""

_VALUE_LIMIT = 80
_EXCERPT_LIMIT = 110
_PATH_LIMIT = 4096
_ALLOWED_LIMIT = 12


@dataclass(slots=True, frozen=True)
class Kind:
    """One entry of the catalogue.

    ``message`` is a ``str.format`` template; ``about`` says what is wrong and why it matters, ``example`` shows YAML
    that causes it, ``fix`` says what to do instead.
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
            tuple(printable(one) for one in allowed),
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
        """Whether it makes the description unusable."""
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
        """Return the headline, the line at fault with a caret under the place, what is allowed and the suggestion."""
        lines = [self.headline(), *self._excerpt_lines()]
        if self.hint:
            lines.append(f"    help: {self.hint}")
        if self.allowed:
            lines.append(f"    allowed: {_join(self.allowed)}")
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
        text, column = _window(self.excerpt, self.mark.column - 1)
        number = str(self.mark.line)
        width = max(1, min(self.length, len(text) - column))
        return [f"    {number} | {text}", f"    {' ' * len(number)} | {' ' * column}{'^' * width}"]


@dataclass(slots=True)
class Diagnostics:
    """The sink of one run. ``lines`` looks up a line of a source file for the excerpt."""

    lines: Callable[[str, int], str] | None = None
    limit: int = LIMIT
    errors: int = 0
    _kept: dict[tuple[str, Mark, str], Diagnostic] = field(default_factory=dict)
    _dropped: int = 0

    def add(
        self,
        kind: Kind,
        mark: Mark,
        *,
        length: int = 1,
        allowed: Iterable[str] = (),
        hint: str = "",
        **values: Any,
    ) -> None:
        """Record one finding; the same finding at the same place counts once, those over the limit are counted only."""
        self.errors += kind.severity == "error"
        if self.full:
            self._dropped += 1
            return
        one = kind(mark, length=length, allowed=allowed, hint=hint, **values)
        self._kept.setdefault((one.code, mark, one.message), one)

    @property
    def full(self) -> bool:
        """Whether further findings are counted only: suggestions for them are wasted work."""
        return len(self._kept) >= self.limit

    @property
    def failed(self) -> bool:
        """Whether an error was recorded."""
        return self.errors > 0

    def has_error_at(self, mark: Mark) -> bool:
        """Whether something was said at this very place already."""
        return any(place == mark for _, place, _ in self._kept)

    def finish(self) -> list[Diagnostic]:
        """Return the findings by file, line and column, each with its excerpt; a last note counts those left out."""
        found = sorted(self._kept.values(), key=lambda d: (d.mark.file, d.mark.line, d.mark.column, d.code))
        found = [self._with_excerpt(one) for one in found]
        if self._dropped:
            from devgen.language.diagnostics.codes_files import AND_MORE

            found.append(AND_MORE(found[-1].mark, number=self._dropped))
        return found

    def _with_excerpt(self, one: Diagnostic) -> Diagnostic:
        if self.lines is None or one.excerpt:
            return one
        line = self.lines(one.mark.file, one.mark.line)
        return Diagnostic(
            one.code, one.severity, one.mark, one.message, one.allowed, one.hint, one.length, _visible(line)
        )


@dataclass(slots=True, frozen=True)
class SourceText:
    """A string value of a YAML file (an expression, statements) that still knows where each of its characters stands.

    ``locate(line, column)``, both counted from 1 inside ``text``, gives the place in the file. Without it the text
    stands on one line, starting at ``mark``.
    """

    text: str
    mark: Mark
    locate: Callable[[int, int], Mark] | None = None

    def at(self, line: int, column: int) -> Mark:
        """Return the place in the file of a line and column (from 1) of ``text``."""
        if self.locate is not None:
            return self.locate(line, column)
        if line == 1:
            return Mark(self.mark.file, self.mark.line, self.mark.column + column - 1)
        return Mark(self.mark.file, self.mark.line + line - 1, column)


def render_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Return all diagnostics as text, one after the other."""
    return "\n".join(one.text() for one in diagnostics)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return all diagnostics as a JSON list, for editors and CI."""
    return json.dumps([one.json() for one in diagnostics], indent=2)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the closest of ``known`` names, or an empty string when none is near."""
    if len(name) > _VALUE_LIMIT:
        return ""
    by_fold = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return f"did you mean '{by_fold[near[0]]}'?" if near else ""


def plural(number: int, noun: str) -> str:
    """Return ``no entries``, ``1 entry``, ``2 entries``."""
    if number == 1:
        return f"1 {noun}"
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number or 'no'} {many}"


def printable(value: object, limit: int = _VALUE_LIMIT) -> str:
    """Return ``value`` as text of bounded length without control characters (they show as ``\\xNN``)."""
    text = value if isinstance(value, str) else _number_or_text(value)
    if len(text) > limit:
        text = text[: limit - 3] + "..."
    return text if text.isprintable() else "".join(map(_escaped, text))


def _number_or_text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        return f"a number of {value.bit_length()} bits"
    return str(value)


def _escaped(char: str) -> str:
    return char if char.isprintable() else ascii(char)[1:-1]


def _visible(line: str) -> str:
    """Return a source line with one column a character: tabs and control characters become one space."""
    return line if line.isprintable() else "".join(char if char.isprintable() else " " for char in line)


def _window(text: str, column: int) -> tuple[str, int]:
    """Cut a long line to the part around ``column`` (from 0); return it with the column inside it."""
    column = min(column, len(text))
    if len(text) <= _EXCERPT_LIMIT:
        return text, column
    start = max(0, column - _EXCERPT_LIMIT // 2)
    return text[start : start + _EXCERPT_LIMIT], column - start


def _join(words: Sequence[str]) -> str:
    more = len(words) - _ALLOWED_LIMIT
    return ", ".join(words[:_ALLOWED_LIMIT]) + (f" and {more} more" if more > 0 else "")
