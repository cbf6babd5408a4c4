"""The JSON data of snapshots, and checks for untrusted data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from devgen.runtime.base.faults import StateError

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None


def integer(data: Json, low: int, high: int, what: str) -> int:
    """Return ``data`` if it is an int within ``low .. high``. Raises StateError naming ``what`` otherwise."""
    if isinstance(data, bool) or not isinstance(data, int):
        raise StateError(f"{what} must be an integer, not {_kind(data)}")
    if not low <= data <= high:
        raise StateError(f"{what} must be within {low:#x} .. {high:#x}")
    return data


def mapping(data: Json, what: str, keys: Sequence[str] | None = None) -> Mapping[str, Json]:
    """Return ``data`` if it is an object, with exactly ``keys`` if given; else raise StateError naming ``what``."""
    if not isinstance(data, Mapping):
        raise StateError(f"{what} must be an object, not {_kind(data)}")
    if keys is not None:
        for key in keys:
            if key not in data:
                raise StateError(f"{what} lacks {key!r}")
        for key in data:
            if key not in keys:
                raise StateError(f"{what} has {str(key)[:64]!r}, which is not known here")
    return data


def sequence(data: Json, length: int, what: str) -> Sequence[Json]:
    """Return ``data`` if it is an array of ``length`` items. Raises StateError naming ``what`` otherwise."""
    if isinstance(data, str | bytes) or not isinstance(data, Sequence):
        raise StateError(f"{what} must be an array, not {_kind(data)}")
    if len(data) != length:
        raise StateError(f"{what} must have {length} items, not {len(data)}")
    return data


def _kind(data: object) -> str:
    names = {bool: "a truth value", int: "a number", float: "a fraction", str: "a text", type(None): "null"}
    return names.get(type(data), "an object" if isinstance(data, Mapping) else "an array")
