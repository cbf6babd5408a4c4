"""Parses text to Python's syntax tree after the scanner has accepted it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour.text_limits import Refusal, scan
from devgen.language.diagnostics.codes_behaviour import EMPTY, SYNTAX, TOO_DEEP
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.places import Fix, Span
from devgen.language.diagnostics.reporting import Diagnostics, SourceText
from devgen.language.model import Mark

_HINTS = {
    "expected ':'": "`if`, `elif`, `else` and `for` end with a colon",
    "expected an indented block": "indent the statements of the block",
    "unexpected indent": "begin the line in the column of the line before",
    "unindent does not match": "begin the line in the column of the block that it belongs to",
    "expected 'else'": "write `a if test else b`",
}
_ESCAPED = re.compile(r"\b_")


@dataclass(slots=True, frozen=True)
class Place:
    """Characters of the text that was given to the parser: line from 1, column from 0."""

    line: int
    column: int
    length: int = 1


@dataclass(slots=True)
class Reporter:
    """Reports errors in one text. ``seen`` is shared by the whole device, so that each place is reported once.

    ``shift`` is the number of columns before the text on the first line that the parser saw.
    """

    sink: Diagnostics
    source: SourceText
    seen: set[tuple[str, Mark]] = field(default_factory=set)
    shift: int = 0

    def report(
        self,
        kind: Kind,
        node: ast.AST | None,
        *,
        allowed: tuple[str, ...] = (),
        hint: str = "",
        instead: Sequence[str] = (),
        tail: int = 0,
        **values: object,
    ) -> None:
        """Add a finding at a node of the tree; without a node, at the start of the text.

        ``instead`` are texts that could stand in place of the node, or of its last ``tail`` characters.
        """
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", self.shift)
        end = getattr(node, "end_col_offset", None) if getattr(node, "end_lineno", None) == line else None
        place = Place(line, column, max(1, (end or 0) - column))
        changed = place if end is None or not tail else Place(line, end - tail, tail)
        self.add(kind, place, values, allowed, hint, instead, changed)

    def refuse(self, refusal: Refusal) -> None:
        """Add a finding of the scanner."""
        where = refusal.column + (self.shift if refusal.line == 1 else 0)
        place = Place(refusal.line, where, refusal.length)
        self.add(refusal.kind, place, refusal.values, (), refusal.hint, refusal.instead)

    def add(
        self,
        kind: Kind,
        place: Place,
        values: Mapping[str, Any],
        allowed: tuple[str, ...] = (),
        hint: str = "",
        instead: Sequence[str] = (),
        changed: Place | None = None,
    ) -> None:
        """Add a finding at a place of the text that was given to the parser; ``instead`` may stand at ``changed``."""
        mark = self.mark(place.line, place.column)
        if (kind.code, mark) in self.seen:
            return
        self.seen.add((kind.code, mark))
        fixes = self._fixes(changed or place, instead) if instead else ()
        self.sink.add(kind, mark, length=place.length, allowed=allowed, hint=hint, fixes=fixes, **values)

    def mark(self, line: int, column: int) -> Mark:
        """Return the place of a character of the text that was given to the parser: line from 1, column from 0."""
        return self.source.at(line, max(0, column - (self.shift if line == 1 else 0)) + 1)

    def _fixes(self, place: Place, instead: Sequence[str]) -> tuple[Fix, ...]:
        """Return the changes of the file, or none where YAML's quotes or folding spread the characters."""
        first = self.mark(place.line, place.column)
        last = self.mark(place.line, place.column + place.length - 1)
        if (last.line, last.column) != (first.line, first.column + place.length - 1):
            return ()
        span = Span(first, place.length)
        return tuple(Fix(span, text, f"write {text.strip()}" if text else "remove it") for text in instead)


