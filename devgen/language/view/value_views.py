"""Pieces of behaviour, sizes and start values as data for templates and exporters."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.language import ir


@dataclass(slots=True, frozen=True)
class Hook:
    """A piece of behaviour: its source text and its typed form."""

    name: str
    """The key in the description: ``read``, ``on_write``, ``level``, ``on_expire``, …"""
    text: str
    """The source text; the items of a YAML list are joined by line ends."""
    form: ir.Expr | tuple[ir.Stmt, ...]
    """The checked form: an expression, or statements (``devgen.language.typed_walk`` walks both)."""


@dataclass(slots=True, frozen=True)
class Size:
    """A number of elements, entries or bytes that may depend on properties."""

    text: str
    """The source text: ``8``, ``channels``, ``timers + 1``."""
    greatest: int
    """The greatest value that the properties allow; storage and address maps have this size."""
    least: int
    """The least value that the properties allow."""
    form: ir.Expr
    """The typed form, an expression over properties."""

    @property
    def fixed(self) -> bool:
        """Whether it does not depend on a property."""
        return self.least == self.greatest


@dataclass(slots=True, frozen=True)
class StartValue:
    """A value at reset, which may depend on properties and, in an array, on the ``index`` of the element."""

    text: str
    """The source text; a number is in hexadecimal."""
    number: int | None
    """The value if it is the same for all properties and elements, else None."""
    form: ir.Expr
    """The typed form."""
