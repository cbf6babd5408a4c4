"""SystemRDL's side effects of reads and writes as a table, and what a register's fields make of one write.

Every write effect is three sets of bits: those it clears, sets and toggles. A set is named by what decides it: the
ones written, the zeros written, or all that were written. Bits of different fields are disjoint, so one statement does
the work of all fields:

    stored = ((stored & ~cleared) | set) ^ toggled
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from devgen.language.model import Field, Register
from devgen.targets.python.python_literals import hexadecimal, mask_of

Term = Literal["ones", "zeros", "written"]
"""Which of the written bits: those written as 1, those written as 0, or both."""


@dataclass(slots=True, frozen=True)
class Effect:
    """What a write does to a bit."""

    clears: Term | None = None
    sets: Term | None = None
    toggles: Term | None = None


# SystemRDL 2.0, 9.6 table 8 (onwrite). "store" is the absence of an onwrite property.
WRITE_EFFECTS: Final[dict[str, Effect]] = {
    "store": Effect(clears="written", sets="ones"),
    "woclr": Effect(clears="ones"),
    "woset": Effect(sets="ones"),
    "wot": Effect(toggles="ones"),
    "wzc": Effect(clears="zeros"),
    "wzs": Effect(sets="zeros"),
    "wzt": Effect(toggles="zeros"),
    "wclr": Effect(clears="written"),
    "wset": Effect(sets="written"),
}

# SystemRDL 2.0, 9.6 table 7 (onread): the statement's operator, and whether its operand is complemented.
READ_EFFECTS: Final[dict[str, tuple[str, str]]] = {"rclr": ("&=", "~"), "rset": ("|=", "")}

WRITABLE: Final = frozenset({"rw", "wo", "rw1", "w1"})
READABLE: Final = frozenset({"ro", "rw", "rw1"})
ONCE: Final = frozenset({"rw1", "w1"})


@dataclass(slots=True, frozen=True)
class Part:
    """Bits of a register that behave alike."""

    bits: int
    access: str
    write: str
    read: str | None
    pulse: bool


def parts_of(register: Register) -> tuple[Part, ...]:
    """The register's bits by how they behave; those of fields that behave alike are one part."""
    if not register.fields:
        return (_part(mask_of(register.width), _behaviour(register, register)),)
    merged: dict[_Behaviour, int] = {}
    for one in register.fields:
        key = _behaviour(one, register)
        merged[key] = merged.get(key, 0) | mask_of(one.width) << one.lsb
    return tuple(_part(bits, key) for key, bits in merged.items())


_Behaviour = tuple[str, str, str | None, bool]


def _behaviour(one: Field | Register, register: Register) -> _Behaviour:
    """(access, write effect, read effect, singlepulse) of a field or a register without fields."""
    return (
        one.access,
        one.write_effect or register.write_effect or "store",
        one.read_effect or register.read_effect,
        one.singlepulse or register.singlepulse,
    )


def _part(bits: int, behaviour: _Behaviour) -> Part:
    return Part(bits, *behaviour)


def readable_bits(parts: Iterable[Part]) -> int:
    """The bits that a read shows; the others read 0."""
    return sum(one.bits for one in parts if one.access in READABLE)


def once_bits(parts: Iterable[Part]) -> int:
    """The bits that only the first write after reset can touch."""
    return sum(one.bits for one in parts if one.access in ONCE)


def pulse_bits(parts: Iterable[Part]) -> int:
    """The bits that clear themselves once the write has done its work."""
    return sum(one.bits for one in parts if one.pulse and one.access in WRITABLE)


@dataclass(slots=True, frozen=True)
class Lanes:
    """How to name the bits that one write touches: ``mask`` text, or None where every write is a full one.

    ``whole`` are the bits the register has: clearing more than them changes nothing.
    """

    mask: str | None
    width: int
    whole: int

    def term(self, term: Term, bits: int, clearing: bool) -> str:
        """Text of a set of bits. What is cleared may name bits that are never set anyway."""
        every = bits == mask_of(self.width) or (clearing and bits & self.whole == self.whole)
        limit = None if every else hexadecimal(bits)
        match term:
            case "ones":
                return _and("value", limit)
            case "zeros" if self.mask is None:
                return "~value" if clearing and every else _and("~value", hexadecimal(bits))
            case "zeros":
                return _and(f"{self.mask} & ~value", limit)
            case "written":
                return hexadecimal(bits) if self.mask is None else _and(self.mask, limit)


