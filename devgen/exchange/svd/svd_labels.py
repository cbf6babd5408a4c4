"""Enumerated values of a field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import Label, Labels, LabelUse
from devgen.exchange.svd.derivation import Derivation
from devgen.exchange.svd.svd_values import pattern
from devgen.exchange.xml_elements import Element

_USES: Final[dict[str, LabelUse]] = {"read": "read", "write": "write", "read-write": "read-write"}


@dataclass(slots=True, frozen=True)
class LabelReader:
    """Reads the enumerations of one field; ``part`` is the field's path."""

    derivation: Derivation
    findings: Findings
    part: str

    def read(self, field: Element) -> tuple[Labels, ...]:
        """Return the field's enumerations with at least one label."""
        lists = [self._labels(element, field) for element in field.all("enumeratedValues")]
        return tuple(labels for labels in lists if labels.labels)

    def _labels(self, element: Element, field: Element) -> Labels:
        whole = self.derivation.resolved(element, field, self.part)
        labels = [self._label(value) for value in whole.all("enumeratedValue")]
        use = _USES.get(whole.value("usage") or "", "read-write")
        return Labels(tuple(label for label in labels if label is not None), use, whole.value("name") or "")

    def _label(self, element: Element) -> Label | None:
        name = element.value("name") or element.words("description") or element.value("value") or ""
        if (element.value("isDefault") or "").lower() in ("true", "1"):
            return Label(name, None, None, element.words("description"))
        found = pattern(element.value("value") or "")
        if found is None:
            text = f"the enumerated value '{name}' has no number"
            self.findings.add(Outcome.LEFT_OUT, element.place, self.part, text)
            return None
        return Label(name, *found, element.words("description"))
