"""Interrupts and GPIO lines."""

from __future__ import annotations

from typing import Any

from devgen.language.diagnostics import codes_parts as kinds
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.elaborate.external_keys import is_external
from devgen.language.ir import BOOL, Expr, LineKind
from devgen.language.model import GpioIn, Line
from devgen.language.scope import LineEntry

_SECTIONS: tuple[tuple[str, LineKind, str], ...] = (
    ("interrupts", "interrupt", "an interrupt"),
    ("gpio_out", "gpio_out", "a GPIO output"),
    ("gpio_in", "gpio_in", "a GPIO input"),
)


def declare_lines(ctx: Context, tree: Tree) -> dict[str, Expr | None]:
    """Declare interrupts, GPIO outputs and inputs; return their numbers of elements."""
    counts: dict[str, Expr | None] = {}
    for section, kind, what in _SECTIONS:
        declared = entries(tree, section)
        for name, spec in declared.items():
            ctx.claim(name, what, declared)
            counts[name] = ctx.count(spec)
            ctx.scope.declare(LineEntry(kind, name, "level" in spec, counts[name]))
    return counts


def build_lines(ctx: Context, tree: Tree, section: str, counts: dict[str, Expr | None]) -> tuple[Line, ...]:
    """Compile the levels of interrupts or GPIO outputs and build them."""
    return tuple(
        _line(ctx, name, spec, counts[name], is_external(tree, spec)) for name, spec in entries(tree, section).items()
    )


def _line(ctx: Context, name: str, spec: dict[str, Any], count: Expr | None, external: bool) -> Line:
    if "level" in spec and "reset" in spec:
        ctx.contradiction(spec, "reset", "level", "the line follows its level after a reset too")
    return Line(
        name=name,
        level=ctx.expression(spec, "level", ctx.scope.hook(index=count), "bool", ("level", name)),
        count=count,
        reset=spec.get("reset", 0),
        intx=spec.get("intx", False),
        vector=spec.get("vector"),
        pme=spec.get("pme", False),
        description=spec.get("description", ""),
        external=external,
    )


def build_inputs(ctx: Context, tree: Tree, counts: dict[str, Expr | None]) -> tuple[GpioIn, ...]:
    """Compile the behaviour of the GPIO inputs and build them."""
    return tuple(
        GpioIn(
            name,
            ctx.statements(spec, "on_input", ctx.scope.hook(index=counts[name], value=BOOL), ("change", name)),
            counts[name],
            spec.get("description", ""),
        )
        for name, spec in entries(tree, "gpio_in").items()
    )


def check_driven(ctx: Context, tree: Tree, driven: frozenset[str]) -> None:
    """Report interrupts and GPIO outputs that have no level, that no statement drives, and that are not external."""
    for section, kind in (("interrupts", kinds.UNDRIVEN_INTERRUPT), ("gpio_out", kinds.UNDRIVEN_OUTPUT)):
        declared = entries(tree, section)
        for name, spec in declared.items():
            if "level" not in spec and name not in driven and not is_external(tree, spec):
                ctx.at_key(kind, declared, name, name=name)
