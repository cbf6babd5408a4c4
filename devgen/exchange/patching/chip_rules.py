"""Rules at the top of a patch: a chip's keys, and its peripherals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.patching.member_rules import cleared, find_register
from devgen.exchange.patching.patch_file import Patch
from devgen.exchange.patching.patch_report import PatchReport
from devgen.exchange.patching.peripheral_rules import PeripheralRules, changed_peripheral, new_peripheral
from devgen.exchange.patching.rules import Rule, unknown
from devgen.exchange.patching.specs import Spec
from devgen.exchange.register_map import Chip, Group, Peripheral, Register

_KEYS: Final = ("_delete", "_copy", "_modify", "_clear_fields", "_add", "_derive", "_rebase")
_WORDS: Final = {"name": "name", "description": "description", "vendor": "vendor", "version": "version"}
_UNUSED: Final = (
    *("vendorID", "series", "licenseText", "headerSystemFilename", "headerDefinitionsPrefix"),
    *("addressUnitBits", "width"),
)
_INHERITED: Final = ("size", "access", "protection", "resetValue", "resetMask")


def patched(chip: Chip, source: Path, patches: Sequence[Patch], findings: Findings) -> Chip:
    """Return a chip as the patches correct it; ``source`` is its file. What they change is added to ``findings``.

    Raises:
        FileError: a rule is wrong, or matches nothing.
    """
    for patch in patches:
        if patch.target is None or patch.target.name == source.name:
            chip = _ChipRules(chip, patch, PatchReport(findings)).applied()
    return chip


@dataclass(slots=True)
class _ChipRules:
    """Applies one patch to a chip, in svdtools' order."""

    chip: Chip
    patch: Patch
    report: PatchReport
    peripherals: list[Peripheral] = field(default_factory=list)

    def applied(self) -> Chip:
        rules = self.patch.rules
        self.peripherals = list(self.chip.peripherals)
        steps = (self._delete, self._copy, self._modify, self._clear, self._add, self._derive, self._rebase)
        for key, rule in rules.items():
            if key.startswith("_") and key not in _KEYS:
                rule.refuse(unknown(key, (*_KEYS, "_svd", "_include"), "a patch"))
        for key, step in zip(_KEYS, steps, strict=True):
            if key in rules:
                step(rules[key])
        for key, rule in rules.items():
            if not key.startswith("_"):
                self._inside(rule)
        self.report.check_renames()
        return replace(self.chip, peripherals=tuple(self.peripherals))

    def _found(self, rule: Rule) -> list[Peripheral]:
        spec = Spec.of(rule)
        found = [part for part in self.peripherals if spec.matched((part.name,))]
        if not found:
            spec.missing(f"the chip {self.chip.name}", (part.name for part in self.peripherals))
        return found

    def _named(self, rule: Rule) -> Peripheral:
        """Return the peripheral that a rule's value names."""
        name = rule.text()
        for part in self.peripherals:
            if part.name == name:
                return part
        rule.refuse(f"the chip {self.chip.name} has no peripheral '{name}'")

    def _replace(self, changes: Iterable[tuple[Peripheral, Peripheral]]) -> None:
        new = {id(old): changed for old, changed in changes}
        self.peripherals = [new.get(id(part), part) for part in self.peripherals]

    def _delete(self, rule: Rule) -> None:
        for name in rule.names():
            spec = Spec.of(name)
            gone = [part for part in self.peripherals if spec.matched((part.name,))]
            if not gone:
                self.report.absent(name, self.chip.name)
            for part in gone:
                self.report.say(name, part.name, "deleted")
            self._without(gone)

    def _without(self, gone: list[Peripheral]) -> None:
        """Remove peripherals; the first of those that share a removed one's registers keeps them."""
        self.peripherals = [part for part in self.peripherals if all(part is not other for other in gone)]
        for base in gone:
            sharing = [part for part in self.peripherals if part.same_as == base.name]
            if sharing and not base.same_as:
                first = replace(sharing[0], members=base.members, same_as="")
                others = [(part, replace(part, same_as=first.name)) for part in sharing[1:]]
                self._replace([(sharing[0], first), *others])

    def _copy(self, rule: Rule) -> None:
        for name, copy in rule.rules().items():
            keys = dict(copy.rules())
            origin = keys.pop("from", None) or keys.pop("_from", None)
            if origin is None:
                copy.refuse("write PERIPHERAL: {from: ORIGIN}, or {from: FILE:ORIGIN}")
            new = replace(self._origin(origin), name=name, place=copy.place, same_as="")
            old = next((part for part in self.peripherals if part.name == name), None)
            if old is not None:
                new = replace(new, base=old.base, interrupts=old.interrupts)
            new = changed_peripheral(new, replace(copy, value=keys))
            if old is None:
                self.peripherals.append(new)
            else:
                self._replace([(old, new)])
            self.report.say(copy, name, f"copied from {origin.text()}")

    def _origin(self, rule: Rule) -> Peripheral:
        """Return the peripheral to copy: of another register file with its interrupts, of this chip without."""
        file, colon, name = rule.text().rpartition(":")
        if not colon:
            part = self._named(rule)
            return replace(part, interrupts=(), members=self._members(part))
        from devgen.exchange.reading import RdlOptions, read_register_files

        for read in read_register_files([Path(rule.place.file).parent / file], RdlOptions()):
            for part in read.chip.peripherals:
                if part.name == name:
                    base = next((other for other in read.chip.peripherals if other.name == part.same_as), part)
                    return replace(part, members=base.members)
        rule.refuse(f"{file} has no peripheral '{name}'")

    def _members(self, part: Peripheral) -> tuple[Register | Group, ...]:
        base = next((other for other in self.peripherals if other.name == part.same_as), part)
        return base.members

    def _modify(self, rule: Rule) -> None:
        changes: dict[str, Any] = {}
        for key, entry in rule.rules().items():
            if key in _WORDS:
                changes[_WORDS[key]] = " ".join(entry.text().split())
                self.report.say(entry, self.chip.name, f"changed {key}")
            elif key == "_peripherals":
                for change in entry.rules().values():
                    self._change(change)
            elif key == "cpu":
                changes |= self._cpu(entry)
            elif key in _UNUSED:
                text = f"{key}: a description has nothing of it"
                self.report.findings.add(Outcome.LEFT_OUT, entry.place, self.chip.name, text)
            elif key in _INHERITED:
                entry.refuse("the registers of this chip have it already; modify the registers")
            elif key.startswith("_"):
                entry.refuse(unknown(key, (*_WORDS, *_UNUSED, "cpu", "_peripherals"), "a chip"))
            else:
                self._change(entry)
        self.chip = replace(self.chip, **changes)

    def _cpu(self, rule: Rule) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for key, entry in rule.rules().items():
            if key == "endian":
                if entry.text() not in ("little", "big"):
                    entry.refuse("must be 'little' or 'big'")
                found["big_endian"] = entry.text() == "big"
                self.report.say(entry, self.chip.name, f"changed the byte order to {entry.text()}")
            else:
                text = f"cpu.{key}: a description has nothing of it"
                self.report.findings.add(Outcome.LEFT_OUT, entry.place, self.chip.name, text)
        return found

    def _change(self, rule: Rule) -> None:
        for part in self._found(rule):
            changed = changed_peripheral(part, rule)
            self._replace([(part, changed)])
            if changed.name != part.name:
                sharing = [other for other in self.peripherals if other.same_as == part.name]
                self._replace([(other, replace(other, same_as=changed.name)) for other in sharing])
            self.report.changed(rule, part.name)

    def _clear(self, rule: Rule) -> None:
        for name in rule.names():
            for part in self._found(name):
                self._replace([(part, replace(part, members=tuple(map(cleared, part.members))))])
                self.report.say(name, part.name, "fields cleared of enumerations and constraints")

    def _add(self, rule: Rule) -> None:
        for name, addition in rule.rules().items():
            if any(part.name == name for part in self.peripherals):
                addition.refuse(f"the chip {self.chip.name} has this peripheral already")
            new = new_peripheral(name, addition)
            if new.same_as:
                base = self._named(addition.rules()["derivedFrom"])
                new = replace(new, same_as=base.same_as or base.name, blocks=new.blocks or base.blocks)
            self.peripherals.append(new)
            self.report.ignored(addition.rules(), name)
            self.report.say(addition, name, "added")

    def _derive(self, rule: Rule) -> None:
        for name, derived in rule.rules().items():
            keys = dict(derived.rules()) if isinstance(derived.value, dict) else {}
            origin = keys.pop("_from", derived)
            base = self._named(origin)
            base_name = base.same_as or base.name
            found = [part for part in self.peripherals if part.name == name]
            if not found and "baseAddress" not in keys:
                derived.refuse(f"the chip {self.chip.name} has no peripheral '{name}'; a new one needs its baseAddress")
            if base_name == name:
                derived.refuse("a peripheral cannot be derived from itself")
            old = found[0] if found else replace(base, name=name, interrupts=(), place=derived.place)
            new = replace(old, members=(), same_as=base_name, blocks=base.blocks)
            new = changed_peripheral(new, replace(derived, value=keys))
            if not found:
                self.peripherals.append(new)
            sharing = [part for part in self.peripherals if part.same_as == name]
            changes = [(part, replace(part, same_as=base_name)) for part in sharing]
            self._replace([(old, new), *changes])
            self.report.say(derived, name, f"derived from {base_name}")

    def _rebase(self, rule: Rule) -> None:
        for name, rebased in rule.rules().items():
            old = self._named(rebased)
            new = self._named(Rule(rebased.place, name, name))
            if new.same_as != old.name:
                rebased.refuse(f"'{name}' is not derived from '{old.name}'")
            sharing = [part for part in self.peripherals if part.same_as == old.name and part is not new]
            self._replace(
                [
                    (new, replace(new, members=old.members, same_as="")),
                    (old, replace(old, members=(), same_as=name)),
                    *((part, replace(part, same_as=name)) for part in sharing),
                ]
            )
            self.report.say(rebased, name, f"has the registers itself now, and {old.name} shares them")

    def _inside(self, rule: Rule) -> None:
        found = self._found(rule)
        own = [part for part in found if not part.same_as]
        inside = PeripheralRules(self.report, self._register)
        if not found:
            return
        for part in found:
            rules = rule.rules()
            if part.same_as and own:  # as in svdtools: of a derived peripheral only the interrupts are its own
                rules = {key: _interrupts_only(entry) for key, entry in rules.items()}
                rules = {key: entry for key, entry in rules.items() if entry.value}
            self._replace([(part, inside.applied(part, rules))])

    def _register(self, path: str) -> Register | None:
        """Return the register at a path ``PERIPHERAL.CLUSTER.REGISTER``."""
        first, *names = path.split(".")
        part = next((part for part in self.peripherals if part.name == first), None)
        return find_register(part.members, names) if part else None


def _interrupts_only(rule: Rule) -> Rule:
    """Return the part of ``_add``, ``_modify`` or ``_delete`` that concerns interrupts; its value is empty without."""
    if rule.key in ("_add", "_modify", "_delete") and isinstance(rule.value, dict) and "_interrupts" in rule.value:
        return replace(rule, value={"_interrupts": rule.value["_interrupts"]})
    return replace(rule, value={})
