"""Fields, enumerations and reset values of a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from devgen.exchange.describe.hardware import HardwareSides
from devgen.exchange.describe.names import Namer
from devgen.exchange.describe.shared_bits import Bits, bases_of
from devgen.exchange.describe.source_names import Owner
from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.register_map import AccessWord, Constraint, Field, Label, LabelUse, Register
from devgen.exchange.yaml_text import Block

_WRITES: Final[frozenset[AccessWord]] = frozenset(("rw", "wo", "rw1", "w1"))
_KEYS: Final[dict[LabelUse, str]] = {"read": "read_values", "write": "write_values", "read-write": "values"}
_SETTING: Final = ("woset", "wset")
"""Write effects that a field with ``singlepulse`` needs not state: it is 0 before each write."""

_READS: Final[frozenset[AccessWord]] = frozenset(("rw", "ro", "rw1"))


@dataclass(slots=True, frozen=True)
class FieldsOf:
    """Describes the fields of ``register``.

    ``width`` is the register's width in the description, and ``owner`` its name there.
    """

    register: Register
    width: int
    part: str
    findings: Findings
    sides: HardwareSides
    owner: Owner

    def describe(self) -> dict[str, Any]:
        """Return the value of ``fields``, empty if the register has none that the language can say."""
        namer = Namer(self.findings, self.part, "F")
        fields: dict[str, Any] = {}
        taken = 0
        named = [(namer.take(field.name, field.place), field) for field in self._fitting()]
        bases = bases_of([Bits(name, field.mask, field.access or self.register.access) for name, field in named])
        for name, field in named:
            base = bases.get(name)
            if base is None:
                self._say(
                    Outcome.LEFT_OUT, field, "its bits are those of a field that is read and of one that is written"
                )
                continue
            taken |= field.mask
            fields[name] = self._entry(field, name, {} if base == name else {"alternate": base})
            self.sides.names.name(field.origin, self.owner, name)
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

    def _entry(self, field: Field, name: str, alternate: dict[str, str]) -> Any:
        access = field.access or self.register.access
        entry: dict[str, Any] = {"bits": bits_of(field.high, field.low)}
        if access != self.register.access:
            entry["access"] = access
        entry |= alternate
        if not (field.singlepulse and field.write_effect in _SETTING):
            entry |= effects(field, access, self.part, self.findings)
        if field.singlepulse:
            entry["singlepulse"] = True
        entry |= self._values(field, access)
        entry |= constraint_key(field, field.width, access, self.part, self.findings)
        if field.title:
            entry["title"] = field.title
        if field.description and field.description != field.name:
            entry["description"] = field.description
        if field.hardware and not alternate:
            self.sides.wait(entry, field, self.owner, name, f"{self.part}.{field.name}")
        if field.lock is not None and access in _WRITES:
            self.sides.lock(entry, field, self.owner, name, f"{self.part}.{field.name}")
            return entry
        return entry["bits"] if len(entry) == 1 and not field.hardware else entry

    def _values(self, field: Field, access: AccessWord) -> dict[str, Any]:
        """Return the enumerations: ``values``, or ``read_values`` and ``write_values``."""
        namer = Namer(self.findings, f"{self.part}.{field.name}", "V")
        keys: dict[str, Any] = {}
        for labels in sorted(field.labels, key=lambda labels: labels.use != "read-write"):
            key = _KEYS[labels.use]
            if not _possible(labels.use, access):
                self._say(
                    Outcome.LEFT_OUT, field, f"an enumeration for {labels.use} of a field whose access is {access}"
                )
                continue
            entries = keys.setdefault(key, {})
            shared = {} if key == "values" else keys.get("values", {})
            for label in labels.labels:
                if self._usable(label, field, [*entries.values(), *shared.values()]):
                    entries[namer.take(label.name, field.place)] = self._label(label, field)
        return {key: Block(entries) if _long(entries) else entries for key, entries in keys.items() if entries}

    def _label(self, label: Label, field: Field) -> Any:
        value = _label_value(label, field.width)
        texts = {"title": label.title, "description": label.description}
        stated = {key: text for key, text in texts.items() if text}
        return {"value": value, **stated} if stated else value

    def _usable(self, label: Label, field: Field, others: list[Any]) -> bool:
        if label.value is not None and label.value >> field.width:
            text = f"the label '{label.name}' is {label.value}, beyond the field's {field.width} bits"
            self._say(Outcome.LEFT_OUT, field, text)
            return False
        value = _label_value(label, field.width)
        if any(value == (other["value"] if isinstance(other, dict) else other) for other in others):
            self._say(Outcome.LEFT_OUT, field, f"a second label for {value}: '{label.name}'")
            return False
        return True

    def _say(self, outcome: Outcome, field: Field, text: str) -> None:
        self.findings.add(outcome, field.place, f"{self.part}.{field.name}", text)


def constraint_key(
    source: Register | Field, width: int, access: AccessWord, part: str, findings: Findings
) -> dict[str, Any]:
    """Return the key ``write_constraint``; one that has no effect or that the reset value contradicts is left out."""
    limit = source.constraint
    if limit is None or limit == (0, (1 << width) - 1):
        return {}
    path = part if isinstance(source, Register) else f"{part}.{source.name}"
    problem = _problem(source, limit, width, access)
    if problem:
        findings.add(Outcome.LEFT_OUT, source.place, path, f"a write constraint {problem}")
        return {}
    return {"write_constraint": limit if isinstance(limit, str) else f"{limit[0]}..{limit[1]}"}


def _problem(source: Register | Field, limit: Constraint, width: int, access: AccessWord) -> str:
    if access not in _WRITES:
        return f"of a part whose access is {access}"
    if isinstance(limit, tuple):
        return f"of {limit[0]}..{limit[1]}, beyond its {width} bits" if limit[1] >> width else ""
    if limit == "as_read":
        return "to what was read, of a part that cannot be read" if access not in _READS else ""
    writes = isinstance(source, Field) and any(labels.use != "read" and labels.labels for labels in source.labels)
    return "" if writes else "to enumerated values, of a part that has none for writes"


def _possible(use: LabelUse, access: AccessWord) -> bool:
    return access in {"read": _READS, "write": _WRITES}.get(use, _READS | _WRITES)


def _label_value(label: Label, width: int) -> int | str:
    """Return a label's value as the language writes it: a number, a pattern with x, or ``default``."""
    if label.value is None:
        return "default"
    if label.care is None or label.care == (1 << width) - 1:
        return label.value
    bits = ((str(label.value >> bit & 1) if label.care >> bit & 1 else "x") for bit in reversed(range(width)))
    return "0b" + "".join(bits)


def _long(entries: dict[str, Any]) -> bool:
    """Whether an enumeration is printed with a line for each label: it has descriptions."""
    return any(isinstance(entry, dict) for entry in entries.values())


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


def has_taker(key: str, fields: dict[str, Any], access: AccessWord) -> bool:
    """Whether one of the described fields takes an effect from its register: it can happen, and it has none itself."""
    possible = _READS if key == "read_effect" else _WRITES
    entries = (entry if isinstance(entry, dict) else {} for entry in fields.values())
    return any(entry.get("access", access) in possible and key not in entry for entry in entries)


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
