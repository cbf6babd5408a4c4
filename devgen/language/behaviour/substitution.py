"""Replaces locals in a typed expression, to instantiate a function's body for the arguments of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from devgen.language.ir import Apply, BitsPlace, Expr, Int, Load, LocalPlace, Range, Slice
from devgen.language.model import Function


def substitute(expr: Expr, given: Mapping[str, Expr]) -> Expr:
    """Return ``expr`` with each local in ``given`` replaced by its value.

    The ranges are kept, since those of a function's body hold for the arguments of every call.
    """
    return cast(Expr, _mapped(expr, given)) if given else expr


def _mapped(node: Any, given: Mapping[str, Expr]) -> Any:
    match node:
        case Load(LocalPlace(name)) if name in given:
            return given[name]
        case Load(BitsPlace(of, lsb, width)) if _is_given(of, given):
            inner = _mapped(Load(of, Range(None, None)), given)
            return Slice(inner, Int(lsb), width, node.range)
        case tuple():
            return tuple(_mapped(part, given) for part in node)
        case Range():
            return node
        case _ if is_dataclass(node) and not isinstance(node, type):
            return replace(node, **{part.name: _mapped(getattr(node, part.name), given) for part in fields(node)})
    return node


def with_bodies(expr: Expr, functions: Mapping[str, Function]) -> Expr:
    """Return ``expr`` with the bodies of ``functions`` in place of their calls."""
    return cast(Expr, _expanded(expr, functions)) if functions else expr


def _expanded(node: Any, functions: Mapping[str, Function]) -> Any:
    match node:
        case Apply(name, arguments) if name in functions:
            function = functions[name]
            given = dict(zip(function.parameters, _expanded(arguments, functions), strict=True))
            return substitute(_expanded(function.body, functions), given)
        case tuple():
            return tuple(_expanded(part, functions) for part in node)
        case Range():
            return node
        case _ if is_dataclass(node) and not isinstance(node, type):
            return replace(node, **{part.name: _expanded(getattr(node, part.name), functions) for part in fields(node)})
    return node


def _is_given(place: object, given: Mapping[str, Expr]) -> bool:
    while isinstance(place, BitsPlace):
        place = place.of
    return isinstance(place, LocalPlace) and place.name in given
