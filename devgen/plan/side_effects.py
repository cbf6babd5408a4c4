"""SystemRDL's side effects of reads and writes as a table, and their combination for all fields of a register.

Every write effect is three sets of bits: those that it clears, sets and toggles. Each set consists of the bits written
as 1, the bits written as 0, or all written bits. Bits of different fields are disjoint, so that one expression
implements all fields:

    stored = ((stored & ~cleared) | set) ^ toggled

``written`` are the bits in ``mask`` if an access may cover only some lanes, else all bits of the register.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache, reduce
from operator import or_
from typing import Final, Literal

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir
from devgen.language.model import Field, Register
from devgen.plan.registers import mask_of_bits
from devgen.plan.steps import Store, local

Term = Literal["ones", "zeros", "written"]
"""The selected written bits: those written as 1, those written as 0, or both."""


@dataclass(slots=True, frozen=True)
class Effect:
    """The effect of a write on a bit."""

    clears: Term | None = None
    sets: Term | None = None
    toggles: Term | None = None


# SystemRDL 2.0, 9.6 table 8 (onwrite). "store" is the absence of an onwrite property, and
# "unstored" a write-only field on bits of a read-only one (10.1.3: such fields may overlap).
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
    "unstored": Effect(),
}

# SystemRDL 2.0, 9.6 table 7 (onread): what a read does to the bits that were read.
READ_EFFECTS: Final[dict[str, Effect]] = {"rclr": Effect(clears="written"), "rset": Effect(sets="written")}

WRITABLE: Final = frozenset({"rw", "wo", "rw1", "w1"})
READABLE: Final = frozenset({"ro", "rw", "rw1"})
ONCE: Final = frozenset({"rw1", "w1"})


@dataclass(slots=True, frozen=True)
class Part:
    """Bits of a register with the same behaviour."""

    bits: int
    access: str
    write: str
    read: str | None
    pulse: bool


@dataclass(slots=True, frozen=True)
class Parts:
    """All bits of a register, by behaviour. Registers whose fields lie and behave alike share one object.

    ``readable``: the others read as 0. ``writable``: a write does not change the others. ``once``: only the first write
    after a reset changes them. ``pulsed``: they are cleared at the end of a write (SystemRDL 2.0: singlepulse).
    """

    parts: tuple[Part, ...]
    readable: int
    writable: int
    once: int
    pulsed: int

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts)


_Behaviour = tuple[str, str, str | None, bool]
"""(access, write effect, read effect, singlepulse)"""


def parts_of(register: Register) -> Parts:
    """Return the register's bits grouped by behaviour; fields with the same behaviour are one part.

    Of fields that share bits the first that can be read gives the value and the effect of a read, and the first that
    can be written those of a write. A write-only field does not change bits of a read-only one.
    """
    if not register.fields:
        return _grouped(((mask_of_bits(register.width), _behaviour(register, register)),))
    fields = (*register.fields, *register.also)
    return _grouped(tuple([(field.mask, _behaviour(field, register)) for field in fields]))


def _behaviour(part: Field | Register, register: Register) -> _Behaviour:
    """Return the behaviour of a field or a register without fields."""
    return (
        part.access,
        part.write_effect or register.write_effect or "store",
        part.read_effect or register.read_effect,
        part.singlepulse or register.singlepulse,
    )


@lru_cache(maxsize=1024)
def _grouped(fields: tuple[tuple[int, _Behaviour], ...]) -> Parts:
    """Group the bits of fields (mask, behaviour)."""
    merged: dict[_Behaviour, int] = {}
    read = written = 0
    fixed = reduce(or_, (mask for mask, behaviour in fields if behaviour[0] == "ro"), 0)
    for mask, (access, write, read_effect, pulse) in fields:
        readable = mask & ~read if access in READABLE else 0
        writable = mask & ~written if access in WRITABLE else 0
        lost = writable & fixed if access in ("wo", "w1") else 0
        for bits, limited in _by_access(access, readable, writable & ~lost):
            key = (limited, write, read_effect, pulse)
            merged[key] = merged.get(key, 0) | bits
        if lost:
            key = ("wo", "unstored", None, False)
            merged[key] = merged.get(key, 0) | lost
        read, written = read | readable, written | writable
    parts = tuple(Part(bits, *key) for key, bits in merged.items())
    writables = [part for part in parts if part.access in WRITABLE]
    return Parts(
        parts,
        readable=_bits_of(part for part in parts if part.access in READABLE),
        writable=_bits_of(writables),
        once=_bits_of(part for part in writables if part.access in ONCE),
        pulsed=_bits_of(part for part in writables if part.pulse),
    )


def _by_access(access: str, readable: int, writable: int) -> Iterator[tuple[int, str]]:
    """Yield the bits of a field that can be read and written, only read, and only written, with their access."""
    once = access in ONCE
    for bits, limited in (
        (readable & writable, access),
        (readable & ~writable, "ro"),
        (writable & ~readable, "w1" if once else "wo"),
    ):
        if bits:
            yield bits, limited


def _bits_of(parts: Iterable[Part]) -> int:
    return sum(part.bits for part in parts)


def lowest_byte(bits: int) -> int:
    """Those of ``bits`` in the lowest byte that has any; 0 if none has."""
    return bits & 0xFF << ((bits & -bits).bit_length() - 1) // 8 * 8 if bits else 0


def highest_byte(bits: int) -> int:
    """Those of ``bits`` in the highest byte that has any; 0 if none has."""
    return bits & 0xFF << (bits.bit_length() - 1) // 8 * 8 if bits else 0


@dataclass(slots=True, frozen=True)
class Selection:
    """The bits of a register that an access selects.

    ``width``: the register's bits. ``whole``: the mask of those that exist. ``written`` names the local with the
    accessed bits: ``mask``, or ``fresh`` for write-once bits; None: the whole register.
    """

    width: int
    whole: int
    written: str | None

    def term(self, term: Term, bits: int, clearing: bool = False) -> ir.Expr:
        """Return a set of bits. The set to clear may include bits that are never set."""
        return _term(self, term, bits, clearing)

    def make(self, term: Term, bits: int, clearing: bool) -> ir.Expr:
        """Make what `term` returns."""
        every = bits == mask_of_bits(self.width) or (clearing and bits & self.whole == self.whole)
        limit = None if every else bits
        value = local("value", self.width)
        match term:
            case "ones":
                return _limited(value, limit)
            case "zeros" if self.written is None:
                return complement(value) if clearing and every else _limited(complement(value), bits)
            case "zeros":
                return _limited(_and(self._mask, complement(value)), limit)
            case "written":
                return ir.Int(bits) if self.written is None else _limited(self._mask, limit)

    @property
    def _mask(self) -> ir.Load:
        assert self.written is not None
        return local(self.written, self.width)


_term = lru_cache(maxsize=1024)(Selection.make)
"""The terms that were made: registers of one shape share them, and a target lowers a shared expression once."""


@dataclass(slots=True, frozen=True)
class Target:
    """A register that an access changes: its place and the bits that the access selects.

    ``lanes``: an access may cover only some lanes, those in ``mask``. ``old``: the stored value before the access.
    """

    place: ir.RegisterPlace
    whole: int
    lanes: bool
    old: ir.Load
    selection: Selection

    @staticmethod
    def make(place: ir.RegisterPlace, whole: int, lanes: bool) -> Target:
        """The target whose bits are those in ``whole``."""
        selection = Selection(place.width, whole, "mask" if lanes else None)
        return Target(place, whole, lanes, ir.Load(place, ir.Range(0, whole)), selection)


@dataclass(slots=True, frozen=True)
class _Formula:
    """What a write does with the bits of a register of one shape. Registers of the same shape share the expressions.

    The new value is the old one limited to ``kept``, with the bits of ``sets``, and with ``toggles`` inverted. None
    stands for a step without effect. ``cleared``: the bits to clear are a single term. ``replaces``: a write of all
    lanes replaces the old value.
    """

    kept: ir.Expr | None
    sets: tuple[ir.Expr, ...]
    every_set: ir.Expr | None
    toggles: ir.Expr | None
    cleared: bool
    replaces: bool

    def limited(self, target: Target) -> ir.Expr | None:
        """Return the part of the stored value that is kept, or None if nothing is kept."""
        if self.kept is None:
            return target.old
        if not target.lanes and self.cleared and self.replaces:
            return None
        return _and(target.old, self.kept)


def write_store(target: Target, parts: Parts, fresh: str | None) -> Store | None:
    """Return the store of a write of ``value``, or None if no bit is writable.

    ``fresh`` names the local with the write-once bits that this write is the first to write.
    """
    formula = _formula(target.selection, parts, fresh)
    clears, every_set, toggles = formula.kept is not None, formula.every_set, formula.toggles
    if not (clears or every_set or toggles):
        return None
    value = formula.limited(target)
    if every_set and not (clears or toggles):
        value = _or(target.old, every_set)
    elif every_set:
        value = every_set if value is None else reduce(_or, formula.sets, value)
    if toggles:
        value = toggles if value is None else _binary("^", value, toggles)
    elif every_set and clears and target.lanes and formula.replaces:
        return Store(target.place, value or ir.Int(0), every_set, mask_of_bits(target.place.width))
    return Store(target.place, value or ir.Int(0))


def read_stores(target: Target, parts: Parts) -> tuple[Store, ...]:
    """Return the stores that apply the read effects, after the value was read."""
    effects = {part.read for part in parts}
    bits = {effect: _bits_of(part for part in parts if part.read == effect and part.access in READABLE)
            for effect in READ_EFFECTS if effect in effects}  # fmt: skip
    return tuple(Store(target.place, _read_effect(target, effect, found)) for effect, found in bits.items() if found)


def _read_effect(target: Target, effect: str, bits: int) -> ir.Expr:
    if READ_EFFECTS[effect].clears is None:
        return _or(target.old, target.selection.term("written", bits))
    if not target.lanes and bits & target.whole == target.whole:
        return ir.Int(0)
    return _and(target.old, complement(target.selection.term("written", bits, clearing=True)))


def fall(target: Target, bits: int) -> Store:
    """Return the store that clears the singlepulse bits."""
    whole = bits & target.whole == target.whole
    return Store(target.place, ir.Int(0) if whole else _and(target.old, complement(ir.Int(bits))))


@lru_cache(maxsize=1024)
def _formula(selection: Selection, parts: Parts, fresh: str | None) -> _Formula:
    once = Selection(selection.width, parts.once, fresh)
    clears, sets, toggles = (_terms(role, parts, selection, once) for role in ("clears", "sets", "toggles"))
    kept, every_set, inverted = (_union(terms) if terms else None for terms in (clears, sets, toggles))
    if kept is not None:
        kept = complement(kept)
    return _Formula(kept, sets, every_set, inverted, len(clears) == 1, _replaces(parts, selection.whole))


def _terms(role: str, parts: Parts, selection: Selection, once: Selection) -> tuple[ir.Expr, ...]:
    """Return the sets of bits with one role; fields with the same term are merged."""
    merged: dict[tuple[Term, bool], int] = {}
    for part in parts:
        term: Term | None = getattr(WRITE_EFFECTS[part.write], role)
        if term is not None and part.access in WRITABLE:
            key = (term, part.access in ONCE)
            merged[key] = merged.get(key, 0) | part.bits
    clearing = role == "clears"
    return tuple(
        _once(once, term, bits) if limited else selection.term(term, bits, clearing)
        for (term, limited), bits in merged.items()
    )


def _once(once: Selection, term: Term, bits: int) -> ir.Expr:
    """Return a set of write-once bits, limited to those that are not written yet."""
    every = bits == once.whole
    if term == "ones":
        touched = _and(local("value", once.width), once.term("written", mask_of_bits(once.width)))
        return _limited(touched, None if every else bits)
    return once.term(term, mask_of_bits(once.width) if every else bits)


def _replaces(parts: Parts, whole: int) -> bool:
    """Whether a write of all lanes replaces the whole old value."""
    stored = _bits_of(part for part in parts if part.access in WRITABLE - ONCE and part.write in ("store", "wclr"))
    return stored & whole == whole


# --- expressions with their ranges ---------------------------------------------------------------


def complement(operand: ir.Expr) -> ir.Expr:
    """Return ``~operand``. The complement of a complement is the operand."""
    if isinstance(operand, ir.Unary) and operand.op == "~":
        return operand.operand
    high = operand.range.hi
    assert high is not None
    return ir.Unary("~", operand, ir.Range(-1 - high, -1))


def _limited(operand: ir.Expr, bits: int | None) -> ir.Expr:
    return operand if bits is None else _and(operand, ir.Int(bits))


def _union(terms: tuple[ir.Expr, ...]) -> ir.Expr:
    return reduce(_or, terms)


def _and(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    # The result has no more bits than the operand that is not negative; one of them always is.
    highs = [part.range.hi for part in (left, right) if part.range.lo is not None and part.range.lo >= 0]
    return ir.Binary("&", left, right, ir.Range(0, min((high for high in highs if high is not None), default=None)))


def _or(left: ir.Expr, right: ir.Expr) -> ir.Expr:
    return _binary("|", left, right)


def _binary(op: Literal["|", "^"], left: ir.Expr, right: ir.Expr) -> ir.Expr:
    highs = (left.range.hi, right.range.hi)
    bits = max(high.bit_length() for high in highs if high is not None)
    return ir.Binary(op, left, right, ir.Range(0, mask_of_bits(bits)))
