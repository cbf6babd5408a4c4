"""The hardware's side of fields, and their locks, in a description: references become expressions, outputs lines.

A reference names a field or a register of the source. Its name in the description is known when all parts of the
peripheral have theirs, so everything is written last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from devgen.exchange.describe.source_names import Named, Owner, SourceNames, UnnamedError, free_name
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Field, Register, Source
from devgen.language.scope import in_behaviour


@dataclass(slots=True, frozen=True)
class _Waiting:
    entry: dict[str, Any]
    source: Field
    named: Named
    part: str

    @property
    def owner(self) -> Owner:
        """The field's register."""
        return self.named.owner


@dataclass(slots=True)
class HardwareSides:
    """Collects the fields of one peripheral whose hardware's side or lock is to be written."""

    findings: Findings
    interrupts: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    names: SourceNames = field(default_factory=SourceNames)
    _waiting: list[_Waiting] = field(default_factory=list)
    _locked: list[_Waiting] = field(default_factory=list)

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs that ports and signals of the hardware became."""
        return self.names.inputs

    def wait(self, entry: dict[str, Any], source: Field, owner: Owner, name: str, part: str) -> None:
        """Note that the description ``entry`` of the field ``name`` needs its hardware's side."""
        self._waiting.append(_Waiting(entry, source, Named(owner, name), part))

    def lock(self, entry: dict[str, Any], source: Field, owner: Owner, name: str, part: str) -> None:
        """Note that the description ``entry`` of the field ``name`` needs its lock."""
        self._locked.append(_Waiting(entry, source, Named(owner, name), part))

    def refuse_locks(self, register: Register, part: str) -> None:
        """Report the locks of a register that is another view of one: the lock is that of the other register."""
        for source in register.fields:
            if source.lock is not None:
                text = "a lock of an alternate: write it at the register it names"
                self._say_lock(source, f"{part}.{source.name}", text)

    def resolve(self, taken: set[str]) -> None:
        """Write all keys; ``taken`` are the names that inputs and lines cannot have."""
        for locked in self._locked:
            self._lock(locked, taken)
        used = self._used_outputs()
        circular = self._circular()
        wraps: list[tuple[_Waiting, Source]] = []
        done: dict[str, _Waiting] = {}
        for waiting in self._waiting:
            try:
                if waiting.source.origin in circular:
                    raise UnnamedError("the hardware's side depends on itself")
                keys = dict(waiting.source.hardware)
                wrapped = keys.pop("wraps", None)
                waiting.entry.update({key: self._said(value, waiting, taken) for key, value in keys.items()})
                done[waiting.source.origin] = waiting
                wraps += [] if wrapped is None else [(waiting, wrapped)]
            except UnnamedError as error:
                self._say(waiting, str(error))
        for waiting, counter in wraps:
            self._wrap(waiting, counter, done)
        self._lines(done, used, taken)

    # --- keys ---------------------------------------------------------------------------------

    def _lock(self, locked: _Waiting, taken: set[str]) -> None:
        lock = locked.source.lock
        if lock is None:
            return
        try:
            locked.entry["write_enable"] = self.names.text(lock, locked.named, locked.source.origin, taken)
        except UnnamedError as error:
            self._say_lock(locked.source, locked.part, str(error).replace("it names", "its lock is", 1))

    def _said(self, value: Any, waiting: _Waiting, taken: set[str]) -> Any:
        if isinstance(value, dict):
            return {key: self._said(inner, waiting, taken) for key, inner in value.items()}
        if not isinstance(value, Source):
            return value
        return self.names.text(value, waiting.named, waiting.source.origin, taken)

    def _wrap(self, waiting: _Waiting, counter: Source, done: dict[str, _Waiting]) -> None:
        """Write into a counter the field that is set when it wraps."""
        other = done.get(counter.origin)
        keys = None if other is None else other.entry.get("counter")
        if other is None or keys is None:
            self._say(waiting, f"it is set by {counter.origin}, which does not count in this description")
            return
        if keys is True:
            keys = other.entry["counter"] = {}
        if counter.output in keys:
            self._say(waiting, f"it is the second field that is set by {counter.origin}->{counter.output}")
            return
        try:
            keys[counter.output] = f"{self.names.path(waiting.owner, other.owner)}.{in_behaviour(waiting.named.field)}"
        except UnnamedError as error:
            self._say(waiting, str(error))

    # --- lines --------------------------------------------------------------------------------

    def _used_outputs(self) -> set[tuple[str, str]]:
        """Return the outputs of registers that some field names."""
        users = (*self._waiting, *self._locked)
        sources = (source for user in users for source in _sources((user.source.hardware, user.source.lock)))
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
        name = free_name("_".join((*owner.parts, output)), taken)
        parts = [in_behaviour(part) for part in owner.parts]
        if owner.dimensions:
            parts[0 if owner.outer else -1] += "[index]" if repeated else "[0]"
        level = ".".join((*parts, output))
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

    def _say_lock(self, source: Field, part: str, text: str) -> None:
        self.findings.add(Outcome.TO_DO, source.place, part, f"{text} ({_LOCKS}); write `write_enable`")


_LOCKS: Final = "SystemRDL 2.0, 9.6"
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
