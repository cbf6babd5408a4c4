"""Where the value of a register is stored (in itself, or in bits of another register), and what its outputs are."""

from __future__ import annotations

from devgen.language.behaviour.compilation import Unit
from devgen.language.behaviour.named_things import Thing
from devgen.language.ir import BOOL, Apply, BitsPlace, Expr, FieldPlace, Int, RegisterPlace
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


def register_output(unit: Unit, register: Thing, name: str) -> Thing:
    """Return an output of an interrupt register: `STATUS.intr`."""
    path = ".".join(entry.name for entry in (register.file, register.entry) if entry is not None)
    unit.program.applied(unit.owner, f"{path}.{name}")
    value = Apply(f"{path}.{name}", () if register.index is None else (register.index,), BOOL)
    return Thing(f"{register.what}.{name}", width=1, value=value, readonly="follows from its interrupt fields")


def field_output(unit: Unit, field: Thing, name: str) -> Thing | None:
    """Return an output of a counting field: `ERRORS.COUNT.incrthreshold`."""
    place = field.place
    if not isinstance(place, FieldPlace):
        return None
    path, index = field_path(place)
    unit.program.applied(unit.owner, f"{path}.{name}")
    return Thing(
        f"{field.what}.{name}", width=1, value=Apply(f"{path}.{name}", index, BOOL), readonly="compares the counter"
    )


def field_path(place: FieldPlace) -> tuple[str, tuple[Expr, ...]]:
    """Return the path of a field, and the element of its array as arguments."""
    register = place.register
    path = ".".join(part for part in (register.file, register.register, place.field) if part)
    return path, () if register.index is None else (register.index,)
