"""Registers, clusters and fields of a peripheral."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import AccessWord, Dimension, Field, Group, Register
from devgen.exchange.svd.derivation import Derivation
from devgen.exchange.svd.svd_labels import LabelReader
from devgen.exchange.svd.svd_values import (
    ACCESS,
    PROTECTION,
    READ_EFFECTS,
    WRITE_EFFECTS,
    bit_range,
    constraint,
    dimension,
    effect,
    number,
    split_name,
)
from devgen.exchange.xml_elements import Element

MOST_BITS: Final = 64
"""Most elements of a repeated field."""

DEEPEST: Final = 8
"""Most clusters inside each other."""


@dataclass(slots=True, frozen=True)
class Inherited:
    """The properties of a register that enclosing elements may give."""

    width: int = 32
    access: AccessWord = "rw"
    reset: int = 0
    known: int | None = None
    protection: str = ""

    def within(self, element: Element) -> Inherited:
        """Return the properties that hold inside ``element``."""
        width, reset, known = (number(element.value(tag) or "") for tag in ("size", "resetValue", "resetMask"))
        return Inherited(
            width or self.width,
            ACCESS.get(element.value("access") or "", self.access),
            self.reset if reset is None else reset,
            self.known if known is None else known,
            element.value("protection") or self.protection,
        )


@dataclass(slots=True, frozen=True)
class RegisterReader:
    """Reads the members of a peripheral or cluster."""

    derivation: Derivation
    findings: Findings

    def members(self, parent: Element, inherited: Inherited, path: str, depth: int = 0) -> list[Register | Group]:
        """Return the registers and clusters of ``parent``, in the order of the source."""
        found: list[Register | Group] = []
        for element in parent.children:
            if element.tag not in ("register", "cluster"):
                continue
            name = element.value("name") or element.value("displayName") or ""
            part = f"{path}.{name or '?'}"
            if not name:
                self._left_out(element, part, f"a {element.tag} without a name")
                continue
            whole = self.derivation.resolved(element, parent, part)
            found += self._register(whole, inherited, part) if element.tag == "register" else []
            found += self._cluster(whole, inherited, part, depth) if element.tag == "cluster" else []
        return found

    def _cluster(self, element: Element, outer: Inherited, part: str, depth: int) -> list[Register | Group]:
        if depth >= DEEPEST:
            self._left_out(element, part, f"more than {DEEPEST} clusters inside each other")
            return []
        offset = self._offset(element, part)
        if offset is None:
            return []
        members = self.members(element, outer.within(element), part, depth + 1)
        name, pattern, repeated = self._repetition(element, part)
        return [
            Group(
                name,
                offset,
                tuple(members),
                element.place,
                element.words("description"),
                repeated,
                pattern,
            )
        ]

    def _register(self, element: Element, outer: Inherited, part: str) -> list[Register | Group]:
        offset = self._offset(element, part)
        if offset is None:
            return []
        inherited = outer.within(element)
        name, pattern, repeated = self._repetition(element, part)
        self._report_unsaid(element, inherited, part)
        register = Register(
            name,
            offset,
            inherited.width,
            element.place,
            element.words("description"),
            "" if element.value("displayName") in (None, name) else element.words("displayName"),
            inherited.access,
            inherited.reset,
            inherited.known,
            tuple(self._fields(element, inherited, part)),
            effect(element, "readAction", READ_EFFECTS, part, self.findings),
            self._write_effect(element, part),
            repeated,
            pattern,
            constraint(element),
            PROTECTION.get(inherited.protection, ""),
        )
        return [register]

    def _report_unsaid(self, element: Element, inherited: Inherited, part: str) -> None:
        if inherited.protection and inherited.protection not in PROTECTION:
            self._left_out(element, part, f"protection '{inherited.protection}': none of s, n, p")
        if element.value("dataType"):
            self._left_out(element, part, f"dataType '{element.value('dataType')}' of the C header")

    def _offset(self, element: Element, part: str) -> int | None:
        offset = number(element.value("addressOffset") or "")
        if offset is None:
            self._left_out(element, part, f"addressOffset '{element.value('addressOffset')}' is no number")
        return offset

    def _repetition(self, element: Element, part: str) -> tuple[str, str, Dimension | None]:
        """Return the name without index, the pattern of names (empty for a plain array), and the repetition."""
        name = element.value("name") or ""
        repeated = dimension(element)
        if repeated is None and element.child("dim") is not None:
            self._left_out(element, part, f"dim '{element.value('dim')}': it came over once")
        return (*split_name(name, repeated), repeated)

    def _write_effect(self, element: Element, part: str) -> str | None:
        if element.value("modifiedWriteValues") == "modify":  # SVD's default: a write stores the value
            return None
        return effect(element, "modifiedWriteValues", WRITE_EFFECTS, part, self.findings)

    def _fields(self, register: Element, inherited: Inherited, part: str) -> list[Field]:
        block = register.child("fields")
        if block is None:
            return []
        fields: list[Field] = []
        for element in block.all("field"):
            inner = f"{part}.{element.value('name') or '?'}"
            whole = self.derivation.resolved(element, block, inner)
            fields += self._repeated_field(whole, inherited, inner)
        return fields

    def _repeated_field(self, element: Element, inherited: Inherited, part: str) -> list[Field]:
        bits = bit_range(element)
        name = element.value("name") or ""
        if bits is None or not name:
            self._left_out(element, part, "a field without a name" if bits else "a field without bits")
            return []
        repeated = dimension(element)
        field = self._field(element, inherited, part, name, bits)
        if repeated is None:
            return [field]
        if repeated.count > MOST_BITS:
            self._left_out(element, part, f"dim {repeated.count} of a field: a register has at most {MOST_BITS} bits")
            return []
        pattern = name if "%s" in name else f"{name}%s"
        return [
            self._field(
                element,
                inherited,
                part,
                pattern.replace("[%s]", "%s").replace("%s", index),
                (bits[0] + place * repeated.stride, bits[1] + place * repeated.stride),
                index,
            )
            for place, index in enumerate(repeated.names)
        ]

    def _field(
        self, element: Element, inherited: Inherited, part: str, name: str, bits: tuple[int, int], index: str = "%s"
    ) -> Field:
        access = ACCESS.get(element.value("access") or "")
        return Field(
            name,
            *bits,
            element.place,
            element.words("description").replace("%s", index),
            None if access == inherited.access else access,
            effect(element, "readAction", READ_EFFECTS, part, self.findings),
            self._write_effect(element, part),
            LabelReader(self.derivation, self.findings, part).read(element),
            constraint=constraint(element),
        )

    def _left_out(self, element: Element, part: str, text: str) -> None:
        self.findings.add(Outcome.LEFT_OUT, element.place, part, text)
