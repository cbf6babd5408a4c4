"""Registers, arrays and register files of a peripheral, without overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from devgen.exchange.describe.fields import FieldsOf, effects
from devgen.exchange.describe.names import Namer
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Dimension, Group, Register
from devgen.exchange.yaml_text import Hex

_ALL: Final = (1 << 64) - 1
_WIDTHS: Final = (8, 16, 32, 64)
MOST_ELEMENTS: Final = 1 << 20
"""Most elements of all arrays of a peripheral together."""


@dataclass(slots=True)
class Layout:
    """Describes the members of one peripheral. ``width`` is the default width of its registers."""

    findings: Findings
    path: str
    width: int
    end: int = 0
    """The first offset after all registers."""
    _taken: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    _elements: int = 0

    def describe(self, members: tuple[Register | Group, ...]) -> dict[str, Any]:
        """Return the value of ``registers``, in the order of the source."""
        namer = Namer(self.findings, self.path)
        registers: dict[str, Any] = {}
        for member in _flat(members):
            entry = self._file(member) if isinstance(member, Group) else self._register(member, 0)
            if entry is not None:
                registers[namer.take(member.name, member.place)] = entry
        return registers

    def _file(self, group: Group) -> dict[str, Any] | None:
        dimension = group.dimension
        assert dimension is not None  # _flat dissolves the others
        namer = Namer(self.findings, f"{self.path}.{group.name}")
        members: dict[str, Any] = {}
        for member in _flat(group.members, inside=True):
            assert isinstance(member, Register)
            entry = self._register(member, group.offset, dimension, group.name)
            if entry is not None:
                members[namer.take(member.name, member.place)] = entry
        if not members:
            return None
        text = {"description": group.description} if group.description else {}
        place = {"at": Hex(group.offset), "count": dimension.count, "stride": Hex(dimension.stride)}
        return place | text | {"registers": members}

    def _register(
        self, register: Register, base: int, outer: Dimension | None = None, group: str = ""
    ) -> dict[str, Any] | None:
        part = ".".join(name for name in (self.path, group, register.name) if name)
        width = self._legal_width(register, part)
        register = self._spread(register, width, part)
        if not self._claim(register, base, width, outer, part):
            return None
        entry: dict[str, Any] = {"at": Hex(register.offset)}
        if register.dimension is not None:
            entry |= {"count": register.dimension.count, "stride": Hex(register.dimension.stride)}
        if width != self.width:
            entry["width"] = width
        if register.access != "rw":
            entry["access"] = register.access
        reset = register.reset & ((1 << width) - 1)
        fields = FieldsOf(register, width, part, self.findings).describe()
        if reset:
            entry["reset"] = Hex(reset)
        entry |= effects(register, register.access, part, self.findings)
        if register.title:
            entry["title"] = register.title
        if register.description and register.description != register.name:
            entry["description"] = register.description
        self._report_unknown(register, width, part)
        return entry | ({"fields": fields} if fields else {})

    def _report_unknown(self, register: Register, width: int, part: str) -> None:
        ones = (1 << width) - 1
        known = register.reset_known
        if known is not None and known not in (ones, 0xFFFF_FFFF, _ALL) and known & ones != ones:
            text = f"resetMask {register.reset_known:#x}: which bits have an unknown reset value"
            self.findings.add(Outcome.LEFT_OUT, register.place, part, text)

    def _legal_width(self, register: Register, part: str) -> int:
        width = next((width for width in _WIDTHS if width >= register.width), _WIDTHS[-1])
        if width != register.width:
            text = f"a width of {register.width} bits; {width} came over"
            self.findings.add(Outcome.CORRECTED, register.place, part, text)
        return width

    def _spread(self, register: Register, width: int, part: str) -> Register:
        """Return the register with a stride of at least its size."""
        dimension = register.dimension
        if dimension is None or dimension.stride >= width // 8 or dimension.count == 1:
            return register
        text = f"a stride of {dimension.stride} bytes, less than the register's {width // 8}; {width // 8} came over"
        self.findings.add(Outcome.CORRECTED, register.place, part, text)
        return replace(register, dimension=replace(dimension, stride=width // 8))

    def _claim(self, register: Register, base: int, width: int, outer: Dimension | None, part: str) -> bool:
        """Take the register's bytes; False, with a finding, if an earlier register has some of them."""
        size = width // 8
        starts = list(_starts(base + register.offset, register.dimension, outer))
        self._elements += len(starts)
        if self._elements > MOST_ELEMENTS:
            self.findings.add(
                Outcome.LEFT_OUT, register.place, part, f"more than {MOST_ELEMENTS} registers in one peripheral"
            )
            return False
        if starts[0] % size:
            text = f"offset {starts[0]:#x} is no multiple of its {size} bytes"
            self.findings.add(Outcome.LEFT_OUT, register.place, part, text)
            return False
        for start in starts:
            if other := self._other(start, size, register.access):
                text = f"its bytes from {start:#x} are those of {other}"
                self.findings.add(Outcome.LEFT_OUT, register.place, part, text)
                return False
        for start in starts:
            self._take(start, size, register)
        return True

    def _other(self, start: int, size: int, access: str) -> str:
        for word, bits in _words(start, size, access):
            for taken, name in self._taken.get(word, ()):
                if taken & bits:
                    return name
        return ""

    def _take(self, start: int, size: int, register: Register) -> None:
        self.end = max(self.end, start + size)
        for word, bits in _words(start, size, register.access):
            self._taken.setdefault(word, []).append((bits, register.name))


