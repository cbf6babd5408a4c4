"""State shared by all behaviour texts of a device."""

from __future__ import annotations

import ast
from dataclasses import field

from devgen.common.quick_dataclass import dataclass
from devgen.language.behaviour.origins import Origins, wanted_origins
from devgen.language.behaviour.property_bounds import Fact
from devgen.language.behaviour.storage import Storage
from devgen.language.ir import Expr, Range, Stmt
from devgen.language.model import Mark
from devgen.language.scope import Parameter, Scope

Owner = tuple[str, str]
"""The owner of a behaviour text: a kind and a name, such as ``("write", "MR")`` or ``("expire", "alarm")``."""


@dataclass(slots=True, frozen=True)
class Signature:
    """The declared signature of a function or an action: ``route(n)``."""

    name: str
    parameters: tuple[Parameter, ...]


@dataclass(slots=True, frozen=True)
class Instance:
    """A function's result for one combination of argument facts. ``outward``: the function reads guest memory."""

    range: Range | None
    outward: bool = False


@dataclass(slots=True, frozen=True)
class EntryPoint:
    """Compiled behaviour whose cost is computed after all behaviour is compiled."""

    owner: Owner
    mark: Mark
    body: Expr | tuple[Stmt, ...]


@dataclass(slots=True)
class Program:
    """The compiler's state for one device, kept in its root scope.

    ``patience`` is the remaining budget of expressions that may be checked again, for loops and for further calls of
    functions. When it is used up, loops lose precision and functions need annotated parameters. ``trees`` are the
    parsed functions by name, ``bodies`` the parsed statements of actions by text and place. ``origins`` records places
    where they are wanted.
    """

    calls: dict[Owner, tuple[Fact, ...]] = field(default_factory=dict)
    instances: dict[tuple[str, tuple[Fact, ...]], Instance] = field(default_factory=dict)
    trees: dict[str, ast.expr | None] = field(default_factory=dict)
    bodies: dict[tuple[str, Mark], list[ast.stmt] | None] = field(default_factory=dict)
    active: list[str] = field(default_factory=list)
    edges: dict[Owner, dict[Owner, None]] = field(default_factory=dict)
    marks: dict[Owner, Mark] = field(default_factory=dict)
    entries: list[EntryPoint] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    driven: set[str] = field(default_factory=set)
    armed: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    volatile: set[Storage] = field(default_factory=set)
    seen: set[tuple[str, Mark]] = field(default_factory=set)
    origins: Origins | None = field(default_factory=wanted_origins)
    depth: int = 0
    patience: int = 100_000

    @staticmethod
    def of(scope: Scope) -> Program:
        """Return the program that a scope belongs to."""
        records = scope.root.records
        found = records.get("program")
        if not isinstance(found, Program):
            found = records["program"] = Program()
        return found

    def called(self, callee: Owner, facts: tuple[Fact, ...]) -> None:
        """Record a call. The facts about a parameter must hold for all calls."""
        known = self.calls.get(callee)
        if known is None:
            self.calls[callee] = facts
        elif known != facts:
            self.calls[callee] = tuple(old.join(new) for old, new in zip(known, facts, strict=True))

    def applied(self, source: Owner, function: str) -> None:
        """Record that ``source`` uses the output of an interrupt register."""
        self.used.add(function)
        self.edge(source, ("function", function))

    def edge(self, source: Owner, target: Owner) -> None:
        """Record that running ``source`` may run ``target``."""
        self.edges.setdefault(source, {})[target] = None
