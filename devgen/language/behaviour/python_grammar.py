"""Parses text to Python's syntax tree after the scanner has accepted it."""

from __future__ import annotations

import ast
import re
from dataclasses import field
from typing import Any

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour.text_limits import Refusal, scan
from devgen.language.diagnostics.codes_behaviour import EMPTY, SYNTAX, TOO_DEEP
from devgen.language.diagnostics.diagnostic import Kind
from devgen.language.diagnostics.reporting import Diagnostics, SourceText
from devgen.language.model import Mark

_ESCAPED = re.compile(r"\b_")


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
        **values: object,
    ) -> None:
        """Add a finding at a node of the tree; without a node, at the start of the text."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", self.shift)
        end = getattr(node, "end_col_offset", None) if getattr(node, "end_lineno", None) == line else None
        self.add(kind, line, column, max(1, (end or 0) - column), allowed, hint, values)

    def refuse(self, refusal: Refusal) -> None:
        """Add a finding of the scanner."""
        where = refusal.column + (self.shift if refusal.line == 1 else 0)
        self.add(refusal.kind, refusal.line, where, refusal.length, (), refusal.hint, refusal.values)

    def add(
        self,
        kind: Kind,
        line: int,
        column: int,
        length: int,
        allowed: tuple[str, ...],
        hint: str,
        values: dict[str, Any],
    ) -> None:
        """Add a finding at a line and column of the text that was given to the parser."""
        mark = self.source.at(line, max(0, column - (self.shift if line == 1 else 0)) + 1)
        if (kind.code, mark) not in self.seen:
            self.seen.add((kind.code, mark))
            self.sink.add(kind, mark, length=length, allowed=allowed, hint=hint, **values)


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
        line, column = error.lineno or 1, (error.offset or 1) - 1
        last = text.count("\n") + 1
        reporter.add(SYNTAX, min(line, last), max(0, column), 1, (), "", {"reason": _reason(error)})
    except (RecursionError, MemoryError, ValueError):  # not expected after the scanner
        reporter.report(TOO_DEEP, None, limit="Python's parser")
    return None


def _named(tree: ast.Module, text: str) -> ast.Module:
    """Give escaped names, which stand in ``text`` as ``_name_``, back. No other name begins with an underscore."""
    if _ESCAPED.search(text):
        for node in ast.walk(tree):
            for attribute in ("id", "attr", "arg", "name"):
                spelled = getattr(node, attribute, None)
                if isinstance(spelled, str) and spelled.startswith("_"):
                    setattr(node, attribute, spelled[1:-1])
    return tree


def _reason(error: SyntaxError) -> str:
    """Return Python's error message without its hint, which is about Python itself."""
    return (error.msg or "invalid syntax").partition(". ")[0]
