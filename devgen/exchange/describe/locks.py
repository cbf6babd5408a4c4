"""Locks of fields by other fields: `swwe` and `swwel` of SystemRDL become `write_enable`.

A lock names a field of the source. Its name in the descriptions is known when all parts of the peripheral have theirs,
so locks are resolved last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Field, Register
from devgen.language.scope import in_behaviour

Path = tuple[str, ...]
"""The register files that a register is in, by their names in the description."""

_CLAUSE = "SystemRDL 2.0, 9.6"


@dataclass(slots=True, frozen=True)
class _Named:
    """A field's place in the description: its register files, its register and its name; ``array``: of registers."""

    files: Path
    register: str
    field: str
    array: bool


@dataclass(slots=True)
class Locks:
    """Collects the names of a peripheral's fields by their place in the source, and the locks to be resolved."""

    findings: Findings
    _named: dict[str, _Named | None] = field(default_factory=dict)
    _waiting: list[tuple[dict[str, Any], Field, Path, str]] = field(default_factory=list)

    def name(self, source: Field, files: Path, register: str, array: bool, name: str) -> None:
        """Note what a field of the source is called; several parts of one origin have no common name."""
        if source.origin:
            named = _Named(files, register, name, array)
            self._named[source.origin] = None if source.origin in self._named else named

    def wait(self, entry: dict[str, Any], source: Field, files: Path, part: str) -> None:
        """Note that the description ``entry`` of a field needs its lock."""
        self._waiting.append((entry, source, files, part))

    def refuse(self, register: Register, part: str) -> None:
        """Report the locks of a register that is another view of one: the lock is that of the other register."""
        for source in register.fields:
            if source.lock is not None:
                self._say(source, f"{part}.{source.name}", "a lock of an alternate: write it at the register it names")

    def resolve(self) -> None:
        """Write `write_enable` into all entries that wait, and report the locks that the language cannot name."""
        for entry, source, files, part in self._waiting:
            lock = source.lock
            assert lock is not None
            target = self._named.get(lock.origin)
            if target is None:
                self._say(source, part, f"its lock is {lock.origin}, which has no name in this description")
            elif target.array or files[: len(target.files)] != target.files:
                self._say(source, part, f"its lock is {lock.origin}, an element of another array")
            else:
                text = f"{in_behaviour(target.register)}.{in_behaviour(target.field)}"
                entry["write_enable"] = f"not {text}" if lock.closes else text

    def _say(self, source: Field, part: str, text: str) -> None:
        self.findings.add(Outcome.TO_DO, source.place, part, f"{text} ({_CLAUSE}); write `write_enable`")