def parse_expression(reporter: Reporter) -> ast.expr | None:
    """Return the tree of an expression, which may span several lines, or None if it was refused."""
    clean = _scan(reporter, "an expression")
    if clean is None:
        return None
    reporter.shift = 1
    tree = _parse(f"({clean}\n)", reporter)
    if tree is None:
        return None
    first = tree.body[0]
    if len(tree.body) == 1 and isinstance(first, ast.Expr):
        return first.value
    reporter.report(SYNTAX, first, reason="it is not an expression")
    return None


def parse_statements(reporter: Reporter) -> list[ast.stmt] | None:
    """Return the trees of statements, or None if the text was refused."""
    clean = _scan(reporter, "a statement")
    tree = None if clean is None else _parse(clean, reporter)
    return None if tree is None else tree.body


def parse_head(reporter: Reporter) -> ast.FunctionDef | None:
    """Return the tree of ``name(parameters)``, or None if it is not a signature."""
    clean = _scan(reporter, "a name with parameters")
    if clean is None or "\n" in clean:
        return None
    reporter.shift = len("def ")
    tree = _parse(f"def {clean}: pass", reporter)
    head = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    return head if isinstance(head, ast.FunctionDef) else None


def _scan(reporter: Reporter, what: str) -> str | None:
    clean = scan(reporter.source.text)
    if isinstance(clean, Refusal):
        reporter.refuse(clean)
        return None
    if not clean.strip():
        reporter.report(EMPTY, None, what=what)
        return None
    return clean


def _parse(text: str, reporter: Reporter) -> ast.Module | None:
    try:
        return _named(ast.parse(text), text)
    except SyntaxError as error:
        _explain(error, text, reporter)
    except (RecursionError, MemoryError, ValueError):  # not expected after the scanner
        reporter.report(TOO_DEEP, None, limit="Python's parser")
    return None


def _explain(error: SyntaxError, text: str, reporter: Reporter) -> None:
    """Report what is written in another language, or else what Python says, at the last character of the line."""
    from devgen.language.behaviour.other_languages import MISSING_OPERATOR, explain_line

    lines, folded = text.split("\n"), _folded(text, reporter)
    number = min(error.lineno or 1, len(lines))
    for at in (number, number - 1) if number > 1 else (number,):
        shift = reporter.shift if at == 1 else 0
        idiom = explain_line(lines[at - 1][shift:])
        if idiom is not None and not (idiom.problem == MISSING_OPERATOR and folded):
            instead = () if idiom.new is None else (idiom.new,)
            place = Place(at, idiom.column + shift, idiom.length)
            reporter.add(SYNTAX, place, {"reason": idiom.problem}, (), idiom.hint, instead)
            return
    reason, hint = _reason(error)
    hint = hint or folded
    column = min((error.offset or 1) - 1, max(0, len(lines[number - 1].rstrip()) - 1))
    reporter.add(SYNTAX, Place(number, max(0, column)), {"reason": reason}, (), hint)


def _folded(text: str, reporter: Reporter) -> str:
    """Return a hint if YAML has joined several lines of the file to this one."""
    last = len(text.rstrip()) - 1
    if "\n" in text.strip() or reporter.mark(1, last).line == reporter.mark(1, reporter.shift).line:
        return ""
    return "YAML joins these lines to one: write `|` after the key's colon to keep them"


def _named(tree: ast.Module, text: str) -> ast.Module:
    """Give escaped names, which stand in ``text`` as ``_name_``, back. No other name begins with an underscore."""
    if _ESCAPED.search(text):
        for node in ast.walk(tree):
            for attribute in ("id", "attr", "arg", "name"):
                spelled = getattr(node, attribute, None)
                if isinstance(spelled, str) and spelled.startswith("_"):
                    setattr(node, attribute, spelled[1:-1])
    return tree


def _reason(error: SyntaxError) -> tuple[str, str]:
    """Return Python's message without its hint, which is about Python itself, and a hint for this language."""
    reason = re.sub(r" on line \d+$", "", (error.msg or "invalid syntax").partition(". ")[0])
    return reason, next((hint for begin, hint in _HINTS.items() if reason.startswith(begin)), "")
