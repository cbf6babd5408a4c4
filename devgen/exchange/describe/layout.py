"""Registers, arrays and register files of a peripheral; those that share bytes become alternates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Final

from devgen.exchange.describe.aliases import resolve_aliases
from devgen.exchange.describe.element_views import crowded_arrays
from devgen.exchange.describe.fields import FieldsOf, constraint_key, effects, has_taker
from devgen.exchange.describe.flattening import elements, elements_in, extent_of, flat, singles_in
from devgen.exchange.describe.hardware import HardwareSides
from devgen.exchange.describe.names import Namer
from devgen.exchange.describe.overlaps import Bytes, Occupied, Repetitions, bytes_of, with_common_access
from devgen.exchange.describe.shared_bits import directions
from devgen.exchange.describe.source_names import Owner
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Dimension, Group, Register
from devgen.exchange.yaml_text import Hex

MOST_ELEMENTS: Final = 1 << 20
"""Most elements of all arrays of a peripheral together."""

LARGEST: Final = 1 << 48
"""Most bytes of a region."""

MOST_ENTRIES: Final = 1 << 16
"""Most registers and arrays that a description of a peripheral has."""

_ALL: Final = (1 << 64) - 1
_WIDTHS: Final = (8, 16, 32, 64)


@dataclass(slots=True, frozen=True)
class _Scope:
    """Where members stand: at the top of a region, or in a register file with an offset and a repetition."""

    path: str
    base: int = 0
    outer: Repetitions = ()
    top: bool = True
    files: tuple[str, ...] = ()

    def within(self, group: Group, name: str) -> _Scope:
        """Return the scope of a group's members."""
        own = (group.dimension,) if group.dimension else ()
        files = (*self.files, name)
        return _Scope(f"{self.path}.{name}", self.base + group.offset, (*self.outer, *own), False, files)

    @property
    def elements(self) -> int:
        """How often each member stands in the region."""
        return prod([repetition.count for repetition in self.outer])


@dataclass(slots=True, frozen=True)
class _Candidate:
    """A member with the name, width and bytes that it wants; ``width`` is 0 for a register file."""

    name: str
    member: Register | Group
    width: int
    bytes: Bytes


