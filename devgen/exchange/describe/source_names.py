"""What a source of the hardware's side is called in a description: a field, an output of a register, an input.

A source names a part of the register file by its path there. Its name in the description is known when all parts of
the peripheral have theirs, so ``SourceNames.text`` is for the end of an import.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from devgen.exchange.register_map import Dimension, Source
from devgen.language.scope import in_behaviour

MOST_BITS: Final = 64
_LONGEST_NAME: Final = 100


@dataclass(slots=True, frozen=True)
class Owner:
    """A register in the description: its files and name, and the repetitions that its elements have.

    ``outer`` has the dimensions of the register files, which ``around`` assigns to them: one entry for each file,
    false for a file that is no array.
    """

    files: tuple[str, ...]
    name: str
    outer: tuple[Dimension, ...]
    own: tuple[Dimension, ...]
    around: tuple[bool, ...] | None = None

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """All repetitions."""
        return (*self.outer, *self.own)

    @property
    def parts(self) -> tuple[str, ...]:
        """Its path."""
        return (*self.files, self.name)

    @property
    def repeated(self) -> tuple[bool, ...]:
        """Whether each part of its path is an array."""
        files = self.around if self.around is not None else (True,) * len(self.files)
        return (*files, bool(self.own))


@dataclass(slots=True, frozen=True)
class Named:
    """A field in the description, or a register (``field`` empty)."""

    owner: Owner
    field: str


class UnnamedError(Exception):
    """A source has no name in the description; the message says why."""


@dataclass(slots=True)
class SourceNames:
    """The names of a peripheral's parts, and the inputs that its ports and signals become."""

    inputs: dict[str, Any] = field(default_factory=dict)
    _named: dict[str, Named | None] = field(default_factory=dict)
    _ports: dict[str, str] = field(default_factory=dict)

    def name(self, origin: str, owner: Owner, name: str) -> None:
        """Note what a field of the source is called; several parts of one origin have no common name."""
        if origin:
            self._named[origin] = None if origin in self._named else Named(owner, name)
            self._named[origin.rpartition(".")[0]] = Named(owner, "")

    def text(self, source: Source, user: Named, origin: str, taken: set[str]) -> str:
        """Return the expression for a source of the field ``user``, whose path in the source is ``origin``.

        ``taken`` are the names that an input cannot have; the name of a new one is added.

        Raises:
            UnnamedError: the source has no name in the description.
        """
        text = self._port(source, user, origin, taken) if source.port else self._part(source, user)
        if not source.negated:
            return text
        return f"not {text}" if text.replace(".", "").replace("_", "").isalnum() else f"not ({text})"

    def path(self, target: Owner, user: Owner, elements: tuple[tuple[int, ...], ...] = ()) -> str:
        """Return how ``user`` names the register ``target``, or one element of it."""
        if any(elements):
            return self._element(target, user, elements)
        near = user.files[: len(target.files)] == target.files
        if not near and target.outer:
            raise UnnamedError(f"it names {'.'.join(target.parts)}, an element of another array")
        path = ".".join(map(in_behaviour, (target.name,) if near else target.parts))
        if not target.own:
            return path
        if target.own == user.own and len(target.own) == 1 and not target.own[0].shape:
            return f"{path}[index]"
        raise UnnamedError(f"it names {'.'.join(target.parts)}, an element of another array")

    @staticmethod
    def _element(target: Owner, user: Owner, elements: tuple[tuple[int, ...], ...]) -> str:
        """Return the path of one element: all arrays on it have an index, or those around the user have none."""
        dimensions = iter(target.dimensions)
        arrays = sum(target.repeated)
        if any(elements[: max(len(elements) - arrays, 0)]):
            raise UnnamedError(f"it names {'.'.join(target.parts)} in an element of an array around it")
        indices = iter(elements[max(len(elements) - arrays, 0) :])
        steps = [
            (part, _index(next(dimensions), next(indices, ())) if repeated else None)
            for part, repeated in zip(target.parts, target.repeated, strict=True)
        ]
        common = [part for part, index in steps[:-1] if index == ()]
        if common:
            inside = tuple(part for part, _ in steps[: len(common)])
            if tuple(common) != inside or user.files[: len(inside)] != inside:
                raise UnnamedError(f"it names {'.'.join(target.parts)}, an element of another array")
            steps = steps[len(common) :]
        if any(index == () for _, index in steps):
            raise UnnamedError(f"it names {'.'.join(target.parts)}, an element of another array")
        return ".".join(in_behaviour(part) + "".join(f"[{number}]" for number in index or ()) for part, index in steps)

    def _part(self, source: Source, user: Named) -> str:
        found = self._named.get(source.origin)
        if found is None:
            raise UnnamedError(f"it names {source.origin}, which has no name in this description")
        path = self.path(found.owner, user.owner, source.elements)
        whole = ".".join(part for part in (path, in_behaviour(found.field) if found.field else "") if part)
        if source.output in _REDUCTIONS:
            return _reduced(whole, source.output, source.width)
        return f"{whole}.{source.output}" if source.output else whole

    def _port(self, source: Source, user: Named, origin: str, taken: set[str]) -> str:
        """Return the expression of an input for a port of the hardware."""
        owner = user.owner
        dimensions = () if source.signal else owner.dimensions
        counts = [dimension.count for dimension in dimensions]
        if len(counts) > 1 or (counts and source.width > 1) or source.width > MOST_BITS:
            raise UnnamedError(f"the port {source.port} has several dimensions")
        if source.owner and source.owner != origin and counts:
            raise UnnamedError(f"the port {source.port} of another array")
        named = self._named.get(source.owner) if source.owner else None
        at, own = (owner.parts, user.field) if named is None else (named.owner.parts, named.field)
        key = source.port if source.signal else f"{'.'.join((*at, own))}.{source.port}"
        if key not in self._ports:
            words = (source.port,) if source.signal else (*at, own, *((source.port,) if source.port != "next" else ()))
            self._ports[key] = free_name("_".join(filter(None, words)), taken)
            count = counts[0] if counts else source.width
            at_name = ".".join(filter(None, (*at, own)))
            text = f"The signal {source.port}." if source.signal else f"{at_name}: {source.port}."
            self.inputs[self._ports[key]] = {**({"count": count} if count > 1 else {}), "description": text}
        name = self._ports[key]
        if counts:
            return f"{name}[index]" if counts[0] > 1 else name
        if source.width == 1:
            return name
        return " | ".join(f"{name}[{bit}] << {bit}" if bit else f"{name}[0]" for bit in range(source.width))


def _index(dimension: Dimension, index: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of an element as the description has it. Raises UnnamedError if it has other dimensions."""
    if index and len(index) != max(len(dimension.shape), 1):
        raise UnnamedError("it names an element of an array that has one index in the description")
    return index


_REDUCTIONS: Final = ("anded", "ored", "xored")
"""Outputs of a field that are a function of its bits (9.7); the language has them as expressions."""


def _reduced(text: str, name: str, width: int) -> str:
    """Return the conjunction, disjunction or parity of a field's bits."""
    if width == 1:
        return text
    if name == "xored":
        return " ^ ".join(f"{text}[{bit}]" for bit in range(width))
    return f"{text} == {(1 << width) - 1:#x}" if name == "anded" else f"{text} != 0"


def free_name(name: str, taken: set[str]) -> str:
    """Return a name that nothing has, and take it."""
    name = name[: _LONGEST_NAME - 4]
    while name in taken:
        name += "_"
    taken.add(name)
    return name