def _and(text: str, limit: str | None) -> str:
    return text if limit is None else f"{text} & {limit}"


def write_statement(target: str, parts: Sequence[Part], register: Lanes, once: str | None) -> list[str]:
    """The statement that applies a write of ``value`` to ``target``; none if nothing is writable.

    ``once`` names the local with the write-once bits of this write that are still fresh.
    """
    clears, sets, toggles = (_terms(role, parts, register, once) for role in ("clears", "sets", "toggles"))
    if not (clears or sets or toggles):
        return []
    expression = _kept(target, clears, parts, register)
    if not (sets or toggles):
        return [f"{target} &= {_complement(clears)}" if expression else f"{target} = 0"]
    if not clears and not (sets and toggles):
        return [f"{target} |= {_union(sets)}" if sets else f"{target} ^= {_union(toggles)}"]
    if sets:
        expression = f"{_grouped(expression)} | {_operands(sets)}" if expression else _union(sets)
    if toggles:
        expression = f"{_grouped(expression)} ^ {_grouped(_union(toggles))}" if expression else _union(toggles)
    elif register.mask is not None and _replaces(parts, register.whole):
        # Most writes are of all lanes: they need no merging, which costs more than all the rest of the access.
        full = hexadecimal(mask_of(register.width))
        expression = f"{_grouped(_union(sets))} if {register.mask} == {full} else {expression}"
    return [f"{target} = {expression}"]


def read_statement(target: str, parts: Sequence[Part], register: Lanes) -> list[str]:
    """The statements that apply the read effects to ``target`` after its value was taken."""
    return [
        _read_effect(target, effect, register, bits) for effect in READ_EFFECTS if (bits := _read_bits(parts, effect))
    ]


def _read_bits(parts: Sequence[Part], effect: str) -> int:
    return sum(one.bits for one in parts if one.read == effect and one.access in READABLE)


def _read_effect(target: str, effect: str, register: Lanes, bits: int) -> str:
    operator, complement = READ_EFFECTS[effect]
    clears = bool(complement)
    if clears and register.mask is None and bits & register.whole == register.whole:
        return f"{target} = 0"
    text = register.term("written", bits, clears)
    return f"{target} {operator} {complement}{_grouped(text) if complement else text}"


def _terms(role: str, parts: Sequence[Part], register: Lanes, once: str | None) -> list[str]:
    """The sets of bits of one role, fields with the same term merged."""
    merged: dict[tuple[Term, bool], int] = {}
    for one in parts:
        term: Term | None = getattr(WRITE_EFFECTS[one.write], role)
        if term is not None and one.access in WRITABLE:
            key = (term, one.access in ONCE)
            merged[key] = merged.get(key, 0) | one.bits
    fresh = Lanes(once, register.width, once_bits(parts))
    every_once = fresh.whole
    texts = []
    for (term, limited), bits in merged.items():
        if not limited:
            texts.append(register.term(term, bits, role == "clears"))
        elif term == "ones":
            texts.append(_and(f"value & {once}", None if bits == every_once else hexadecimal(bits)))
        else:
            texts.append(fresh.term(term, mask_of(register.width) if bits == every_once else bits, False))
    return texts


def _kept(target: str, clears: list[str], parts: Sequence[Part], register: Lanes) -> str:
    """What is left of the stored value; empty when nothing is."""
    if not clears:
        return target
    if register.mask is None and len(clears) == 1 and _replaces(parts, register.whole):
        return ""
    return f"{target} & {_complement(clears)}"


def _replaces(parts: Sequence[Part], whole: int) -> bool:
    """Whether nothing of the old value is left after a write of all lanes."""
    stored = sum(one.bits for one in parts if one.access in WRITABLE - ONCE and one.write in ("store", "wclr"))
    return stored & whole == whole


def _complement(terms: list[str]) -> str:
    union = _union(terms)
    return union[1:] if union == "~value" else f"~{_grouped(union)}"


def _union(terms: list[str]) -> str:
    return terms[0] if len(terms) == 1 else _operands(terms)


def _operands(terms: list[str]) -> str:
    return " | ".join(_grouped(term) for term in terms)


def _grouped(text: str) -> str:
    return f"({text})" if " " in text else text
