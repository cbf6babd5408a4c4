"""Compare a device's outputs with the trace's; the first difference ends a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.runtime.observe.trace_format import TIME_LIMIT, Line

UNRECORDED: Final = frozenset(("RTC_CHANGE",))
"""Events that the recorder of the golden traces did not record. They are compared only if the trace contains them, or
its header's ``events`` lists them."""
Entry = tuple[object, ...]


@dataclass(slots=True, frozen=True)
class Divergence:
    """The first difference between a device and the trace.

    ``index`` counts inputs from 0 (-1 is the state before the first), ``line`` is the line in the file.
    """

    index: int
    line: int
    op: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Return the difference as one line of text."""
        return f"line {self.line} (op {self.index}): expected {self.expected}, found {self.found}; op {self.op}"


@dataclass(slots=True, frozen=True)
class ReplayResult:
    """The result of a replay: ``passed``, or the first ``divergence``; ``ops`` inputs were carried out."""

    device: str
    passed: bool
    ops: int
    divergence: Divergence | None = None


class Diverged(Exception):
    """The device differs from the trace; ends a replay."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found


def expected_entries(line: Line) -> list[Entry]:
    """Return the expected entries of an output line: one entry, or one per byte."""
    t = line.integer("t", 0, TIME_LIMIT)
    match line.op:
        case "tx":
            return [(value, t) for value in line.data()]
        case "event":
            return [(line.text("name"), dict(line.mapping("data")), t)]
    return [(str(line.integer("line", 0, 4095)), line.integer("level", 0, 1), t)]


def same_entry(want: Entry | None, have: Entry | None) -> bool:
    """Whether two entries are equal; of an event's values, only those that both sides name are compared."""
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
