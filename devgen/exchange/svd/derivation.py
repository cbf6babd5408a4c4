"""``derivedFrom``: an element that is a copy of another one, with changes.

A derived element has the children of its base that it does not have itself. A base is named by its own name if it is
a neighbour of the derived element, or by its path from any enclosing element, with dots. An element of an array is a
base too: ``CH0`` of ``CH%s``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.svd.svd_values import dimension
from devgen.exchange.xml_elements import Element

_LONGEST: Final = 200
"""Most characters of a name that may be an element of an array."""

_MOST_ALIKE: Final = 16
"""Most arrays of one name that are searched for an element."""

_NAMED: Final = ("peripheral", "cluster", "register", "field", "enumeratedValues")
_LISTS: Final = ("registers", "fields")
_BITS: Final = {"bitRange", "lsb", "msb", "bitOffset", "bitWidth"}

# They belong to the element that states them: a register derived from an array is no array.
_NOT_DERIVED: Final = {"dim", "dimIncrement", "dimIndex", "dimName", "dimArrayIndex", "alternateRegister"}


@dataclass(slots=True)
class _Names:
    """Finds elements by their tag and path."""

    by_path: dict[tuple[str, str], Element] = field(default_factory=dict)
    _arrays: dict[tuple[str, str], list[Element]] = field(default_factory=dict)
    """Arrays by tag and by their path up to the index."""

    def add(self, element: Element, path: tuple[str, ...]) -> None:
        """Add an element under its full path and under each shorter one."""
        for start in range(len(path)):
            text = ".".join(path[start:])
            self.by_path.setdefault((element.tag, text), element)
            before, index, _ = text.partition("%s")
            if index and before.count(".") == text.count(".") - path[-1].count("."):
                arrays = self._arrays.setdefault((element.tag, before), [])
                if len(arrays) < _MOST_ALIKE:
                    arrays.append(element)

    def array_with(self, tag: str, path: str) -> Element | None:
        """Return the array one of whose elements has the path."""
        for length in range(len(path[:_LONGEST]) if self._arrays else -1, -1, -1):
            for array in self._arrays.get((tag, path[:length]), ()):
                after = (array.value("name") or "").partition("%s")[2]
                index = path[length : len(path) - len(after)]
                repeated = dimension(array) if index and path.endswith(after) else None
                if repeated is not None and index in repeated.names:
                    return array
        return None


@dataclass(slots=True)
class Derivation:
    """Resolves ``derivedFrom`` within one device."""

    device: Element
    findings: Findings
    _all: _Names = field(default_factory=_Names)
    _inside: dict[int, tuple[Element, _Names]] = field(default_factory=dict)
    """The elements in a parent, by its identity; it is kept, so that no other one gets that."""

    def __post_init__(self) -> None:
        """List every named element."""
        self._list(self.device, ())

    def _list(self, parent: Element, path: tuple[str, ...]) -> None:
        for child in parent.children:
            if child.tag not in _NAMED:
                self._list(child, path)
                continue
            name = child.value("name") or ""
            inner = (*path, name) if name else path
            self._all.add(child, inner)
            self._list(child, inner)

    def resolved(self, element: Element, parent: Element, part: str) -> Element:
        """Return an element of ``parent`` with all that it derives."""
        chain = [element]
        while (name := chain[-1].attributes.get("derivedFrom")) is not None:
            base = self._base(chain[-1], name, parent)
            if base is None or base in chain or len(chain) > 32:
                why = "there is none" if base is None else "the derivation is circular"
                self.findings.add(
                    Outcome.LEFT_OUT, element.place, part, f"derivedFrom '{name}': {why}; only its own keys came over"
                )
                break
            chain.append(base)
        return element if len(chain) == 1 else _merged(chain)

    def _base(self, element: Element, name: str, parent: Element) -> Element | None:
        inside = self._neighbours(parent)
        near = inside.by_path.get((element.tag, name)) or inside.array_with(element.tag, name)
        if near is not None and near is not element:
            return near
        return self._all.by_path.get((element.tag, name)) or self._all.array_with(element.tag, name)

    def _neighbours(self, parent: Element) -> _Names:
        """Return the names of the elements of ``parent``, which are collected once."""
        known = self._inside.get(id(parent))
        if known is None:
            known = self._inside[id(parent)] = parent, _Names()
            for child in parent.children:
                if child.tag in _NAMED:
                    known[1].add(child, (child.value("name") or "",))
        return known[1]


def _merged(chain: list[Element]) -> Element:
    """Merge a derived element with its bases; the nearest one takes precedence."""
    merged = chain[0]
    for base in chain[1:]:
        merged = _over(base, merged)
    return merged


def _over(base: Element, own: Element) -> Element:
    """Return ``own`` with what ``base`` adds to it."""
    tags = {child.tag for child in own.children}
    hidden = tags | _NOT_DERIVED | _other_spellings(tags)
    lists = {child.tag: child for child in own.children if child.tag in _LISTS}
    children = [child for child in own.children if child.tag not in _LISTS]
    for child in base.children:
        if child.tag in lists:
            lists[child.tag] = _joined(child, lists[child.tag])
        elif child.tag not in hidden:
            children.append(child)
    attributes = {name: value for name, value in own.attributes.items() if name != "derivedFrom"}
    return Element(own.tag, attributes, own.place, own.text, [*children, *lists.values()])


def _joined(base: Element, own: Element) -> Element:
    """Return a list of members: the derived element's, and those of its base with other names."""
    names = {child.value("name") for child in own.children}
    kept = [child for child in base.children if child.value("name") not in names]
    return Element(own.tag, own.attributes, own.place, own.text, [*own.children, *kept])


def _other_spellings(tags: set[str]) -> set[str]:
    """Return the tags that would give a field's bits a second time."""
    if tags & {"bitRange", "lsb", "msb"}:
        return _BITS
    return _BITS - {"bitWidth"} if "bitOffset" in tags else set()
