"""Fields, their reset values and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.exchange.ipxact.ipxact_values import Values, title
from devgen.exchange.register_map import AccessWord, Constraint, Field, Label, Labels, LabelUse
from devgen.exchange.svd.svd_values import READ_EFFECTS, WRITE_EFFECTS, effect
from devgen.exchange.xml_elements import Element

_READ: Final = frozenset(
    (
        "bitOffset",
        "bitWidth",
        "reset",
        "resets",
        "enumeratedValues",
        "modifiedWriteValue",
        "writeValueConstraint",
        "readAction",
        "reserved",
    )
)
_USES: Final[dict[str, LabelUse]] = {"read": "read", "write": "write"}


@dataclass(slots=True, frozen=True)
class FieldReader:
    """Reads the fields of registers, and their reset values."""

    values: Values

    def field(self, element: Element, outer: AccessWord, path: str) -> Field | None:
        """Return a field of a register with the access ``outer``; None, with a finding, if it does not come over."""
        values = self.values
        name = element.words("name")
        part = f"{path}.{name or '?'}"
        if not values.present(element, part):
            return None
        low, width = values.number(element, "bitOffset", part), values.number(element, "bitWidth", part)
        if low is None or width is None:
            return None
        if not name or low < 0 or width < 1:
            values.left_out(element, part, f"a field without a name, or of the bits {low} to {low + width - 1}")
            return None
        values.report_others(element, _READ, part)
        if (element.value("reserved") or "false") not in ("false", "0"):
            values.left_out(element, part, "it is reserved; it came over as a field")
        access = values.access(element, outer, part)
        return Field(
            name,
            low + width - 1,
            low,
            element.place,
            element.words("description"),
            None if access == outer else access,
            effect(element, "readAction", READ_EFFECTS, part, self.values.findings),
            effect(element, "modifiedWriteValue", WRITE_EFFECTS, part, self.values.findings),
            self._labels(element, part),
            constraint=self._constraint(element, part),
            title=title(element),
        )

    def reset(self, element: Element, part: str) -> tuple[int, int] | None:
        """Return the reset value of a field or register and the mask of its known bits; None if it has none.

        Of several resets the one without ``resetTypeRef`` is the hard reset of IEEE 1685-2014; the others are reported.
        """
        holder = element.child("resets")
        found = element.all("reset") if holder is None else holder.all("reset")
        if not found:
            return None
        chosen = next((reset for reset in found if "resetTypeRef" not in reset.attributes), found[0])
        for reset in found:
            if reset is not chosen:
                kind = reset.attributes.get("resetTypeRef", "")
                self.values.left_out(reset, part, f"a second reset value, of the type '{kind}'")
        value, mask = self.values.number(chosen, "value", part), self.values.optional(chosen, "mask", part)
        return None if value is None else (value, -1 if mask is None else mask)

    def _labels(self, element: Element, part: str) -> tuple[Labels, ...]:
        """Return the labels, a list for each use of them."""
        lists: dict[LabelUse, list[Label]] = {}
        for holder in element.all("enumeratedValues"):
            for child in holder.all("enumeratedValue"):
                value, name = self.values.number(child, "value", part), child.words("name")
                if value is None or not name:
                    self.values.left_out(child, part, f"the enumerated value '{name}' has no name or no number")
                    continue
                label = Label(name, value, None, child.words("description"), title(child))
                lists.setdefault(_USES.get(child.attributes.get("usage", ""), "read-write"), []).append(label)
        return tuple(Labels(tuple(labels), use) for use, labels in lists.items())

    def _constraint(self, element: Element, part: str) -> Constraint | None:
        found = element.child("writeValueConstraint")
        if found is None:
            return None
        if found.value("useEnumeratedValues") in ("true", "1"):
            return "enumerated"
        if found.value("writeAsRead") in ("true", "1"):
            return "as_read"
        low, high = self.values.optional(found, "minimum", part), self.values.optional(found, "maximum", part)
        if low is None or high is None or low > high:
            self.values.left_out(found, part, "a writeValueConstraint without a range")
            return None
        return low, high
