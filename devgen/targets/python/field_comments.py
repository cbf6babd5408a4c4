"""The names of fields, for comments beside the lines that name their bits by masks.

A mask in a line costs nothing at run time, while a named constant would be looked up at each access. The comment names
the fields of the masks as in the datasheet: ``CC.SHN``, or ``CSTS.SHST = COMPLETE`` where a known value is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from devgen.language import ir, model
from devgen.language.typed_walk import Nodes, walk
from devgen.plan.registers import PlannedRegister
from devgen.plan.side_effects import WRITABLE
from devgen.targets.python.python_literals import plain
from devgen.targets.python.symbols import Symbols

LIMIT: Final = 72
"""Most characters of a comment. Names that do not fit are replaced by dots."""


def fields_read(nodes: Nodes) -> list[str]:
    """Return the fields that expressions use, in order."""
    return [_name(node) for node in walk(nodes) if isinstance(node, ir.FieldPlace)]


def fields_assigned(symbols: Symbols, place: ir.Place, value: ir.Expr) -> list[str]:
    """The field that an assignment stores to, with its value where that is known, and the fields that it reads."""
    if not isinstance(place, ir.FieldPlace):
        return fields_read((place, value))
    stored = _name(place)
    if isinstance(value, ir.Int):
        stored += f" = {value.name or _label(symbols, place, value.value)}"
    return [stored, *fields_read((place.register.index, value))]


def fields_stored(register: PlannedRegister) -> list[str]:
    """The fields that a write of a whole register can change."""
    return [field.name for field in register.described.fields if field.access in WRITABLE]


def comment(names: Iterable[str]) -> str:
    """Names as a comment's text, each once."""
    text = ""
    for name in dict.fromkeys(map(plain, names)):
        longer = f"{text}, {name}" if text else name
        if len(longer) > LIMIT:
            return f"{text}, ..." if text else ""
        text = longer
    return text


def _name(place: ir.FieldPlace) -> str:
    register = place.register
    return ".".join(part for part in (register.file, register.register, place.field) if part)


def _label(symbols: Symbols, place: ir.FieldPlace, value: int) -> str:
    """The label of a value, if the field's enumeration has one, or the number."""
    described: model.Register = symbols.registers[place.register.file, place.register.register].model
    labels = {
        label.value: label.name
        for field in described.fields
        if field.name == place.field
        for label in field.labels
        if label.exact
    }
    return labels.get(value, str(value))
