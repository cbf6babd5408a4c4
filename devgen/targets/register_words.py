"""Words and drawings of reference pages in any format: accesses, effects, sizes, the rows of a bit-field drawing."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.common.units import SIZE_UNITS
from devgen.language.view import FieldView, KeyView, RegisterFileView, RegisterView, Size

BITS_A_ROW: Final = 16

ACCESSES: Final[Mapping[str, str]] = {
    "rw": "read and write",
    "ro": "read only",
    "wo": "write only",
    "rw1": "read; writable once",
    "w1": "writable once; not readable",
}
READ_EFFECTS: Final[Mapping[str, str]] = {"rclr": "cleared by a read", "rset": "set by a read"}
WRITE_EFFECTS: Final[Mapping[str, str]] = {
    "woclr": "writing 1 clears",
    "woset": "writing 1 sets",
    "wot": "writing 1 toggles",
    "wzc": "writing 0 clears",
    "wzs": "writing 0 sets",
    "wzt": "writing 0 toggles",
    "wclr": "any write clears",
    "wset": "any write sets",
}
DECODES: Final[Mapping[str, str]] = {
    "lanes": "by byte lanes: a narrow write changes its bytes only",
    "exact": "at the register's own offset only",
    "word": "at any offset inside the register, always in full",
}


@dataclass(slots=True, frozen=True)
class Cell:
    """A piece of a row of a bit-field drawing: bits ``msb`` to ``lsb`` of a field, or of none (reserved bits)."""

    field: FieldView | None
    msb: int
    lsb: int

    @property
    def span(self) -> int:
        """Bits, which are columns of the drawing."""
        return self.msb - self.lsb + 1


def access_words(access: str) -> str:
    """Return an access type in words: ``ro`` is ``read only``."""
    return ACCESSES[access]


def decode_words(decode: str) -> str:
    """Return a decoding in words."""
    return DECODES[decode]


def effect_words(part: FieldView | RegisterView) -> list[str]:
    """Return the side effects of reads and writes in words; empty for plain storage."""
    found = []
    if part.read_effect is not None:
        found.append(READ_EFFECTS[part.read_effect])
    if part.write_effect is not None:
        found.append(WRITE_EFFECTS[part.write_effect])
    return [*found, "a pulse: zero again after the write"] if part.singlepulse else found


def constraint_words(part: FieldView | RegisterView) -> str:
    """Return the values that software may write in words; empty if it may write all."""
    constraint = part.write_constraint
    if constraint is None:
        return ""
    if constraint.kind == "range":
        return f"takes {constraint.low:#x} to {constraint.high:#x}"
    return "takes the values with a label" if constraint.kind == "enumerated" else "takes the value that a read gives"


def lock_words(part: FieldView | RegisterView) -> str:
    """Return when software can write a part in words; empty if always."""
    return f"takes writes only while {part.write_enable.text}" if part.write_enable else ""


def key_words(key: KeyView) -> list[str]:
    """Return what a key sequence is in words: its values and register, and what locks again."""
    place = f"{key.register}.{key.field}" if key.field else key.register
    wrong = {"restart": "", "lock": "a wrong value locks", "until_reset": "a wrong value locks until the next reset"}
    within = f"each within {_limit(key.within, key.frequency)} of the one before" if key.within else ""
    limit = f"open for {_limit(key.open_for, key.frequency)}" if key.open_for else ""
    closed = f"a write of {', '.join(key.closed_by)} locks" if key.closed_by else ""
    values = ", then ".join(f"{value:#x}" for value in key.values)
    return [words for words in (f"write {values} to {place}", within, wrong[key.wrong], limit, closed) if words]


def _limit(limit: str, frequency: str) -> str:
    """Return a limit of a key in words; a number without a unit is a time."""
    if "cycle" in limit:
        return f"{limit} of {frequency}"
    return limit if " " in limit else f"{limit} ns"


def protection_words(register: RegisterView) -> str:
    """Return the privilege that an access needs in words; empty if it is not stated."""
    return f"{register.protection} accesses only" if register.protection else ""


def size_words(size: int) -> str:
    """Return a number of bytes with its unit: ``4 KiB``, ``24 bytes``."""
    for unit, factor in reversed(SIZE_UNITS.items()):
        if factor > 1 and size >= factor and size % factor == 0:
            return f"{size // factor} {unit}"
    return "1 byte" if size == 1 else f"{size} bytes"


def count_words(count: Size | int | None) -> str:
    """Return a number of elements: ``8``, ``channels (at most 8)``; empty for one thing."""
    if count is None:
        return ""
    if isinstance(count, int):
        return str(count)
    return str(count.greatest) if count.fixed else f"{count.text} (at most {count.greatest})"


def place_words(part: RegisterView | RegisterFileView) -> str:
    """Return the offset of an element: ``0x10``, ``0x10 + index × 0x4``, ``0x10 + index1 × 0x80 + index × 0x4``."""
    words, dims = f"{part.offset:#x}", part.dimensions
    for outward, dim in zip(reversed(range(len(dims))), dims, strict=True):
        words += f" + index{outward or ''} × {dim.stride:#x}"
    return words


def names_words(part: RegisterView | RegisterFileView) -> str:
    """Return the names of elements: ``index is A, B, C``; empty if they have numbers."""
    dims = part.dimensions
    named = [(outward, dim) for outward, dim in zip(reversed(range(len(dims))), dims, strict=True) if dim.names]
    return "; ".join(f"index{outward or ''} is {', '.join(dim.names)}" for outward, dim in named)


def reset_words(register: RegisterView) -> str:
    """Return a register's value at reset, or the constant that it reads, in hexadecimal with all its digits."""
    values = register.resets or register.constant
    if not values and register.reset.number is None:
        return register.reset.text
    digits = register.width // 4
    if register.reset_mask is not None and not values:
        return _partly_known(register.reset.number or 0, register.reset_mask, register.width)
    return ", ".join(f"0x{value:0{digits}x}" for value in values or (register.reset.number or 0,))


