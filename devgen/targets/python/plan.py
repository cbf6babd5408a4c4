"""What the templates see: a device's module, lowered to strings. Nothing here is decided any more.

Every string is Python source text that is ready to be printed: names are valid, literals quoted, lines not
longer than the limit. Lines carry their indentation relative to the block they stand in.
"""

from __future__ import annotations

from dataclasses import dataclass

Lines = tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Method:
    """A method: ``parameters`` are those behind ``self``, each with its type, joined by commas."""

    name: str
    parameters: str
    returns: str
    doc: Lines
    body: Lines


@dataclass(slots=True, frozen=True)
class ModulePlan:
    """One generated module with one device class.

    ``source`` is the description's path as the header names it, ``attributes`` are the class body's assignments and
    ``setup`` the constructor's statements.
    """

    source: str
    doc: Lines
    imports: Lines
    class_name: str
    base: str
    class_doc: Lines
    attributes: Lines
    setup: Lines
    methods: tuple[Method, ...]


@dataclass(slots=True, frozen=True)
class CataloguePlan:
    """The package's ``__init__``: (device name literal, ``"module:Class"`` literal) pairs in order."""

    entries: tuple[tuple[str, str], ...]
