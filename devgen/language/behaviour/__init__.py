"""The behaviour language: from the text of a hook to its checked, typed form.

Expressions and statements are written in Python's grammar and checked against the device's names. Every expression
carries the exact range of its value: a value that might not fit its register, an index that might be out of range, a
divisor that might be zero, and a loop without a bound are errors. A checked hook therefore cannot raise and always
ends. For example, in a device with an 8-bit register DR, ``DR = DR + 1`` is refused (0..256 does not fit in 8 bits),
and ``DR = u8(DR + 1)`` is not.

- ``expressions``, ``operators``, ``function_calls``, ``builtin_calls``: expressions.
- ``statements``, ``assignments``, ``branches_and_loops``, ``commands``, ``part_methods``: statements.
- ``name_meanings`` and ``named_things``: what a name refers to; ``ranges``: arithmetic on ranges.
- ``known_values``: facts about values that follow from tests and assignments.
- ``text_limits``: limits on untrusted text; ``python_grammar``: parsing; ``step_cost``: how long a hook may run.

Call :func:`compile_expression` and :func:`compile_statements` for every hook of a device, then :func:`finish` once for
its functions and actions. Errors in a description are reported to the sink and never raised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from devgen.language.behaviour.compilation import Unit, open_unit
from devgen.language.behaviour.expressions import Expressions
from devgen.language.behaviour.program import EntryPoint, Owner, Program, Signature
from devgen.language.behaviour.python_grammar import parse_expression
from devgen.language.behaviour.signatures import read_head
from devgen.language.behaviour.whole_device_checks import compile_texts, finish_program
from devgen.language.compiled import Compiled
from devgen.language.diagnostics.codes_behaviour import TOO_DEEP
from devgen.language.diagnostics.reporting import Diagnostics, SourceText
from devgen.language.ir import Expr, Range, Stmt
from devgen.language.model import Mark
from devgen.language.scope import Scope

__all__ = ["Owner", "Signature", "compile_expression", "compile_statements", "finish", "parse_signature"]

Expectation = Range | Literal["bool"] | None
Result = TypeVar("Result")

SOMEONE: Owner = ("behaviour", "this device")
"""The owner of behaviour that is compiled without an explicit owner."""


def compile_expression(
    source: SourceText,
    scope: Scope,
    sink: Diagnostics,
    *,
    expect: Expectation = None,
    owner: Owner | None = None,
    what: str = "this place",
) -> Expr | None:
    """Check one expression. Return None if it has an error, which has been reported.

    ``expect``: a range that its value must fit, ``"bool"`` for a truth test (any number), None for any number; ``what``
    names the place that it must fit in messages, such as ``register DR``. ``owner`` is the hook that it belongs to,
    such as ``("level", "intr")``: a register's ``read`` must be compiled as ``("read", NAME)`` (``("read",
    "FILE.NAME")`` for a member), so that recursive reads are found.
    """
    return _guarded(source, scope, sink, lambda: _expression(source, scope, sink, expect, owner or SOMEONE, what), None)


def _expression(
    source: SourceText, scope: Scope, sink: Diagnostics, expect: Expectation, owner: Owner, what: str
) -> Expr | None:
    unit = open_unit(source, scope, sink, owner)
    unit.program.marks.setdefault(owner, source.at(1, 1))
    tree = parse_expression(unit.reporter)
    check = Expressions(unit)
    value = None if tree is None else (check.truth if expect == "bool" else check.number)(tree)
    if tree is None or value is None or unit.failed:
        return None
    if isinstance(expect, Range) and not unit.fits(value, expect, what, tree):
        return None
    _remember(unit, value, source.at(1, 1))
    if unit.program.origins is not None:
        unit.program.origins.add(value, source.at(1, 1))
    return value


def _remember(unit: Unit, value: Expr, mark: Mark) -> None:
    if unit.costly:
        unit.program.entries.append(EntryPoint(unit.owner, mark, value))


def compile_statements(
    source: SourceText | Sequence[SourceText],
    scope: Scope,
    sink: Diagnostics,
    *,
    owner: Owner | None = None,
) -> tuple[Stmt, ...]:
    """Check statements, given as one text or as a list of texts in sequence. Statements with an error are omitted.

    A timer's ``on_expire`` must be compiled as owner ``("expire", NAME)``.
    """
    texts = (source,) if isinstance(source, SourceText) else tuple(source)
    if not texts:
        return ()
    of = owner or SOMEONE
    Program.of(scope).marks.setdefault(of, texts[0].at(1, 1))
    return _guarded(texts[0], scope, sink, lambda: compile_texts(texts, scope, sink, of, {})[0], ())


def parse_signature(source: SourceText, scope: Scope, sink: Diagnostics) -> Signature | None:
    """Read ``name(n, m: u5, k: timers + 1)``, the key of a function or an action; ``scope`` knows the properties."""
    return _guarded(source, scope, sink, lambda: read_head(open_unit(source, scope, sink, ("head", source.text))), None)


def finish(scope: Scope, sink: Diagnostics, static: Scope | None = None) -> Compiled:
    """Compile functions and actions once every call is known, then check the device as a whole.

    The checks are: recursion, the cost of each entry point, and functions and actions that are never called.
    ``static`` is the scope of sizes, periods and start values, whose names count as used.
    """
    first = next(
        (text for routine in scope.callables() for text in _texts(routine.body)), SourceText("", Mark("", 1, 1))
    )
    return _guarded(first, scope, sink, lambda: finish_program(scope, sink, static or scope), Compiled())


def _texts(body: SourceText | tuple[SourceText, ...]) -> tuple[SourceText, ...]:
    return (body,) if isinstance(body, SourceText) else body


def _guarded(
    source: SourceText, scope: Scope, sink: Diagnostics, work: Callable[[], Result], otherwise: Result
) -> Result:
    """Run ``work``, and report an error if the caller left too little of Python's stack for it."""
    program = Program.of(scope)
    depth = program.depth
    try:
        return work()
    except RecursionError:
        program.depth = depth
        program.active.clear()
        sink.add(TOO_DEEP, source.at(1, 1), limit="Python's stack")
        return otherwise
