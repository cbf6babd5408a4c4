"""The part of a description that belongs to a component of its address map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devgen.exchange.rdl_edits.compared_parts import Key
from devgen.exchange.rdl_export.bits import WHOLE


@dataclass(slots=True, frozen=True)
class EditedDescription:
    """Finds and changes parts of ``tree``, the description of a device."""

    tree: dict[str, Any]

    def member(self, key: Key) -> dict[str, Any]:
        """Return the description of a region, a register file or a register; of the device for an empty key."""
        if not key:
            return self.tree
        part: dict[str, Any] = self.tree["regions"][key[0]]
        for name in key[1:]:
            part = part["registers"][name]
        return part

    def field(self, key: Key) -> dict[str, Any]:
        """Return the description of a field: a mapping of its own, or that of its register without fields."""
        register = self.member(key[:-1])
        if self.is_whole(key):
            return register
        fields = register["fields"]
        if not isinstance(fields[key[-1]], dict):
            fields[key[-1]] = {"bits": fields[key[-1]]}
        found: dict[str, Any] = fields[key[-1]]
        return found

    def is_whole(self, key: Key) -> bool:
        """Whether a field of SystemRDL is a whole register of the description, which has no fields."""
        return key[-1] == WHOLE and "fields" not in self.member(key[:-1])

    def has_field(self, key: Key) -> bool:
        """Whether a field of SystemRDL is described: those of an alias are often those of another register."""
        return self.is_whole(key) or key[-1] in self.member(key[:-1]).get("fields", {})

    def fields(self, register: Key) -> Iterator[Key]:
        """Yield the fields of a register."""
        for name in self.member(register).get("fields", {}):
            yield (*register, name)

    def shorten(self, register: Key) -> None:
        """Write fields that have nothing but bits as these."""
        fields = self.member(register).get("fields", {})
        for name, field in fields.items():
            if isinstance(field, dict) and field.keys() == {"bits"}:
                fields[name] = field["bits"]