def _partly_known(value: int, mask: int, width: int) -> str:
    """Return a value of which only the bits in ``mask`` are known, with x for unknown digits or bits."""
    nibbles = [(value >> at & 15, mask >> at & 15) for at in range(width - 4, -1, -4)]
    if all(known in (0, 15) for _, known in nibbles):
        return "0x" + "".join(f"{digit:x}" if known else "x" for digit, known in nibbles)
    return "0b" + "".join(str(value >> at & 1) if mask >> at & 1 else "x" for at in reversed(range(width)))


def setting_words(value: object) -> str:
    """Return a setting of a capability: ``yes``, ``no``, ``none``, or the value itself."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value == "" else str(value)


def paragraphs(text: str) -> list[tuple[str, str]]:
    """Return a description's paragraphs: ``("text", …)`` on one line, or ``("block", …)`` if it is indented."""
    found = []
    for part in re.split(r"\n[ \t]*\n", text.strip("\n")):
        lines = part.split("\n")
        if all(line.startswith((" ", "\t")) for line in lines):
            found.append(("block", textwrap.dedent(part)))
        elif part.strip():
            found.append(("text", " ".join(part.split())))
    return found


def drawing(register: RegisterView) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of a bit-field drawing, the most significant first; a field in two rows has a cell in each.

    Fields with bits in common are in rows of their own.
    """
    for layer in _layers(register.fields):
        yield from _rows(list(_cells(register.width, layer)), register.width)


def _layers(fields: Iterable[FieldView]) -> list[list[FieldView]]:
    """Divide fields so that those of a layer have no bit in common; without such fields there is one layer."""
    layers: list[list[FieldView]] = [[]]
    for field in fields:
        free = (layer for layer in layers if not any(field.mask & other.mask for other in layer))
        layer = next(free, None)
        if layer is None:
            layers.append([field])
        else:
            layer.append(field)
    return layers


def _rows(cells: list[Cell], width: int) -> Iterator[tuple[Cell, ...]]:
    for top in range(width - 1, -1, -BITS_A_ROW):
        bottom = max(0, top - BITS_A_ROW + 1)
        yield tuple(
            Cell(cell.field, min(cell.msb, top), max(cell.lsb, bottom))
            for cell in cells
            if cell.lsb <= top and cell.msb >= bottom
        )


def _cells(width: int, fields: Iterable[FieldView]) -> Iterator[Cell]:
    """Yield the fields, and the reserved bits between them, from the most significant bit down."""
    top = width - 1
    for field in sorted(fields, key=lambda field: -field.lsb):
        if field.msb < top:
            yield Cell(None, top, field.msb + 1)
        yield Cell(field, field.msb, field.lsb)
        top = field.lsb - 1
    if top >= 0:
        yield Cell(None, top, 0)
