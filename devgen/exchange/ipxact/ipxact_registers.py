"""Registers, register files and alternate registers of an address block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from devgen.exchange.findings import Outcome
from devgen.exchange.ipxact.ipxact_fields import FieldReader
from devgen.exchange.ipxact.ipxact_values import Values, title
from devgen.exchange.register_map import AccessWord, Field, Group, Register
from devgen.exchange.xml_elements import Element

_OF_FILE: Final = frozenset(["dim", "addressOffset", "range", "register", "registerFile"])
_OF_REGISTER: Final = frozenset(
    (
        "dim",
        "addressOffset",
        "size",
        "reset",
        "field",
        "alternateRegisters",
        "alternateGroups",
    )
)


@dataclass(slots=True, frozen=True)
class RegisterReader:
    """Reads the members of blocks and register files; their addresses count units of ``unit`` bytes."""

    values: Values
    unit: int = 1

    def members(self, parent: Element, outer: AccessWord, path: str) -> list[Register | Group]:
        """Return the registers and register files of ``parent``, in the order of the source."""
        found: list[Register | Group] = []
        for element in parent.children:
            if element.tag not in ("register", "registerFile"):
                continue
            part = f"{path}.{element.words('name') or '?'}"
            if not self.values.present(element, part):
                continue
            offset = self.values.number(element, "addressOffset", part)
            if offset is None:
                continue
            if not element.words("name"):
                self.values.left_out(element, part, f"a {element.tag} without a name")
            elif element.tag == "register":
                found += self._registers(element, offset * self.unit, outer, part)
            else:
                found += self._file(element, offset * self.unit, outer, part)
        return found

    def _file(self, element: Element, offset: int, outer: AccessWord, part: str) -> list[Register | Group]:
        size = self.values.number(element, "range", part)
        if size is None or size < 1:
            return []
        self.values.report_others(element, _OF_FILE, part)
        members = self.members(element, self.values.access(element, outer, part), part)
        if not members:
            self.values.left_out(element, part, "a register file without registers")
            return []
        dimension = self.values.dimension(element, size * self.unit, part)
        name, words = element.words("name"), element.words("description")
        return [Group(name, offset, tuple(members), element.place, words, dimension, title=title(element))]

    def _registers(self, element: Element, offset: int, outer: AccessWord, part: str) -> list[Register | Group]:
        """Return a register and its alternates."""
        width = self.values.number(element, "size", part)
        if width is None or width < 1:
            return []
        units = -(-width // (8 * self.unit))
        blank = Register("", offset, width, element.place)
        blank = replace(blank, dimension=self.values.dimension(element, units * self.unit, part))
        access = self.values.access(element, outer, part)
        found: list[Register | Group] = [self._register(element, blank, access, part)]
        for holder in element.all("alternateRegisters"):
            for alternate in holder.all("alternateRegister"):
                inner = f"{part}.{alternate.words('name') or '?'}"
                groups = [group for each in alternate.all("alternateGroups") for group in each.all("alternateGroup")]
                modes = ", ".join(f"'{group.text.strip()}'" for group in groups)
                text = f"an alternate of the register in the groups {modes}: write its `when`"
                self.values.findings.add(Outcome.TO_DO, alternate.place, inner, text)
                if alternate.words("name") and self.values.present(alternate, inner):
                    found.append(self._register(alternate, blank, self.values.access(alternate, access, inner), inner))
        return found

    def _register(self, element: Element, blank: Register, access: AccessWord, part: str) -> Register:
        self.values.report_others(element, _OF_REGISTER, part)
        reader = FieldReader(self.values)
        elements = [(child, reader.field(child, access, part)) for child in element.all("field")]
        fields = [(child, field) for child, field in elements if field is not None]
        reset, known = self._reset(reader, element, fields, blank.width, part)
        return replace(
            blank,
            name=element.words("name"),
            place=element.place,
            description=element.words("description"),
            title=title(element),
            access=access,
            reset=reset,
            reset_known=known,
            fields=tuple(field for _, field in fields),
        )

    def _reset(
        self, reader: FieldReader, element: Element, fields: Sequence[tuple[Element, Field]], width: int, part: str
    ) -> tuple[int, int]:
        """Return the reset value and its known bits: of the register in 1685-2009, of the fields in 1685-2014.

        Bits of fields without a reset value are unknown; those that no field has are 0.
        """
        ones = (1 << width) - 1
        whole = reader.reset(element, part)
        value, known = (0, ones) if whole is None else (whole[0] & ones, whole[1] & ones)
        for child, field in fields:
            own = reader.reset(child, f"{part}.{field.name}")
            if own is not None:
                value = value & ~field.mask | own[0] << field.low & field.mask
                known = known & ~field.mask | own[1] << field.low & field.mask
            elif whole is None:
                known &= ~field.mask
        return value & known, known