@dataclass(slots=True)
class Layout:
    """Describes the members of one peripheral. ``width`` is the default width of its registers."""

    findings: Findings
    path: str
    width: int
    big_endian: bool = False
    end: int = 0
    """The first offset after all registers."""
    bytes: dict[int, int] = field(default_factory=dict)
    """The bytes of all registers; see `Bytes`."""
    _elements: int = 0
    sides: HardwareSides = field(init=False)

    def __post_init__(self) -> None:
        self.sides = HardwareSides(self.findings)

    def describe(self, members: tuple[Register | Group, ...]) -> dict[str, Any]:
        """Return the value of ``registers``, in the order of the source."""
        described = self._members(flat(tuple(self._bounded(members))), _Scope(self.path))
        self.sides.resolve({*described})
        return described

    def _members(self, members: Iterable[Register | Group], scope: _Scope) -> dict[str, Any]:
        namer = Namer(self.findings, scope.path)
        candidates: list[_Candidate] = []
        for member in self._separated([*members], scope):
            found = self._candidate(member, scope, namer)
            candidates += [] if found is None else [found]
        bases = self._bases(candidates, scope)
        entries: dict[str, Any] = {}
        for candidate in candidates:
            if candidate.name in bases:
                entry = self._entry(candidate, scope, bases[candidate.name])
                if entry is not None:
                    entries[candidate.name] = entry
        resolve_aliases(entries, [(each.name, each.member) for each in candidates], scope.path, self.findings)
        return entries

    def _bounded(self, members: Iterable[Register | Group]) -> Iterator[Register | Group]:
        """Yield the members, up to a number of registers that can be described."""
        entries = 0
        for member in members:
            if extent_of(member) > LARGEST:
                text = f"registers up to {extent_of(member):#x}, beyond the {LARGEST:#x} bytes that a region can have"
                self._say(Outcome.LEFT_OUT, member, f"{self.path}.{member.name}", text)
            elif elements_in(member) > MOST_ELEMENTS or entries + (more := singles_in(member)) > MOST_ENTRIES:
                text = f"more than {MOST_ELEMENTS} registers, or {MOST_ENTRIES} that are in no array, in one peripheral"
                self._say(Outcome.LEFT_OUT, member, f"{self.path}.{member.name}", text)
            else:
                entries += more
                yield member

    def _separated(self, members: list[Register | Group], scope: _Scope) -> Iterator[Register | Group]:
        """Yield the members, and the elements of arrays of which another register shows one with other bits."""
        crowded = {id(array) for array in crowded_arrays(members, self.big_endian)}
        for member in members:
            if id(member) in crowded and member.dimension is not None:
                text = "another register shows one of its elements, with other fields; single registers came over"
                self._say(Outcome.CORRECTED, member, f"{scope.path}.{member.name}", text)
                yield from elements(member, member.dimension)
            else:
                yield member

    def _candidate(self, member: Register | Group, scope: _Scope, namer: Namer) -> _Candidate | None:
        part = f"{scope.path}.{member.name}"
        if member.offset < 0:
            self._say(Outcome.LEFT_OUT, member, part, f"its offset is negative, {member.offset}")
            return None
        if isinstance(member, Group):
            if scope.elements * _elements_of(member) > MOST_ELEMENTS:
                self._say(Outcome.LEFT_OUT, member, part, f"more than {MOST_ELEMENTS} registers in one peripheral")
                return None
            wanted = _bytes_of_group(member, scope)
            return _Candidate(namer.take(member.name, member.place), member, 0, wanted) if wanted else None
        width = self._legal_width(member, part)
        member = with_common_access(self._spread(member, width, part))
        self._elements += scope.elements * (member.dimension.count if member.dimension else 1)
        if self._elements > MOST_ELEMENTS:
            self._say(Outcome.LEFT_OUT, member, part, f"more than {MOST_ELEMENTS} registers in one peripheral")
            return None
        if (scope.base + member.offset) % (width // 8):
            self._say(Outcome.LEFT_OUT, member, part, f"its offset is no multiple of its {width // 8} bytes")
            return None
        wanted = bytes_of(member, width // 8, scope.base, scope.outer)
        return _Candidate(namer.take(member.name, member.place), member, width, wanted)

    def _bases(self, candidates: list[_Candidate], scope: _Scope) -> dict[str, str]:
        """Return for each candidate that fits the one it is an alternate of, or its own name; the widest is first."""
        kinds = {candidate.name: candidate.width > 0 for candidate in candidates}
        occupied = Occupied()
        for candidate in sorted(candidates, key=_rank):
            owners = occupied.owners(candidate.bytes)
            fitting = {owner for owner in owners if kinds[owner] == kinds[candidate.name]}
            fitting = {owner for owner in fitting if occupied.shares(owner, candidate.bytes)}
            if len(owners) > 1 or owners != fitting:
                text = f"its bytes are those of {', '.join(sorted(owners))}: it can be a view of one register only"
                self._say(Outcome.LEFT_OUT, candidate.member, f"{scope.path}.{candidate.name}", text)
                continue
            occupied.base_of[candidate.name] = min(owners, default=candidate.name)
            occupied.take(candidate.name, candidate.bytes)
            if scope.top:
                self.end = max(self.end, _end(candidate))
                for word, bits in candidate.bytes.items():
                    self.bytes[word] = self.bytes.get(word, 0) | bits
        return occupied.base_of

    def _entry(self, candidate: _Candidate, scope: _Scope, base: str) -> dict[str, Any] | None:
        alternate = {} if base == candidate.name else {"alternate": base}
        if isinstance(candidate.member, Group):
            return self._file(candidate.member, candidate.name, scope, alternate)
        return self._register(candidate, candidate.member, scope, alternate)

    def _file(self, group: Group, name: str, scope: _Scope, alternate: dict[str, str]) -> dict[str, Any] | None:
        members = self._members(flat(group.members), scope.within(group, name))
        if not members:
            return None
        place: dict[str, Any] = {"at": Hex(group.offset)}
        place |= _repetition(group.dimension)
        texts = {"title": _indexed(group, group.title), "description": _indexed(group, group.description)}
        text = {key: value for key, value in texts.items() if value}
        return place | alternate | text | {"registers": members}

    def _register(
        self, candidate: _Candidate, register: Register, scope: _Scope, alternate: dict[str, str]
    ) -> dict[str, Any]:
        width, name, part = candidate.width, candidate.name, f"{scope.path}.{register.name}"
        entry: dict[str, Any] = {"at": Hex(register.offset)}
        entry |= _repetition(register.dimension)
        if width != self.width:
            entry["width"] = width
        if register.access != "rw":
            entry["access"] = register.access
        entry |= alternate
        reset = register.reset & ((1 << width) - 1) & _reset_mask(register, width).get("reset_mask", _ALL)
        if alternate and reset:
            text = f"a reset value of its own, {reset:#x}; {alternate['alternate']} has the reset value of these bytes"
            self._say(Outcome.CORRECTED, register, part, text)
        elif reset:
            entry["reset"] = Hex(reset)
        fields = self._fields(register, width, part, alternate, scope, name, reset)
        if not alternate:
            entry |= _reset_mask(register, width)
            taken = effects(register, register.access, part, self.findings)
            entry |= {key: word for key, word in taken.items() if not fields or has_taker(key, fields, register.access)}
        if not fields:
            entry |= constraint_key(register, width, register.access, part, self.findings)
        if register.protection:
            entry["protection"] = register.protection
        if register.title:
            entry["title"] = _indexed(register, register.title)
        if register.description and register.description != register.name:
            entry["description"] = _indexed(register, register.description)
        return entry | ({"fields": fields} if fields else {})

    def _fields(
        self,
        register: Register,
        width: int,
        part: str,
        alternate: dict[str, str],
        scope: _Scope,
        name: str,
        reset: int,
    ) -> dict[str, Any]:
        if alternate:
            self.sides.refuse_locks(register, part)
            unlocked = tuple(replace(field, lock=None, hardware=()) for field in register.fields)
            register, reset = replace(register, fields=unlocked), 0
        described = replace(register, reset=reset)
        own = () if register.dimension is None else (register.dimension,)
        owner = Owner(scope.files, name, scope.outer, own)
        fields = FieldsOf(described, width, part, self.findings, self.sides, owner)
        return fields.describe()

    def _legal_width(self, register: Register, part: str) -> int:
        width = _legal(register.width)
        if width != register.width:
            self._say(Outcome.CORRECTED, register, part, f"a width of {register.width} bits; {width} came over")
        return width

    def _spread(self, register: Register, width: int, part: str) -> Register:
        """Return the register with a stride of at least its size."""
        dimension = register.dimension
        if dimension is None or dimension.stride >= width // 8 or dimension.count == 1:
            return register
        text = f"a stride of {dimension.stride} bytes, less than the register's {width // 8}; {width // 8} came over"
        self._say(Outcome.CORRECTED, register, part, text)
        return replace(register, dimension=replace(dimension, stride=width // 8))

    def _say(self, outcome: Outcome, member: Register | Group, part: str, text: str) -> None:
        self.findings.add(outcome, member.place, part, text)


def _reset_mask(register: Register, width: int) -> dict[str, Any]:
    """Return the key ``reset_mask``, unless all bits have a known reset value."""
    ones, known = (1 << width) - 1, register.reset_known
    if known is None or known in (0xFFFF_FFFF, _ALL) or known & ones == ones:
        return {}
    return {"reset_mask": Hex(known & ones)}


def _elements_of(member: Register | Group) -> int:
    """Return the number of registers in all elements of a member."""
    count = member.dimension.count if member.dimension else 1
    return count * (sum(map(_elements_of, member.members)) if isinstance(member, Group) else 1)


def _bytes_of_group(group: Group, scope: _Scope) -> dict[int, int]:
    """Return the bytes of all registers in a group."""
    wanted: dict[int, int] = {}
    inside = scope.within(group, group.name)
    for member in flat(group.members):
        if isinstance(member, Group):
            found = _bytes_of_group(member, inside)
        else:
            found = bytes_of(with_common_access(member), _legal(member.width) // 8, inside.base, inside.outer)
        for word, bits in found.items():
            wanted[word] = wanted.get(word, 0) | bits
    return wanted


def _indexed(member: Register | Group, text: str) -> str:
    """Return a text of an array with ``n`` for the index, for which a source has ``%s``."""
    return text.replace("[%s]", "[n]").replace("%s", "n") if member.dimension else text


def _repetition(dimension: Dimension | None) -> dict[str, Any]:
    """Return the keys ``count``, ``stride`` and ``index_names``."""
    if dimension is None:
        return {}
    if len(dimension.shape) > 1:
        strides = [dimension.stride * prod(dimension.shape[place + 1 :]) for place in range(len(dimension.shape))]
        return {"count": list(dimension.shape), "stride": [Hex(stride) for stride in strides]}
    stride = {"stride": Hex(dimension.stride)} if dimension.count > 1 else {}
    names = {} if dimension.plain else {"index_names": list(dimension.names)}
    return {"count": dimension.count} | stride | names


def _end(candidate: _Candidate) -> int:
    """Return the first offset after a candidate, with the gap behind the last element of a register file."""
    member, dimension = candidate.member, candidate.member.dimension
    last = max(word * 8 + _last_byte(bits) for word, bits in candidate.bytes.items()) + 1
    whole = member.offset + dimension.count * dimension.stride if dimension and isinstance(member, Group) else 0
    return max(last, whole)


def _rank(candidate: _Candidate) -> tuple[int, int, bool]:
    """Sort the widest first, of equal ones the one with the most elements, then one that can be read and written."""
    member = candidate.member
    one_way = isinstance(member, Register) and not all(directions(member.access))
    return -candidate.width, -(member.dimension.count if member.dimension else 1), one_way


def _legal(width: int) -> int:
    return next((legal for legal in _WIDTHS if legal >= width), _WIDTHS[-1])


def _last_byte(bits: int) -> int:
    """Return the highest byte that is read or written, of a word's bits."""
    return ((bits | bits >> 8) & 0xFF).bit_length() - 1
