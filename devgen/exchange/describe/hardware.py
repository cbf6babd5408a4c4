"""The hardware's side of fields: references get the names of the descriptions, ports become inputs, outputs lines.

A reference names a field or a register of the source. Its name in the description is known when all parts of the
peripheral have theirs, so everything is written last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Dimension, Field, Source

MOST_BITS: Final = 64
_LONGEST_NAME: Final = 100


@dataclass(slots=True, frozen=True)
class Owner:
    """A register in the description: its files and name, and the repetitions that its elements have."""

    files: tuple[str, ...]
    name: str
    outer: tuple[Dimension, ...]
    own: tuple[Dimension, ...]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """All repetitions."""
        return (*self.outer, *self.own)

    @property
    def parts(self) -> tuple[str, ...]:
        """Its path."""
        return (*self.files, self.name)


@dataclass(slots=True, frozen=True)
class _Named:
    """A field of the source in the description, or a register (``field`` empty)."""

    owner: Owner
    field: str


@dataclass(slots=True, frozen=True)
class _Waiting:
    entry: dict[str, Any]
    source: Field
    owner: Owner
    part: str


class _UnnamedError(Exception):
    """A reference has no name in the description."""


@dataclass(slots=True)
class HardwareSides:
    """Collects the fields of one peripheral whose hardware's side is to be written."""

    findings: Findings
    inputs: dict[str, Any] = field(default_factory=dict)
    interrupts: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    _named: dict[str, _Named | None] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)
    _ports: dict[str, str] = field(default_factory=dict)

    def name(self, source: Field, owner: Owner, name: str) -> None:
        """Note what a field of the source is called; several parts of one origin have no common name."""
        if source.origin:
            self._named[source.origin] = None if source.origin in self._named else _Named(owner, name)
            self._named[source.origin.rpartition(".")[0]] = _Named(owner, "")

    def wait(self, entry: dict[str, Any], source: Field, owner: Owner, part: str) -> None:
        """Note that the description ``entry`` of a field needs its hardware's side."""
        self._waiting.append(_Waiting(entry, source, owner, part))

    def resolve(self, taken: set[str]) -> None:
        """Write all keys; ``taken`` are the names that inputs and lines cannot have."""
        used = self._used_outputs()
        circular = self._circular()
        wraps: list[tuple[_Waiting, Source]] = []
        done: dict[str, _Waiting] = {}
        for waiting in self._waiting:
            try:
                if waiting.source.origin in circular:
                    raise _UnnamedError("the hardware's side depends on itself")
                keys = dict(waiting.source.hardware)
                wrapped = keys.pop("wraps", None)
                waiting.entry.update({key: self._said(value, waiting, taken) for key, value in keys.items()})
                done[waiting.source.origin] = waiting
                wraps += [] if wrapped is None else [(waiting, wrapped)]
            except _UnnamedError as error:
                self._say(waiting, str(error))
        for waiting, counter in wraps:
            self._wrap(waiting, counter, done)
        self._lines(done, used, taken)

    # --- keys ---------------------------------------------------------------------------------

    def _said(self, value: Any, waiting: _Waiting, taken: set[str]) -> Any:
        if isinstance(value, dict):
            return {key: self._said(inner, waiting, taken) for key, inner in value.items()}
        return self._text(value, waiting, taken) if isinstance(value, Source) else value

    def _text(self, source: Source, waiting: _Waiting, taken: set[str]) -> str:
        if source.port:
            return self._port(source, waiting, taken)
        found = self._named.get(source.origin)
        if found is None:
            raise _UnnamedError(f"it names {source.origin}, which has no name in this description")
        path = self._path(found.owner, waiting.owner)
        return ".".join(part for part in (path, found.field, source.output) if part)

    @staticmethod
    def _path(target: Owner, user: Owner) -> str:
        """Return how ``user`` names the register ``target``."""
        near = user.files[: len(target.files)] == target.files
        if not near and target.outer:
            raise _UnnamedError(f"it names {'.'.join(target.parts)}, an element of another array")
        path = target.name if near else ".".join(target.parts)
        if not target.own:
            return path
        if target.own == user.own and len(target.own) == 1 and not target.own[0].shape:
            return f"{path}[index]"
        raise _UnnamedError(f"it names {'.'.join(target.parts)}, an element of another array")

    def _port(self, source: Source, waiting: _Waiting, taken: set[str]) -> str:
        """Return the expression of an input for a port of the hardware."""
        owner = waiting.owner
        dimensions = () if source.signal else owner.dimensions
        counts = [dimension.count for dimension in dimensions]
        if len(counts) > 1 or (counts and source.width > 1) or source.width > MOST_BITS:
            raise _UnnamedError(f"the port {source.port} has several dimensions")
        if source.owner and source.owner != waiting.source.origin and counts:
            raise _UnnamedError(f"the port {source.port} of another array")
        named = self._named.get(source.owner) if source.owner else None
        at = owner.parts if named is None else named.owner.parts
        own = waiting.source.name if named is None else named.field
        key = source.port if source.signal else f"{'.'.join((*at, own))}.{source.port}"
        if key not in self._ports:
            words = (source.port,) if source.signal else (*at, own, *((source.port,) if source.port != "next" else ()))
            self._ports[key] = _free("_".join(words), taken)
            count = counts[0] if counts else source.width
            text = (
                f"The port {source.port} of the hardware."
                if source.signal
                else f"{'.'.join((*at, own))}: {source.port}."
            )
            self.inputs[self._ports[key]] = {**({"count": count} if count > 1 else {}), "description": text}
        name = self._ports[key]
        if counts:
            return f"{name}[index]" if counts[0] > 1 else name
        if source.width == 1:
            return name
        return " | ".join(f"{name}[{bit}] << {bit}" if bit else f"{name}[0]" for bit in range(source.width))

    def _wrap(self, waiting: _Waiting, counter: Source, done: dict[str, _Waiting]) -> None:
        """Write into a counter the field that is set when it wraps."""
        other = done.get(counter.origin)
        keys = None if other is None else other.entry.get("counter")
        if other is None or keys is None:
            self._say(waiting, f"it is set by {counter.origin}, which does not count in this description")
            return
        if keys is True:
            keys = other.entry["counter"] = {}
        try:
            own = _Named(waiting.owner, waiting.source.name)
            keys[counter.output] = f"{self._path(own.owner, other.owner)}.{own.field}"
        except _UnnamedError as error:
            self._say(waiting, str(error))

    # --- lines --------------------------------------------------------------------------------

    def _used_outputs(self) -> set[tuple[str, str]]:
        """Return the outputs of registers that some field names."""
        sources = (source for waiting in self._waiting for source in _sources(waiting.source.hardware))
        return {(source.origin, source.output) for source in sources if source.output in ("intr", "halt")}

    def _lines(self, done: dict[str, _Waiting], used: set[tuple[str, str]], taken: set[str]) -> None:
        """Add a line for each output of an interrupt register that no field names."""
        for key, output, lines in (("intr", "intr", self.interrupts), ("halt", "halt", self.outputs)):
            registers = {
                origin.rpartition(".")[0]: waiting.owner
                for origin, waiting in done.items()
                if any(word in waiting.entry for word in _WITNESS[key])
            }
            for origin, owner in registers.items():
                if (origin, output) not in used:
                    self._line(owner, output, lines, taken)

    def _line(self, owner: Owner, output: str, lines: dict[str, Any], taken: set[str]) -> None:
        repeated = [dimension for dimension in owner.dimensions if dimension.count > 1]
        if len(repeated) > 1 or any(dimension.shape for dimension in repeated):
            return
        name = _free("_".join((*owner.parts, output)), taken)
        level = ".".join((*owner.parts, output))
        if owner.dimensions:
            index = "[index]" if repeated else "[0]"
            level = f"{owner.parts[0]}{index}.{'.'.join((*owner.parts[1:], output))}"
            if owner.own:
                level = f"{'.'.join(owner.parts)}{index}.{output}"
        lines[name] = {"level": level, **({"count": repeated[0].count} if repeated else {})}

    # --- cycles -------------------------------------------------------------------------------

    def _circular(self) -> set[str]:
        """Return the fields whose sources depend on themselves."""
        members: dict[str, list[str]] = {}
        for waiting in self._waiting:
            members.setdefault(waiting.source.origin.rpartition(".")[0], []).append(waiting.source.origin)
        needs = {
            waiting.source.origin: [
                origin
                for source in _sources(tuple(pair for pair in waiting.source.hardware if pair[0] not in _LIMITS))
                for origin in members.get(source.origin, [source.origin])
            ]
            for waiting in self._waiting
        }
        return {origin for origin in needs if _reaches(origin, needs)}

    def _say(self, waiting: _Waiting, text: str) -> None:
        self.findings.add(
            Outcome.TO_DO,
            waiting.source.place,
            waiting.part,
            f"{text}; describe by hand what hardware does to the field",
        )


_LIMITS: Final = ("enable", "mask", "haltenable", "haltmask")
_WITNESS: Final = {"intr": ("intr",), "halt": ("haltenable", "haltmask")}


def _reaches(start: str, needs: dict[str, list[str]]) -> bool:
    done: set[str] = set()
    pending = list(needs[start])
    while pending:
        name = pending.pop()
        if name == start:
            return True
        if name not in done:
            done.add(name)
            pending += needs.get(name, ())
    return False


def _sources(value: object) -> Iterator[Source]:
    if isinstance(value, Source):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _sources(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _sources(inner)


def _free(name: str, taken: set[str]) -> str:
    """Return a name that nothing has, and take it."""
    name = name[: _LONGEST_NAME - 4]
    while name in taken:
        name += "_"
    taken.add(name)
    return name
