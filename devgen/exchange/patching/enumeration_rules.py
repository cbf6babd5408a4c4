"""Rules of fields: enumerations, effects and ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from devgen.exchange.patching.rules import Rule, Rules, unknown
from devgen.exchange.patching.svd_keys import constraint_of
from devgen.exchange.register_map import Field, Label, Labels, LabelUse, Register

_READS: Final[dict[str, str | None]] = {"_read": None, "_RM": None, "_RS": "rset", "_RC": "rclr", "_RME": None}
_WRITES: Final[dict[str, str | None]] = {
    "_write": None,
    "_WM": None,
    "_WS": "wset",
    "_WC": "wclr",
    "_W1S": "woset",
    "_W0C": "wzc",
    "_W1C": "woclr",
    "_W0S": "wzs",
    "_W1T": "wot",
    "_W0T": "wzt",
}
_OTHER: Final = ("_replace_enum", "_name", "_derivedFrom")


@dataclass(slots=True, frozen=True)
class EnumerationRules:
    """Applies the rules of one field's name to the fields that it matches, in a register."""

    register: Register

    def applied(self, field: Field, rule: Rule) -> Field:
        """Return the field with the enumerations, effects or range that the rule says. Raises FileError."""
        if isinstance(rule.value, list):
            return replace(field, constraint=constraint_of(rule))
        rules = rule.rules()
        _check(rules)
        sides = [key for key in rules if key in _READS or key in _WRITES]
        if not sides:
            return self._with_labels(field, rule, "read-write")
        for key in sides:
            if rules[key].rules():
                field = self._with_labels(field, rules[key], "read" if key in _READS else "write")
            if effect := _READS.get(key):
                field = replace(field, read_effect=effect)
            if effect := _WRITES.get(key):
                field = replace(field, write_effect=effect)
        return field

    def _with_labels(self, field: Field, rule: Rule, use: LabelUse) -> Field:
        rules, replaces = rule.rules(), False
        if "_replace_enum" in rules:
            rules, replaces = rules["_replace_enum"].rules(), True
        _check(rules)
        _check_access(field.access or self.register.access, use, rule)
        if "_derivedFrom" in rules:
            labels, replaces = self._named(rules["_derivedFrom"]), True
        else:
            labels = _labels(rules)
        if not labels:
            rule.refuse("no labels: write NAME: [VALUE, DESCRIPTION]")
        name = rules["_name"].text() if "_name" in rules else field.name
        kept, taken = _apart(field.labels, use)
        if taken and not replaces:
            rule.refuse(f"'{field.name}' has an enumeration for {use} already; replace it with '_replace_enum'")
        return replace(field, labels=(*kept, Labels(labels, use, name)))

    def _named(self, rule: Rule) -> tuple[Label, ...]:
        """Return the labels of another field or enumeration of the register."""
        name = rule.text()
        for field in self.register.fields:
            for labels in field.labels:
                if name in (labels.name, field.name):
                    return labels.labels
        rule.refuse(f"the register '{self.register.name}' has no enumeration '{name}'")


def _check(rules: Rules) -> None:
    for key, rule in rules.items():
        if key.startswith("_") and key not in (*_READS, *_WRITES, *_OTHER):
            rule.refuse(unknown(key, (*_READS, *_WRITES, *_OTHER), "a field"))


def _check_access(access: str, use: LabelUse, rule: Rule) -> None:
    possible = {"ro": ("read", "read-write"), "wo": ("write", "read-write"), "w1": ("write", "read-write")}
    if use not in possible.get(access, (use,)):
        rule.refuse(f"an enumeration for {use} of a field whose access is {access}")


def _apart(labels: Sequence[Labels], use: LabelUse) -> tuple[list[Labels], bool]:
    """Return the enumerations that stay beside a new one for ``use``, and whether one is in its way.

    One for both reading and writing becomes one for the other side only.
    """
    kept: list[Labels] = []
    taken = False
    for other in labels:
        if use in ("read-write", other.use):
            taken = True
        elif other.use == "read-write":
            kept.append(replace(other, use="write" if use == "read" else "read"))
        else:
            kept.append(other)
    return kept, taken


def _labels(rules: Rules) -> tuple[Label, ...]:
    return tuple(_label(rule) for key, rule in rules.items() if not key.startswith("_"))


def _label(rule: Rule) -> Label:
    if not isinstance(rule.value, list) or len(rule.value) < 2:
        rule.refuse("a label is written NAME: [VALUE, DESCRIPTION]")
    first, *others = rule.value  # a description without quotes is cut at its commas
    value, description = first.number(), " ".join(", ".join(part.text() for part in others).split())
    if value < -1:
        rule.refuse(f"{value} is no value; -1 is the label of all other values")
    return Label(rule.key, None if value == -1 else value, None, description)


def without_content(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Return fields without enumerations and constraints, as ``_clear`` says."""
    return tuple(replace(field, labels=(), constraint=None) for field in fields)
