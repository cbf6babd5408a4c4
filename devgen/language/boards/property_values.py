"""Checks the values of properties against the device's declarations."""

from __future__ import annotations

from devgen.language.boards.board_under_check import BoardUnderCheck, Placed
from devgen.language.diagnostics import codes_placements as kinds
from devgen.language.model import Property
from devgen.language.reading.schema_report import describe

_TYPES = {
    "int": "must be a number",
    "bool": "must be true or false",
    "string": "must be a text",
    "bytes": "must be hexadecimal text, two digits for each byte",
}


def check_properties(board: BoardUnderCheck) -> None:
    """Report values of another type, and numbers outside the range of a property that does not clamp them."""
    for placed in board.placed.values():
        declared = {found.name: found for found in placed.device.properties}
        for name, value in placed.entries("properties").items():
            if name in declared:
                _check(board, placed, declared[name], value)


def _check(board: BoardUnderCheck, placed: Placed, declared: Property, value: int | bool | str) -> None:
    reason = _wrong(declared, value)
    kind, values = kinds.BAD_PROPERTY, {"reason": reason}
    if not reason:
        bound = _clamped(declared, value)
        if bound is None:
            return
        kind, values = kinds.CLAMPED, {"bound": str(bound)}
    related = [placed.known.related("it is declared here", "properties", declared.name)]
    values |= {"part": declared.name, "device": placed.device.name, "found": describe(value)}
    board.at_value(kind, placed.entries("properties"), declared.name, related=related, **values)


def _clamped(declared: Property, value: int | bool | str) -> int | None:
    """Return the bound to which a number is moved, or None if it lies in the range."""
    if type(value) is not int:
        return None
    low, high = declared.range.lo or 0, declared.range.hi
    bound = max(low, value if high is None else min(value, high))
    return None if bound == value else bound


def _wrong(declared: Property, value: int | bool | str) -> str:
    """Return why the property cannot have the value, or an empty string."""
    match value:
        case bool() if declared.type == "bool":
            return ""
        case str() if declared.type == "string":
            return ""
        case str() if declared.type == "bytes":
            return _wrong_bytes(value, declared.size)
        case int() if declared.type == "int" and not isinstance(value, bool):
            low, high = declared.range.lo or 0, declared.range.hi
            fits = declared.clamp or (low <= value and (high is None or value <= high))
            return "" if fits else f"its range is {low} .. {high}"
    unquoted = isinstance(value, str) and declared.type in ("int", "bool") and _is_quoted(value)
    return _TYPES[declared.type] + (", written without quotes" if unquoted else "")


def _is_quoted(text: str) -> bool:
    """Whether a text would be a number or a boolean without its quotes."""
    return (text[:1].isdigit() and text.isalnum()) or text in ("true", "false")


def _wrong_bytes(text: str, size: int) -> str:
    try:
        length = len(bytes.fromhex(text))
    except ValueError:
        return _TYPES["bytes"]
    return f"it has {length} bytes; there is room for {size}" if length > size else ""
