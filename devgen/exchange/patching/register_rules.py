"""Rules of a register: its fields are deleted, renamed, changed, added, merged and split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from devgen.exchange.patching.affixes import renamed
from devgen.exchange.patching.collecting import fields_in_array
from devgen.exchange.patching.enumeration_rules import EnumerationRules, without_content
from devgen.exchange.patching.patch_report import PatchReport
from devgen.exchange.patching.rules import Rule, Rules, check_keys, unknown
from devgen.exchange.patching.specs import Spec
from devgen.exchange.patching.svd_keys import field_of, new_fields, words
from devgen.exchange.register_map import Field, Register

_AFFIXES: Final = ("_strip", "_strip_end", "_prefix", "_suffix")


@dataclass(slots=True, frozen=True)
class RegisterRules:
    """Applies the rules of a register in svdtools' order. ``path`` is the register's, for reports."""

    report: PatchReport
    path: str
    lookup: Callable[[str], Register | None]
    """Finds a register of the block, or of the chip by its path."""

    def applied(self, register: Register, rules: Rules) -> Register:
        """Return the register with its fields as the rules say. Raises FileError."""
        steps = self._steps()
        for key, rule in rules.items():
            if key.startswith("_") and key not in steps:
                rule.refuse(unknown(key, steps, "a register"))
        for key in ("_delete", *_AFFIXES, "_clear", "_modify", "_add", "_derive", "_merge", "_split"):
            if key in rules:
                register = replace(register, fields=steps[key](register.fields, rules[key]))
        for key, rule in rules.items():
            if not key.startswith("_"):
                register = self._enumerated(register, rule)
        if "_array" in rules:
            register = replace(register, fields=self._arrays(register.fields, rules["_array"]))
        return register

    def _steps(self) -> dict[str, Callable[[tuple[Field, ...], Rule], tuple[Field, ...]]]:
        return {
            "_delete": self._deleted,
            "_strip": self._renamed,
            "_strip_end": self._renamed,
            "_prefix": self._renamed,
            "_suffix": self._renamed,
            "_clear": self._cleared,
            "_modify": self._modified,
            "_add": self._added,
            "_derive": self._derived,
            "_merge": self._merged,
            "_split": self._split,
            "_array": self._arrays,
        }

    def _deleted(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for name in rule.names():
            gone = self._matching(fields, name)
            if not gone:
                self.report.absent(name, self.path)
            fields = tuple(field for field in fields if field not in gone)
            for field in gone:
                self.report.say(name, f"{self.path}.{field.name}", "deleted")
        return fields

    def _renamed(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for name in rule.names():
            changed = {field.name: renamed(field.name, rule.key, name.key) for field in fields}
            self.report.renames(name, self.path, changed)
            fields = tuple(replace(field, name=changed[field.name]) for field in fields)
        return fields

    def _cleared(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for name in rule.names():
            found = self._found(fields, name)
            fields = tuple(without_content([field])[0] if field in found else field for field in fields)
            for field in found:
                self.report.say(name, f"{self.path}.{field.name}", "cleared of enumerations and constraints")
        return fields

    def _modified(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for change in rule.rules().values():
            found = self._found(fields, change)
            fields = tuple(field_of(field, change.rules()) if field in found else field for field in fields)
            for field in found:
                self.report.changed(change, f"{self.path}.{field.name}")
        return fields

    def _added(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for name, addition in rule.rules().items():
            added = new_fields(name, addition)
            present = {field.name for field in fields}
            for field in added:
                if field.name in present:
                    addition.refuse(f"{self.path} has a field '{field.name}' already")
                self.report.say(addition, f"{self.path}.{field.name}", "added")
            fields = (*fields, *added)
        return fields

    def _derived(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for derived in rule.rules().values():
            keys = dict(derived.rules()) if isinstance(derived.value, dict) else {}
            origin = keys.pop("_from", None) or (derived if isinstance(derived.value, str) else None)
            if origin is None:
                derived.refuse("write FIELD: ORIGIN, or FIELD: {_from: ORIGIN, …}")
            if self._matching(fields, derived) or not Spec.of(derived).optional:
                fields = self._derive(fields, derived, self._origin(fields, origin), keys)
        return fields

    def _origin(self, fields: tuple[Field, ...], origin: Rule) -> Field:
        """Return the field that a rule's value names: of this register, or ``REGISTER.FIELD``."""
        path, _, name = origin.text().rpartition(".")
        register = self.lookup(path) if path else None
        wanted = Spec.of(replace(origin, key=name.replace("%s", "*")))
        for field in register.fields if register else () if path else fields:
            if wanted.matched((field.name,)):
                return field
        origin.refuse(f"{path or self.path} has no field '{name}'" if register or not path else f"no register '{path}'")

    def _derive(self, fields: tuple[Field, ...], rule: Rule, base: Field, keys: Rules) -> tuple[Field, ...]:
        """Return the fields with those that the rule names like ``base``, at their own bits; a missing one is new."""
        found = self._matching(fields, rule)
        for field in found or [replace(base, name=rule.key, place=rule.place)]:
            low = field.low if found else base.low
            derived = replace(base, name=field.name, place=field.place, low=low, high=low + base.width - 1)
            if not found and not any(key in keys for key in ("bitRange", "bitOffset", "lsb")):
                rule.refuse(f"{self.path} has no field of this name; a new one needs its bits: bitOffset, or bitRange")
            derived = field_of(derived, keys)
            self.report.say(rule, f"{self.path}.{derived.name}", f"derived from {base.name}")
            fields = tuple(derived if other is field else other for other in fields)
            fields = fields if found else (*fields, derived)
        return fields

    def _merged(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        if isinstance(rule.value, dict):
            for name, part in rule.value.items():
                specs = list(part.names()) or [Rule(part.place, name, None)]
                fields = self._merge(fields, part, specs, name)
            return fields
        for name_rule in rule.names():
            fields = self._merge(fields, name_rule, [name_rule], "")
        return fields

    def _merge(self, fields: tuple[Field, ...], rule: Rule, specs: list[Rule], name: str) -> tuple[Field, ...]:
        """Replace the matched fields by one, from the lowest bit on, as wide as all of them."""
        found = [field for spec in specs for field in self._found(fields, spec)]
        names = [field.name for field in found]
        if not found:
            return fields
        low, width = min(field.low for field in found), sum(field.width for field in found)
        if max(field.high for field in found) - low + 1 != width:
            rule.refuse(f"the bits of {', '.join(names)} in {self.path} are not next to each other")
        merged = replace(
            found[0],
            name=name or _common_start(names) or names[0],
            low=low,
            high=low + width - 1,
            labels=(),
            constraint=None,
        )
        self.report.say(rule, f"{self.path}.{merged.name}", f"merged from {', '.join(names)}")
        first = min(fields.index(field) for field in found)
        rest = [field for field in fields if field not in found]
        return (*rest[:first], merged, *rest[first:])

    def _split(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for name in rule.names():
            keys = name.rules()
            check_keys(keys, ("name", "description"), "a split")
            for field in self._found(fields, name):
                pattern = keys["name"].text() if "name" in keys else f"{field.name}%s"
                if "%s" not in pattern:
                    keys["name"].refuse("must have '%s' where the index stands")
                text = words(keys["description"]) if "description" in keys else field.description
                parts = tuple(_bit(field, pattern, text, bit) for bit in range(field.width))
                at = fields.index(field)
                fields = (*fields[:at], *parts, *fields[at + 1 :])
                self.report.say(name, f"{self.path}.{field.name}", f"split into {field.width} fields")
        return fields

    def _enumerated(self, register: Register, rule: Rule) -> Register:
        found = self._found(register.fields, rule)
        if rule.value in ({}, None):  # says only that there is such a field
            return register
        if len({field.width for field in found}) > 1 and isinstance(rule.value, dict):
            rule.refuse(f"one enumeration for fields of different widths: {', '.join(field.name for field in found)}")
        rules = EnumerationRules(register)
        fields = tuple(rules.applied(field, rule) if field in found else field for field in register.fields)
        for field in found:
            what = "range of values" if isinstance(rule.value, list) else "labels or effects"
            self.report.say(rule, f"{self.path}.{field.name}", f"given {what}")
        return replace(register, fields=fields)

    def _arrays(self, fields: tuple[Field, ...], rule: Rule) -> tuple[Field, ...]:
        for array in rule.rules().values():
            found = self._found(fields, array)
            if found:
                fields = fields_in_array(fields, found, array, self.path)
                self.report.say(array, self.path, f"{len(found)} fields named alike")
        return fields

    def _found(self, fields: Sequence[Field], rule: Rule) -> list[Field]:
        """Return the fields that a rule's key matches. Raises FileError if there is none."""
        found = self._matching(fields, rule)
        if not found:
            Spec.of(rule).missing(self.path, (field.name for field in fields))
        return found

    def _matching(self, fields: Sequence[Field], rule: Rule) -> list[Field]:
        """Return the fields that a rule's key matches; SVD writes an array of fields with ``%s``."""
        key = rule.key if any(field.name == rule.key for field in fields) else rule.key.replace("%s", "*")
        spec = Spec.of(replace(rule, key=key))
        return [field for field in fields if spec.matched((field.name,))]


def _bit(field: Field, pattern: str, text: str, bit: int) -> Field:
    place = field.low + bit
    index = str(bit)
    return replace(
        field,
        name=pattern.replace("%s", index),
        description=text.replace("%s", index),
        low=place,
        high=place,
        labels=(),
        constraint=None,
    )


def _common_start(names: Sequence[str]) -> str:
    """Return the characters with which all names begin."""
    first, last = min(names), max(names)
    return first[: next((at for at, letter in enumerate(first) if letter != last[at : at + 1]), len(first))]
