"""Puts changed effects, enumerations and texts of SystemRDL into the description of a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from devgen.exchange.rdl.devgen_registers import said_by
from devgen.exchange.rdl_edits.compared_parts import Key, Part
from devgen.exchange.rdl_edits.edited_description import EditedDescription
from devgen.exchange.rdl_edits.hand_edits import HandEdit
from devgen.exchange.rdl_export.said_registers import EFFECTS

EFFECT_OF: Final = {"onread": "read_effect", "onwrite": "write_effect", "singlepulse": "singlepulse"}
_TEXTS: Final = {"name": "title", "desc": "description"}


def apply_effects(parts: EditedDescription, part: Part, fields: Mapping[Key, Part]) -> None:
    """Let each field of the register state its own effects, in place of those that the register states for all."""
    register = part.key[:-1]
    stated = parts.member(register)
    if parts.is_whole(part.key):
        return
    inherited = [key for key in EFFECTS if key in stated]
    for key in parts.fields(register):
        if key in fields:
            described, said = parts.field(key), said_by(fields[key].node)
            for name in EFFECTS:
                described.pop(name, None)
            described.update({name: said[name] for name in EFFECTS if name in said})
    for name in inherited:
        del stated[name]


def apply_text(described: dict[str, Any], edit: HandEdit) -> None:
    """Take ``name`` as the title, or ``desc`` as the description."""
    key = _TEXTS[edit.name]
    if edit.name in edit.part.node.list_properties():
        described[key] = edit.value
    else:
        described.pop(key, None)


def apply_enumeration(described: dict[str, Any], edit: HandEdit, shared: Mapping[str, Any]) -> None:
    """Take the labels of SystemRDL, and keep those that it cannot say: patterns, ``default``, of reads or writes."""
    old = described.get("values", {})
    old = dict(shared.get(old, {}) if isinstance(old, str) else old)
    shown = {name for name, *_ in edit.shown or ()}
    kept = {name: label for name, label in old.items() if name not in shown}
    said = said_by(edit.part.node).get("values", {})
    values = said | {name: label for name, label in kept.items() if name not in said}
    if values:
        described["values"] = values
    else:
        described.pop("values", None)
