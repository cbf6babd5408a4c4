"""Compares what a device did with what the trace says: the first difference ends a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.runtime.observe.trace_format import TIME_LIMIT, Line

UNRECORDED: Final = frozenset(("RTC_CHANGE",))
"""Events that devices send and that the recorder of the golden traces did not take down. They are compared where a
trace has them, or says in its header's ``events`` that it would."""
Entry = tuple[object, ...]


@dataclass(slots=True, frozen=True)
class Divergence:
    """Where a device does something else than the trace.

    ``index`` counts inputs from 0 (-1 is the state before the first), ``line`` is the line in the file.
    """

    index: int
    line: int
    op: str
    expected: str
    found: str

    def __str__(self) -> str:
        """One line for people."""
        return f"line {self.line} (op {self.index}): expected {self.expected}, found {self.found}; op {self.op}"


@dataclass(slots=True, frozen=True)
class ReplayResult:
    """``passed`` or the first ``divergence``; ``ops`` inputs were carried out."""

    device: str
    passed: bool
    ops: int
    divergence: Divergence | None = None


class Diverged(Exception):
    """The device did something else than the trace says; ends a replay."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found


def expected_entries(line: Line) -> list[Entry]:
    """Return what a line of outputs says must happen: one entry, or one a byte."""
    t = line.integer("t", 0, TIME_LIMIT)
    match line.op:
        case "tx":
            return [(value, t) for value in line.data()]
        case "event":
            return [(line.text("name"), dict(line.mapping("data")), t)]
    return [(str(line.integer("line", 0, 4095)), line.integer("level", 0, 1), t)]


def same_entry(want: Entry | None, have: Entry | None) -> bool:
    """Equality; of an event's values, only those that both sides name (a recorder may note more than a device says)."""
    if want is None or have is None or len(want) != len(have):
        return False
    return all(_same_part(a, b) for a, b in zip(want, have, strict=True))


def _same_part(want: object, have: object) -> bool:
    if isinstance(want, dict) and isinstance(have, dict):
        return all(have[key] == want[key] for key in have if key in want)
    return want == have


def show_entry(kind: str, entry: Entry | None) -> str:
    """Return an output for a message."""
    if entry is None:
        return f"no {kind}"
    match entry:
        case (line, level, t) if kind != "event":
            return f"{kind} {line} to {level} at {t}"
        case (value, t):
            return f"{kind} byte {value:#04x} at {t}"
        case (name, values, t):
            return f"event {name} {values or ''} at {t}".replace("  ", " ")
    return repr(entry)
