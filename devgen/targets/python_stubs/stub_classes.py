"""The classes of a stub: one for each register with fields, one for each register file, one for the device.

All names that are not of the description begin with an underscore, which no described name does.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from devgen.language.view import DeviceView, FieldView, RegisterFileView, RegisterView
from devgen.targets.python.python_literals import docstring, string
from devgen.targets.register_words import access_words

REGISTER_WORDS: Final = frozenset(("address", "fields", "last", "name", "offset", "peek", "poke", "read", "write"))
"""Attributes of a register on the bench; a field of such a name is reached as an item."""

_LABELS_WIDTH: Final = 70
"""Most characters of a field's name and labels on one line, beside the words around them."""

_PLAIN: Final = "_regs.Register"


@dataclass(slots=True, frozen=True)
class Entry:
    """An attribute of a class: its name, its type, and the lines of its docstring."""

    name: str
    type: str
    about: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Enumeration:
    """A name for labels that do not fit on one line; the labels are literals."""

    name: str
    labels: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class FieldsClass:
    """The classes of a register with fields; ``stem`` is the end of their names. ``keywords`` are those of a write.

    ``spelled``: all of them can be attributes of a class in which ``int`` is the type.
    """

    stem: str
    enumerations: tuple[Enumeration, ...]
    fields: tuple[Entry, ...]
    keywords: tuple[Entry, ...]
    spelled: bool


@dataclass(slots=True, frozen=True)
class GroupClass:
    """The class of a register file."""

    name: str
    members: tuple[Entry, ...]


@dataclass(slots=True, frozen=True)
class Stub:
    """A stub of one device. ``about`` are the lines of its docstring."""

    class_name: str
    base: str
    about: tuple[str, ...]
    registers: tuple[Entry, ...]
    groups: tuple[GroupClass, ...]
    classes: tuple[FieldsClass, ...]


def stub_of(device: DeviceView, class_name: str) -> Stub:
    """Return the stub of a device whose class has that name."""
    tops = [_register(register) for register in device.registers if register.file is None]
    files = [_group(file) for file in device.files if "." not in file.name]
    return Stub(
        class_name=class_name,
        base="PciDevice" if device.pci else "Device",
        about=docstring([device.title or f"The device {device.name}."], 4),
        registers=_spelled([*tops, *files]),
        groups=tuple(
            GroupClass(_group_class(file), _spelled([*map(_register, file.registers), *_inside(file, device)]))
            for file in sorted(device.files, key=lambda file: -file.name.count("."))
        ),
        classes=tuple(_fields(register) for register in device.registers if register.fields),
    )


def _inside(file: RegisterFileView, device: DeviceView) -> Iterator[Entry]:
    """Yield the register files that are directly inside another one."""
    return (_group(other) for other in device.files if other.name.rpartition(".")[0] == file.name)


def _group(file: RegisterFileView) -> Entry:
    own = file.parts[-1]
    made = _group_class(file)
    for _ in own.dimensions:
        made = f"_regs.Groups[{made}]"
    return Entry(own.name, made, _about(file.title, file.description))


def _group_class(file: RegisterFileView) -> str:
    return f"_G_{file.name.replace('.', '_')}"


def _register(register: RegisterView) -> Entry:
    made = f"_R_{_stem(register)}" if register.fields else _PLAIN
    own = register.parts[-1].dimensions
    for _ in own:
        made = f"_regs.Array[{made}]"
    digits = f"{register.region}+{register.offset:#x}, {register.width} bits, {access_words(register.access)}"
    return Entry(
        register.name,
        made if own else f"_regs.Place[{made}]",
        _about(register.title, f"{digits}. {register.description}"),
    )


def _fields(register: RegisterView) -> FieldsClass:
    stem = _stem(register)
    fields = _spelled((_field(stem, field) for field in register.fields), REGISTER_WORDS)
    named = [Enumeration(_enumeration(stem, field), _labels(field)) for field in register.fields if _is_long(field)]
    keywords = tuple(_keyword(stem, field) for field in register.fields)
    spelled = len(_spelled(keywords, frozenset(("int",)))) == len(keywords)
    return FieldsClass(stem, tuple(named), fields, keywords, spelled)


def _field(stem: str, field: FieldView) -> Entry:
    kind = f"_regs.LabelField[{_literal(stem, field)}]" if field.values else "_regs.Field"
    bits = f"Bits {field.msb}:{field.lsb}" if field.width > 1 else f"Bit {field.lsb}"
    return Entry(field.name, kind, _about(field.title, f"{bits}. {field.description}"))


def _keyword(stem: str, field: FieldView) -> Entry:
    """The keyword argument of a write that sets a field."""
    return Entry(field.name, f"{_literal(stem, field)} | int" if field.values else "int", ())


def _labels(field: FieldView) -> tuple[str, ...]:
    return tuple(string(value.name) for value in field.values)


def _literal(stem: str, field: FieldView) -> str:
    """The type of a field's labels: written out, or named where it is long."""
    return _enumeration(stem, field) if _is_long(field) else f"_typing.Literal[{', '.join(_labels(field))}]"


def _enumeration(stem: str, field: FieldView) -> str:
    return f"_E_{stem}__{field.name}"


def _is_long(field: FieldView) -> bool:
    return len(", ".join(_labels(field))) + len(field.name) > _LABELS_WIDTH


def _stem(register: RegisterView) -> str:
    """The end of a class's name; two underscores keep ``A.B_C`` and ``A_B.C`` apart."""
    return register.name if register.file is None else f"{register.file}__{register.name}"


def _spelled(entries: Iterable[Entry], taken: frozenset[str] = frozenset()) -> tuple[Entry, ...]:
    """Return the entries whose names Python can spell as attributes; the others are reached as items."""
    return tuple(entry for entry in entries if not keyword.iskeyword(entry.name) and entry.name not in taken)


def _about(title: str, text: str) -> tuple[str, ...]:
    summary = " ".join(part for part in (f"{title.rstrip('.')}." if title else "", text.strip()) if part)
    return docstring([summary], 4)
