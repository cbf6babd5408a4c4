"""The behaviour language: from text to checked IR.

Call :func:`compile_expression` and :func:`compile_statements` for every hook of a device, then :func:`finish` once
for its functions and actions. Nothing here raises for what a description says: everything goes to the sink.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from devgen.spec.behaviour.program import Compiled, Owner, Signature
from devgen.spec.diagnostics import Diagnostics, SourceText
from devgen.spec.ir import Expr, Range, Stmt
from devgen.spec.scope import Scope

__all__ = ["Compiled", "Owner", "Signature", "compile_expression", "compile_statements", "finish", "parse_signature"]

Expectation = Range | Literal["bool"] | None


def compile_expression(
    source: SourceText, scope: Scope, sink: Diagnostics, *, expect: Expectation = None, owner: Owner | None = None
) -> Expr | None:
    """Check one expression; None when it has an error (which the sink has).

    ``expect``: a range that its value must fit, ``"bool"`` for a truth test (any number), None for any number.
    ``owner`` says whose it is, as ``("read", "DR")`` or ``("level", "intr")``: a register's ``read`` must be
    compiled as ``("read", NAME)`` (``("read", "FILE.NAME")`` for a member), so that a circle of reads is found.
    """
    raise NotImplementedError


def compile_statements(
    source: SourceText | Sequence[SourceText], scope: Scope, sink: Diagnostics, *, owner: Owner | None = None
) -> tuple[Stmt, ...]:
    """Check statements: one text, or a list's texts in sequence. Statements with an error are left out.

    A timer's ``on_expire`` must be compiled as owner ``("expire", NAME)``.
    """
    raise NotImplementedError


def parse_signature(source: SourceText, scope: Scope, sink: Diagnostics) -> Signature | None:
    """Read ``name(n, m: u5, k: timers + 1)``, the key of a function or an action; ``scope`` knows the properties."""
    raise NotImplementedError


def finish(scope: Scope, sink: Diagnostics) -> Compiled:
    """Compile functions and actions, now that every call is known, and check what concerns the device as a whole:

    recursion, the cost of each entry point, functions and actions that nothing calls.
    """
    raise NotImplementedError
