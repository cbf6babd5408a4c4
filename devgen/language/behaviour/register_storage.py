"""Where the value of a register is stored (in itself, or in bits of another register), and what its outputs are."""

from __future__ import annotations

from devgen.language.ir import BOOL, Apply, BitsPlace, Expr, Int, RegisterPlace
from devgen.language.scope import FileEntry, RegisterEntry


def stored_at(entry: RegisterEntry, file: FileEntry | None, index: Expr | None) -> RegisterPlace | BitsPlace:
    """Return the storage of a register, which may be that of another one or bits of it."""
    view = entry.storage
    if view is None:
        return RegisterPlace(entry.name, entry.width, file.name if file else None, index)
    place = RegisterPlace(view.register, view.width, view.file, index if view.element is None else Int(view.element))
    return place if view.width == entry.width else BitsPlace(place, view.lsb, entry.width)


def whole_register(place: RegisterPlace | BitsPlace) -> tuple[RegisterPlace, int]:
    """Return the register that a register's storage is in, and its least significant bit there."""
    if isinstance(place, RegisterPlace):
        return place, 0
    assert isinstance(place.of, RegisterPlace)
    return place.of, place.lsb


def register_output(entry: RegisterEntry, file: FileEntry | None, index: Expr | None, name: str) -> Apply:
    """Return the call that reads an output of an interrupt register: `STATUS.intr`."""
    path = entry.name if file is None else f"{file.name}.{entry.name}"
    return Apply(f"{path}.{name}", () if index is None else (index,), BOOL)
