"""Reads an XML file of untrusted origin into elements that know their line.

Document types, entities and external references are refused, so a file can neither grow while it is read nor make the
reader open another one. Sizes are bounded by :data:`LARGEST` and :data:`MOST_ELEMENTS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final
from xml.parsers.expat import ExpatError

from devgen.common.guarded_files import read_file
from devgen.errors import FileError
from devgen.exchange.register_map import Place

LARGEST: Final = 256 << 20
"""Most bytes of a file."""

MOST_ELEMENTS: Final = 5_000_000
"""Most elements of a file."""

DEEPEST: Final = 100
"""Most elements inside each other."""


@dataclass(slots=True)
class Element:
    """An element: its name without a namespace, its attributes, its text, and the elements in it."""

    tag: str
    attributes: dict[str, str]
    place: Place
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, tag: str) -> Element | None:
        """Return the first child with that tag."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> list[Element]:
        """Return the children with that tag."""
        return [child for child in self.children if child.tag == tag]

    def value(self, tag: str) -> str | None:
        """Return the text of the first child with that tag, without blanks at its ends; None if there is none."""
        found = self.child(tag)
        return None if found is None else found.text.strip()

    def words(self, tag: str) -> str:
        """Return the text of a child with all white space as single blanks; empty if there is none."""
        found = self.child(tag)
        return "" if found is None else " ".join(found.text.split())


@dataclass(slots=True)
class _Builder:
    """Builds the tree from the parser's events."""

    file: str
    parser: Any = None
    root: Element | None = None
    _open: list[Element] = field(default_factory=list)
    _texts: list[list[str]] = field(default_factory=list)
    _count: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        place = Place(self.file, self.parser.CurrentLineNumber)
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise FileError(f"{place}: more than {MOST_ELEMENTS} elements, or more than {DEEPEST} inside each other")
        element = Element(_local(tag), {_local(name): value for name, value in attributes.items()}, place)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def data(self, text: str) -> None:
        self._texts[-1].append(text)

    def end(self, tag: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def close(self) -> Element | None:
        return self.root


def read_xml(path: str | PathLike[str]) -> Element:
    """Return the root element of an XML file.

    Raises:
        FileError: the file cannot be read, is too large, is no XML, or has a document type or entities.
    """
    name = str(path)
    try:
        return parse_xml(read_file(Path(path), LARGEST), name)
    except OSError as error:
        raise FileError(f"{name}: {error.strerror}") from error


def parse_xml(data: bytes, name: str) -> Element:
    """Return the root element of an XML text; ``name`` is its file in messages. Raises FileError as ``read_xml``."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import XMLParser

    builder = _Builder(name)
    parser = XMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser.parser
    try:
        parser.feed(data)
        root = parser.close()
    except DefusedXmlException as error:
        line = builder.parser.CurrentLineNumber
        raise FileError(f"{name}:{line}: a document type or an entity; remove it, and write its text out") from error
    except (ParseError, ExpatError) as error:
        raise FileError(f"{name}:{_line_of(error)}: not well-formed XML: {_reason_of(error)}") from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise FileError(f"{name}: not readable as XML: {error}") from error
    assert isinstance(root, Element)  # a document without a root element is a ParseError
    return root


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _line_of(error: Exception) -> int:
    position = getattr(error, "position", None)
    return int(position[0]) if position else int(getattr(error, "lineno", 1))


def _reason_of(error: Exception) -> str:
    return str(error).partition(": line")[0]
