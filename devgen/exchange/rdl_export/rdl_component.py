"""A component of SystemRDL as data, and its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from devgen.exchange.rdl_export.rdl_names import identifier, string

Kind = Literal["addrmap", "regfile", "reg", "field", "mem"]

_INDENT: Final = "    "
_LINE: Final = 120


@dataclass(slots=True, frozen=True)
class EnumEntry:
    """A value of an enumeration with its name, title and description."""

    name: str
    value: int
    title: str = ""
    description: str = ""


@dataclass(slots=True, frozen=True)
class Enum:
    """An enumeration: its type name and its entries."""

    name: str
    entries: tuple[EnumEntry, ...]


@dataclass(slots=True, frozen=True)
class Component:
    """A component with one instance of it.

    ``properties`` are names with the text of their values, which is empty for ``posedge intr``; ``place`` is what
    follows the instance's name: bits, dimensions, address, stride. The component at the top of a file has no instance,
    and ``place`` is empty. ``references`` are a field's properties with the description's names of other fields;
    ``assignments`` are the lines of an address map that ``field_references`` makes of them. ``alias``: the register
    whose storage a register shares.
    """

    kind: Kind
    name: str
    place: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    enums: tuple[Enum, ...] = ()
    children: tuple[Component, ...] = ()
    external: bool = False
    references: tuple[tuple[str, str], ...] = ()
    assignments: tuple[str, ...] = ()
    alias: str = ""


def definition(component: Component) -> str:
    """Return the text of a component at the top of a file."""
    head = f"{component.kind} {identifier(component.name)} {{"
    return "\n".join([head, *(_INDENT + line if line else "" for line in _body(component)), "};"]) + "\n"


def _instance(component: Component) -> Iterator[str]:
    """Yield the lines of a component that is defined where it is instantiated; short ones are on one line."""
    external = "external " if component.external else ""
    body = list(_body(component))
    if component.alias:  # an alias needs a named type (10.5.1)
        kind = f"{component.name}_alias"
        yield f"{component.kind} {kind} {{"
        yield from (_INDENT + line if line else "" for line in body)
        yield "};"
        yield f"alias {identifier(component.alias)} {kind} {identifier(component.name)}{component.place};"
        return
    end = f"}} {identifier(component.name)}{component.place};"
    long = component.enums or any("\n" in value for _, value in component.properties)
    if component.kind in ("field", "mem") and not long:
        line = " ".join([f"{external}{component.kind} {{", *body, end])
        if len(line) <= _LINE - 3 * len(_INDENT):
            yield line
            return
    yield f"{external}{component.kind} {{"
    yield from (_INDENT + line if line else "" for line in body)
    yield end


def _body(component: Component) -> Iterator[str]:
    for name, value in component.properties:
        yield from (f"{name} = {value};" if value else f"{name};").split("\n")
    for enum in component.enums:
        yield from _enum(enum)
    for child in component.children:
        if child.kind != "field":
            yield ""
        yield from _instance(child)
    if component.assignments:
        yield from ("", *component.assignments)


def _enum(enum: Enum) -> Iterator[str]:
    yield f"enum {identifier(enum.name)} {{"
    for entry in enum.entries:
        texts = (("name", entry.title), ("desc", entry.description))
        inner = " ".join(f"{key} = {string(text)};" for key, text in texts if text)
        braces = f" {{ {inner} }}" if inner else ""
        yield from f"{_INDENT}{identifier(entry.name)} = {entry.value}{braces};".split("\n")
    yield "};"
