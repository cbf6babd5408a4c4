"""Puts changed reset values of SystemRDL into the description of a register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devgen.exchange.rdl_edits.compared_parts import Key
from devgen.exchange.rdl_edits.edited_description import EditedDescription
from devgen.exchange.yaml_text import Hex

if TYPE_CHECKING:
    from systemrdl.node import FieldNode, RegNode


def apply_resets(parts: EditedDescription, register: Key, node: RegNode) -> None:
    """Take the reset values of SystemRDL, in place of an expression, a list, a constant or a mask.

    A constant stays one, with the new value; a reset value that is another part's value is left as it is.
    """
    described = parts.member(register)
    values: dict[str, Any] = {field.inst_name: field.get_property("reset") for field in node.fields()}
    if "alias" in described or any(not isinstance(value, int | None) for value in values.values()):
        return
    total = sum((values[field.inst_name] or 0) << field.low for field in node.fields())
    described.pop("reset", None)
    described.pop("reset_mask", None)
    if "constant" in described:
        described["constant"] = Hex(total)
    elif "fields" not in described:
        described.update(_whole(total, node.fields()[0]))
    else:
        for field in node.fields():
            _field(parts, (*register, field.inst_name), values[field.inst_name])


def _whole(total: int, field: FieldNode) -> dict[str, Any]:
    if field.get_property("reset") is None:
        return {"reset_mask": 0}
    return {"reset": Hex(total)} if total else {}


def _field(parts: EditedDescription, key: Key, value: int | None) -> None:
    if key not in parts.fields(key[:-1]):
        return
    described = parts.field(key)
    described.pop("reset", None)
    if value != 0:
        described["reset"] = "unknown" if value is None else Hex(value)