def _starts(offset: int, inner: Dimension | None, outer: Dimension | None) -> Iterator[int]:
    for step in range(outer.count if outer else 1):
        for place in range(inner.count if inner else 1):
            yield offset + step * (outer.stride if outer else 0) + place * (inner.stride if inner else 0)


def _words(start: int, size: int, access: str) -> Iterator[tuple[int, int]]:
    """Yield each word of 8 bytes with a bit for each byte read (bits 7:0) and written (bits 15:8) there.

    A read-only and a write-only register may have the same offset: their bits differ.
    """
    for word in range(start // 8, (start + size - 1) // 8 + 1):
        first, last = max(start - word * 8, 0), min(start + size - word * 8, 8)
        bits = ((1 << (last - first)) - 1) << first
        yield word, (bits if access != "wo" else 0) | (bits << 8 if access != "ro" else 0)


def _flat(members: tuple[Register | Group, ...], inside: bool = False) -> Iterator[Register | Group]:
    """Yield registers, and groups that the language can repeat; other groups are dissolved into their members.

    ``inside`` a register file nothing can repeat.
    """
    for member in members:
        dimension = member.dimension
        if dimension is not None and (inside or member.pattern or _too_dense(member)):
            yield from _flat(tuple(_elements(member, dimension)), inside)
        elif isinstance(member, Group) and dimension is None:
            prefix = f"{member.name}_"
            yield from _flat(
                tuple(
                    replace(
                        inner,
                        name=prefix + inner.name,
                        pattern=inner.pattern and prefix + inner.pattern,
                        offset=member.offset + inner.offset,
                    )
                    for inner in member.members
                ),
                inside,
            )
        else:
            yield member


def _elements(member: Register | Group, dimension: Dimension) -> Iterator[Register | Group]:
    pattern = (member.pattern or f"{member.name}%s").replace("[%s]", "%s")
    for place, index in enumerate(dimension.names):
        name = pattern.replace("%s", index)
        yield replace(member, name=name, pattern="", dimension=None, offset=member.offset + place * dimension.stride)


def _too_dense(member: Register | Group) -> bool:
    """Whether a group's elements would overlap."""
    if isinstance(member, Register) or member.dimension is None:
        return False
    ends = (inner.offset + (inner.size if isinstance(inner, Register) else 1) for inner in member.members)
    return member.dimension.stride < max(ends, default=0)
