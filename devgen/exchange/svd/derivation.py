"""``derivedFrom``: an element that is a copy of another one, with changes.

A derived element has the children of its base that it does not have itself. A base is named by its own name if it is
a neighbour of the derived element, or by its path from any enclosing element, with dots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.xml_elements import Element

_NAMED: Final = ("peripheral", "cluster", "register", "field", "enumeratedValues")
_LISTS: Final = ("registers", "fields")
_BITS: Final = {"bitRange", "lsb", "msb", "bitOffset", "bitWidth"}

# They belong to the element that states them: a register derived from an array is no array.
_NOT_DERIVED: Final = {"dim", "dimIncrement", "dimIndex", "dimName", "dimArrayIndex", "alternateRegister"}


@dataclass(slots=True)
class Derivation:
    """Resolves ``derivedFrom`` within one device."""

    device: Element
    findings: Findings
    _by_path: dict[tuple[str, str], Element] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """List every named element under its full path and under each shorter one."""
        self._list(self.device, ())

    def _list(self, parent: Element, path: tuple[str, ...]) -> None:
        for child in parent.children:
            if child.tag not in _NAMED:
                self._list(child, path)
                continue
            name = child.value("name") or ""
            inner = (*path, name) if name else path
            for start in range(len(inner)):
                self._by_path.setdefault((child.tag, ".".join(inner[start:])), child)
            self._list(child, inner)

    def resolved(self, element: Element, beside: list[Element], part: str) -> Element:
        """Return the element with all that it derives; ``beside`` are its neighbours."""
        chain = [element]
        while (name := chain[-1].attributes.get("derivedFrom")) is not None:
            base = self._base(chain[-1], name, beside)
            if base is None or base in chain or len(chain) > 32:
                why = "there is none" if base is None else "the derivation is circular"
                self.findings.add(
                    Outcome.LEFT_OUT, element.place, part, f"derivedFrom '{name}': {why}; only its own keys came over"
                )
                break
            chain.append(base)
        return element if len(chain) == 1 else _merged(chain)

    def _base(self, element: Element, name: str, beside: list[Element]) -> Element | None:
        for neighbour in beside:
            if neighbour is not element and neighbour.tag == element.tag and neighbour.value("name") == name:
                return neighbour
        return self._by_path.get((element.tag, name))


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
