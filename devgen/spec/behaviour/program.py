"""What compiling a device's behaviour gives, and what is remembered on the way."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.spec.model import Action, Function
from devgen.spec.scope import Parameter

Owner = tuple[str, str]
"""Whose behaviour a text is: a kind and a name, as ``("write", "MR")`` or ``("expire", "alarm")``."""


@dataclass(slots=True, frozen=True)
class Signature:
    """A declared head: ``route(n)``."""

    name: str
    parameters: tuple[Parameter, ...]


@dataclass(slots=True, frozen=True)
class Compiled:
    """The functions and actions of a device in order of declaration, and what its behaviour touches.

    ``driven`` are the lines that statements drive; ``used`` every declared name that any behaviour mentions.
    """

    functions: tuple[Function, ...]
    actions: tuple[Action, ...]
    driven: frozenset[str]
    used: frozenset[str]
