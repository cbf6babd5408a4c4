"""The trace format: JSON lines, a header first, an ``end`` last, inputs each followed by the outputs they caused.

Reading is streaming and bounded: a line of more than a mebibyte, a number that is none, a field that lacks are errors
with the file's name and the line.
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
    """One line of a trace: its number, its operation and its fields. The accessors raise TraceError with the place."""

    file: str
    number: int
    op: str
    fields: Mapping[str, object]

    def fail(self, message: str) -> TraceError:
        """An error at this line."""
        return TraceError(f"{self.file}:{self.number}: {message}")

    def integer(self, key: str, low: int = 0, high: int = (1 << 64) - 1, default: int | None = None) -> int:
        """An int field within ``low .. high``."""
        value = self.fields.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(f"'{self.op}' needs an integer '{key}'")
        if not low <= value <= high:
            raise self.fail(f"'{key}' is {value}; it must be {low} .. {high}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A string field."""
        value = self.fields.get(key, default)
        if not isinstance(value, str):
            raise self.fail(f"'{self.op}' needs a string '{key}'")
        return value

    def data(self, key: str = "data") -> bytes:
        """A hex string field."""
        try:
            return bytes.fromhex(self.text(key))
        except ValueError:
            raise self.fail(f"'{key}' is not hex") from None

    def mapping(self, key: str) -> Mapping[str, object]:
        """An object field; absent is empty."""
        value = self.fields.get(key) or {}
        if not isinstance(value, dict):
            raise self.fail(f"'{key}' must be an object")
        return value

    def __str__(self) -> str:
        """The fields as JSON, cut to a readable length."""
        shown = json.dumps(self.fields)
        return shown if len(shown) <= 4 * _SHOWN else shown[: 4 * _SHOWN] + "…"


def read_lines(file: BinaryIO, name: str, source: str | None = None) -> Iterator[Line]:
    """All lines of a trace, the header first. Raises TraceError where the file stops being one.

    After the ``end`` line nothing may follow; a file without one was cut off. Where several devices share a file
    (each line says in ``source`` which one it is of), ``source`` chooses one of them.
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
            raise line.fail("nothing may follow 'end'")
        if started == (line.op == "header"):
            raise line.fail("the header must be the first line, and only that")
        if source is None and line.op == "header":
            source = _source(line)
        started, ended = True, line.op == "end"
        yield line
    if number == 0:
        raise TraceError(f"{name}:1: the file is empty")
    if not started:
        raise TraceError(f"{name}: no trace of a device '{source}' in this file")
    if not ended:
        raise TraceError(f"{name}:{number}: the trace is cut off: no 'end' line")


def _source(line: Line) -> str | None:
    source = line.fields.get("source")
    return source if isinstance(source, str) else None


def _chosen(line: Line, source: str | None, given: bool) -> bool:
    """Whether a line is of the trace of ``source``. If nobody has ``given`` that, there may be no other's header."""
    found = _source(line)
    if found is None or source is None or found == source:
        return True
    if not given and line.op == "header":
        raise line.fail(
            f"the file holds traces of several devices ('{source}', '{found}' ..): choose one (replay: --device)"
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
    """The header of a trace file. Raises TraceError, also when the file cannot be read."""
    try:
        with open_regular(path) as file:
            return _parse(file.readline(LINE_LIMIT + 1), str(path), 1)
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
