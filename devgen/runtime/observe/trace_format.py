"""The trace format: JSON lines with a header first, ``end`` last, and each input followed by the outputs it caused.

Lines are read one at a time and are bounded in length. A line of more than 1 MiB, a missing field and a value of the
wrong type are errors with the file's name and the line number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from devgen.common.guarded_files import open_regular
from devgen.runtime.base.faults import TraceError

INPUTS: Final = frozenset(
    ("read", "write", "clock_step", "gpio_in", "mem_write", "mem_read", "rx", "break", "probe", "reset", "note")
)
OUTPUTS: Final = frozenset(("irq", "gpio_out", "tx", "event"))
LINE_LIMIT: Final = 1 << 20
TIME_LIMIT: Final = 1 << 62

_SHOWN = 80


@dataclass(slots=True, frozen=True)
class Line:
    """A line of a trace: its number, operation and fields. The accessors raise TraceError with the file and line."""

    file: str
    number: int
    op: str
    fields: Mapping[str, object]

    def fail(self, message: str) -> TraceError:
        """Return an error at this line; the caller raises it."""
        return TraceError(f"{self.file}:{self.number}: {message}")

    def integer(self, key: str, low: int = 0, high: int = (1 << 64) - 1, default: int | None = None) -> int:
        """Return an int field within ``low .. high``, or ``default`` if it is absent."""
        value = self.fields.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(f"'{self.op}' needs an integer '{key}'")
        if not low <= value <= high:
            raise self.fail(f"'{key}' is {value}; it must be {low} .. {high}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string field, or ``default`` if it is absent."""
        value = self.fields.get(key, default)
        if not isinstance(value, str):
            raise self.fail(f"'{self.op}' needs a string '{key}'")
        return value

    def data(self, key: str = "data") -> bytes:
        """Return the bytes of a hexadecimal string field."""
        try:
            return bytes.fromhex(self.text(key))
        except ValueError:
            raise self.fail(f"'{key}' is not hex") from None

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return an object field; an absent field is an empty object."""
        value = self.fields.get(key) or {}
        if not isinstance(value, dict):
            raise self.fail(f"'{key}' must be an object")
        return value

    def __str__(self) -> str:
        """Return the fields as JSON, truncated to a readable length."""
        shown = json.dumps(self.fields)
        return shown if len(shown) <= 4 * _SHOWN else shown[: 4 * _SHOWN] + "…"


def read_lines(file: BinaryIO, name: str, source: str | None = None) -> Iterator[Line]:
    """Yield all lines of a trace, the header first. Raises TraceError at the first line that is not valid.

    No line may follow ``end``; a file without ``end`` is truncated. If a file contains several devices (each line has
    the device's name in ``source``), the argument ``source`` selects one.
    """
    number = 0
    ended = started = False
    given = source is not None
    while raw := file.readline(LINE_LIMIT + 1):
        number += 1
        line = _parse(raw, name, number)
        if not _chosen(line, source, given):
            continue
        if ended:
            raise line.fail("no line may follow 'end'")
        if started == (line.op == "header"):
            raise line.fail("the first line, and no other, must be the header")
        if source is None and line.op == "header":
            source = _source(line)
        started, ended = True, line.op == "end"
        yield line
    if number == 0:
        raise TraceError(f"{name}:1: the file is empty")
    if not started:
        raise TraceError(f"{name}: no trace of a device '{source}' in this file")
    if not ended:
        raise TraceError(f"{name}:{number}: the trace is truncated: it has no 'end' line")


def _source(line: Line) -> str | None:
    source = line.fields.get("source")
    return source if isinstance(source, str) else None


def _chosen(line: Line, source: str | None, given: bool) -> bool:
    """Whether a line belongs to ``source``. If the caller has not ``given`` a source, a second header is an error."""
    found = _source(line)
    if found is None or source is None or found == source:
        return True
    if not given and line.op == "header":
        raise line.fail(
            f"the file contains traces of several devices ('{source}', '{found}', ...): choose one (replay: --device)"
        )
    return False


def _parse(raw: bytes, name: str, number: int) -> Line:
    where = f"{name}:{number}"
    if len(raw) > LINE_LIMIT:
        raise TraceError(f"{where}: a line of more than {LINE_LIMIT} bytes")
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise TraceError(f"{where}: not a line of JSON: {raw[:_SHOWN]!r}") from None
    op = fields.get("op") if isinstance(fields, dict) else None
    if not isinstance(op, str):
        raise TraceError(f"{where}: not an object with an 'op'")
    if op not in INPUTS and op not in OUTPUTS and op not in ("header", "end"):
        raise TraceError(f"{where}: unknown op {op[:_SHOWN]!r}")
    return Line(name, number, op, fields)


def read_header(path: Path) -> Line:
    """Read the header of a trace file. Raises TraceError if the file cannot be read or its first line is not valid."""
    try:
        with open_regular(path) as file:
            return _parse(file.readline(LINE_LIMIT + 1), str(path), 1)
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
