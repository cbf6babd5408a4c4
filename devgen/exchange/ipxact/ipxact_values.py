"""Numbers, words and repetitions of IP-XACT's elements, and what is reported of them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from devgen.exchange.array_shapes import array_of
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.ipxact.ipxact_expressions import ExpressionError, Expressions
from devgen.exchange.register_map import AccessWord, Dimension
from devgen.exchange.svd.svd_values import ACCESS
from devgen.exchange.xml_elements import Element

# Elements of blocks, registers and fields alike. These have no meaning for a model: `accessHandles` (paths in the
# hardware's source), `typeIdentifier`, `testable` (for generated tests), `parameters` (see `Expressions`).
_COMMON: Final = frozenset(
    (
        "name",
        "displayName",
        "shortDescription",
        "description",
        "isPresent",
        "access",
        "accessHandles",
        "typeIdentifier",
        "testable",
        "parameters",
    )
)


@dataclass(slots=True, frozen=True)
class Values:
    """Reads the values of elements; those that it cannot read are added to ``findings``."""

    expressions: Expressions
    findings: Findings

    def number(self, element: Element, tag: str, part: str) -> int | None:
        """Return the value of a child; None, with a finding, if it has none."""
        child = element.child(tag)
        if child is None:
            self.left_out(element, part, f"{tag} is missing")
            return None
        try:
            value = self.expressions.value(child.text)
        except ExpressionError as error:
            self.findings.add(Outcome.LEFT_OUT, child.place, part, f"{tag} '{_short(child.text)}': {error}")
            return None
        if child.attributes.get("dependency"):
            text = f"{tag} depends on other values by an XPath; its default, {value}, came over"
            self.findings.add(Outcome.CORRECTED, child.place, part, text)
        return value

    def optional(self, element: Element, tag: str, part: str) -> int | None:
        """Return the value of a child, None if there is no such child."""
        return None if element.child(tag) is None else self.number(element, tag, part)

    def present(self, element: Element, part: str) -> bool:
        """Whether ``isPresent`` holds; a part without it is present."""
        if self.optional(element, "isPresent", part) == 0:
            self.left_out(element, part, "isPresent is 0")
            return False
        return True

    def access(self, element: Element, outer: AccessWord, part: str) -> AccessWord:
        """Return the access of an element, ``outer`` if it has none of its own."""
        word = element.value("access")
        if word is not None and word not in ACCESS:
            self.left_out(element, part, f"access '{_short(word)}'; {outer} came over")
        return ACCESS.get(word or "", outer)

    def dimension(self, element: Element, stride: int, part: str) -> Dimension | None:
        """Return the repetition of a register or register file whose elements are ``stride`` bytes apart."""
        sizes: list[int] = []
        for child in element.all("dim"):
            try:
                sizes.append(self.expressions.value(child.text))
            except ExpressionError as error:
                self.left_out(child, part, f"dim '{_short(child.text)}': {error}; one element came over")
                return None
        if not any(sizes):  # some tools write a 0 for no array
            return None
        if min(sizes) < 1:
            self.left_out(element, part, f"dim {min(sizes)}; one element came over")
            return None
        dimension, text = array_of(sizes, stride)
        if text:
            self.findings.add(Outcome.CORRECTED, element.place, part, text)
        return dimension

    def report_others(self, element: Element, read: Container[str], part: str) -> None:
        """Report the children of an element that nothing reads."""
        for child in element.children:
            if child.tag == "vendorExtensions":
                names = ", ".join(dict.fromkeys(inner.tag for inner in child.children))
                self.left_out(child, part, f"vendorExtensions: {_short(names) or 'without elements'}")
            elif child.tag == "volatile":
                if child.text.strip() in ("true", "1"):
                    self.left_out(child, part, "volatile; write it in the device's own file")
            elif child.tag not in _COMMON and child.tag not in read:
                self.left_out(child, part, f"the element <{child.tag}>")

    def left_out(self, element: Element, part: str, text: str) -> None:
        """Add a finding of something that did not come over."""
        self.findings.add(Outcome.LEFT_OUT, element.place, part, text)


def title(element: Element) -> str:
    """Return the ``displayName``, unless it is the name."""
    return "" if element.words("displayName") == element.words("name") else element.words("displayName")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:80]}…"
