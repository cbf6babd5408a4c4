"""Fields, enumerations and reset values of a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from devgen.exchange.describe.names import Namer
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import AccessWord, Field, Label, Register
from devgen.exchange.yaml_text import Hex

_WRITES: Final[frozenset[AccessWord]] = frozenset(("rw", "wo", "rw1", "w1"))
_SETTING: Final = ("woset", "wset")
"""Write effects that a field with ``singlepulse`` needs not state: it is 0 before each write."""

_READS: Final[frozenset[AccessWord]] = frozenset(("rw", "ro", "rw1"))


@dataclass(slots=True, frozen=True)
class FieldsOf:
    """Describes the fields of ``register``; ``width`` is the register's width in the description."""

    register: Register
    width: int
    part: str
    findings: Findings

    def describe(self) -> dict[str, Any]:
        """Return the value of ``fields``, empty if the register has none that the language can say."""
        namer = Namer(self.findings, self.part, "F")
        fields: dict[str, Any] = {}
        taken = 0
        for field in self._fitting():
            if field.mask & taken:
                self._say(Outcome.LEFT_OUT, field, "its bits are those of an earlier field")
                continue
            taken |= field.mask
            fields[namer.take(field.name, field.place)] = self._entry(field)
        if not fields:
            return {}
        for high, low in _runs(self.register.reset & ~taken & ((1 << self.width) - 1)):
            bits = bits_of(high, low)
            name = namer.take(f"RESERVED_{low}" if high == low else f"RESERVED_{high}_{low}", self.register.place)
            fields[name] = {"bits": bits, "access": "ro"}
            text = f"bits {bits} belong to no field but have a reset value; {name} keeps it"
            self.findings.add(Outcome.CORRECTED, self.register.place, self.part, text)
        return fields

    def _fitting(self) -> list[Field]:
        fields: list[Field] = []
        for field in self.register.fields:
            if field.high >= self.width:
                self._say(
                    Outcome.LEFT_OUT, field, f"its bits {field.high}:{field.low} are beyond the register's {self.width}"
                )
            else:
                fields.append(field)
        return fields

    def _entry(self, field: Field) -> Any:
        access = field.access or self.register.access
        entry: dict[str, Any] = {"bits": bits_of(field.high, field.low)}
        if access != self.register.access:
            entry["access"] = access
        if not (field.singlepulse and field.write_effect in _SETTING):
            entry |= effects(field, access, self.part, self.findings)
        if field.singlepulse:
            entry["singlepulse"] = True
        entry |= self._values(field)
        if field.description and field.description != field.name:
            entry["description"] = field.description
        return entry["bits"] if len(entry) == 1 else entry

    def _values(self, field: Field) -> dict[str, Any]:
        """Return the enumeration; of one for reads and one for writes, the labels of both that do not contradict."""
        namer = Namer(self.findings, f"{self.part}.{field.name}", "V")
        values: dict[str, Hex | int] = {}
        for labels in field.labels:
            for label in labels.labels:
                if self._usable(label, field, values):
                    values[namer.take(label.name, field.place)] = label.value or 0
        return {"values": values} if values else {}

    def _usable(self, label: Label, field: Field, values: dict[str, Hex | int]) -> bool:
        if label.value is None or label.care is not None:
            text = (
                f"the label '{label.name}' of all other values"
                if label.value is None
                else f"'{label.name}': a value with x"
            )
            self._say(Outcome.LEFT_OUT, field, text)
            return False
        if label.value >> field.width:
            self._say(
                Outcome.LEFT_OUT,
                field,
                f"the label '{label.name}' is {label.value}, beyond the field's {field.width} bits",
            )
            return False
        if label.value in values.values():
            self._say(Outcome.LEFT_OUT, field, f"a second label for {label.value}: '{label.name}'")
            return False
        if label.description:
            self._say(Outcome.LEFT_OUT, field, f"the description of the label '{label.name}'")
        return True

    def _say(self, outcome: Outcome, field: Field, text: str) -> None:
        self.findings.add(outcome, field.place, f"{self.part}.{field.name}", text)


def effects(source: Register | Field, access: AccessWord, part: str, findings: Findings) -> dict[str, str]:
    """Return the keys ``read_effect`` and ``write_effect``; an effect of an access that cannot happen is left out."""
    keys: dict[str, str] = {}
    for key, effect, possible in (
        ("read_effect", source.read_effect, access in _READS),
        ("write_effect", source.write_effect, access in _WRITES),
    ):
        if effect and possible:
            keys[key] = effect
        elif effect:
            text = f"{key} '{effect}' of a part whose access is {access}"
            findings.add(
                Outcome.LEFT_OUT, source.place, part if isinstance(source, Register) else f"{part}.{source.name}", text
            )
    return keys


def bits_of(high: int, low: int) -> str | int:
    """Return a range of bits as the language writes it."""
    return low if high == low else f"{high}:{low}"


def _runs(bits: int) -> list[tuple[int, int]]:
    """Return the runs of ones in a number as (high, low), lowest first."""
    runs: list[tuple[int, int]] = []
    low = 0
    while bits >> low:
        if not bits >> low & 1:
            low += 1
            continue
        high = low
        while bits >> (high + 1) & 1:
            high += 1
        runs.append((high, low))
        low = high + 1
    return runs
