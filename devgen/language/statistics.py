"""The size of a description, and the share of its device's behaviour that it contains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from devgen.common.quick_dataclass import dataclass
from devgen.language import LoadResult
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Device, Register, RegisterFile
from devgen.language.reading.includes import Includer
from devgen.language.reading.source_map import Sources

_ROUTINES: Final = frozenset(("functions", "actions"))
_HOOKS_WORDS = """
    read write before_read on_read on_write on_ring on_input on_expire on_receive on_break on_reset on_writable
    level enable match
"""
_HOOKS: Final = frozenset(_HOOKS_WORDS.split())
_NO_BEHAVIOUR: Final = frozenset(("fields", "properties", "constants", "events", "values", "pci"))
"""Keys whose entries may have the name of a hook."""


@dataclass(slots=True, frozen=True)
class Statistics:
    """Sizes of one description.

    ``lines`` are those of its files, the included ones too, without blank lines and comments; ``registers`` and
    ``fields`` are counted as declared, an array once. ``behaviour`` are lines of expressions and statements.
    """

    lines: int
    registers: int
    fields: int
    behaviour: int


def measure(loaded: LoadResult) -> Statistics | None:
    """Return the sizes of a loaded description, or None if it has no device."""
    if loaded.device is None or not loaded.sources:
        return None
    registers = list(_registers(loaded.device))
    return Statistics(
        lines=sum(_lines(path) for path in loaded.sources),
        registers=len(registers),
        fields=sum(len(register.fields) for register in registers if register.alias is None),
        behaviour=_behaviour(loaded.sources[0]),
    )


def _registers(device: Device) -> Iterator[Register]:
    for region in device.regions:
        for entry in region.entries:
            if isinstance(entry, RegisterFile):
                yield from entry.registers
            else:
                yield entry


def _lines(path: Path) -> int:
    try:
        return _code(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):  # it has been deleted since it was read
        return 0


def _code(text: str) -> int:
    stripped = (line.strip() for line in text.splitlines())
    return sum(1 for line in stripped if line and not line.startswith("#"))


def _behaviour(path: Path) -> int:
    sources = Sources()
    tree = Includer(sources, Diagnostics(lines=sources.line)).load(path)
    return 0 if tree is None else sum(_code(text) for text in _texts(tree))


def _texts(node: dict[str, Any]) -> Iterator[str]:
    for key, value in node.items():
        if key in _ROUTINES and isinstance(value, dict):
            for body in value.values():
                yield from _statements(body)
        elif key == "match" and isinstance(value, int):  # a doorbell's
            continue
        elif key in _HOOKS and not isinstance(value, dict):
            yield from _statements(value)
        elif isinstance(value, dict) and key not in _NO_BEHAVIOUR:
            yield from _texts(value)


def _statements(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        yield str(item)
