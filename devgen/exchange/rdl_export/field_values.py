"""Enumerations: those whose labels are single values, for reads and writes alike, become enumerations of SystemRDL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from devgen.exchange.rdl_export.bits import Bits
from devgen.exchange.rdl_export.rdl_component import Enum, EnumEntry
from devgen.exchange.rdl_export.rdl_names import identifier
from devgen.exchange.rdl_export.said import Said
from devgen.exchange.rdl_export.said_texts import keeps, readable
from devgen.exchange.yaml_text import Block
from devgen.language.view import EnumerationView

if TYPE_CHECKING:
    from systemrdl.node import FieldNode
    from systemrdl.rdltypes.user_enum import UserEnum

_KEYS: Final = ("values", "read_values", "write_values")


def enumeration(bits: Bits) -> Enum | None:
    """Return the enumeration of a field; SystemRDL has one for a field, with one name for each value (6.2.5.1)."""
    entries: dict[int, EnumEntry] = {}
    for label in bits.values:
        if label.exact and label.use == "both":
            texts = readable(label.title), readable(label.description)
            entries.setdefault(label.value, EnumEntry(label.name, label.value, *texts))
    return Enum(f"{bits.name}_e", tuple(entries.values())) if entries else None


def say_values(bits: Bits) -> Said:
    """Say the enumeration, and carry the keys that SystemRDL's enumeration does not say in full."""
    enum = enumeration(bits)
    return Said({"encode": identifier(enum.name)} if enum is not None else {}, _carried(bits))


def read_values(field: FieldNode) -> dict[str, Any]:
    """Read the enumeration of a field."""
    encode = field.get_property("encode")
    if encode is None:
        return {}
    values = {entry.name: _label(entry) for entry in encode}
    return {"values": Block(values) if any(isinstance(value, dict) for value in values.values()) else values}


def _label(entry: UserEnum) -> Any:
    texts = {"title": entry.rdl_name, "description": entry.rdl_desc}
    stated = {key: text for key, text in texts.items() if text}
    return {"value": entry.value, **stated} if stated else entry.value


def _carried(bits: Bits) -> dict[str, Any]:
    carried = {key: bits.spec[key] for key in _KEYS if key in bits.spec and key != "values"}
    if "values" in bits.spec and (isinstance(bits.spec["values"], str) or not _sayable(bits)):
        carried["values"] = bits.spec["values"]
    return carried


def _sayable(bits: Bits) -> bool:
    labels = [label for label in bits.values if label.use == "both"]
    return all(map(_keeps, labels)) and len({label.value for label in labels}) == len(labels)


def _keeps(label: EnumerationView) -> bool:
    return label.exact and all(keeps(text) and "\n" not in text for text in (label.title, label.description))
