"""Rules of a block of registers: a peripheral's or a cluster's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from devgen.exchange.patching.affixes import renamed
from devgen.exchange.patching.block_collecting import BlockCollecting
from devgen.exchange.patching.enumeration_rules import without_content
from devgen.exchange.patching.patch_report import PatchReport
from devgen.exchange.patching.register_rules import RegisterRules
from devgen.exchange.patching.rules import Rule, Rules, unknown
from devgen.exchange.patching.specs import Spec
from devgen.exchange.patching.svd_keys import group_of, new_group, new_registers, register_of
from devgen.exchange.register_map import Group, Register

Member = Register | Group
Members = tuple[Member, ...]
Lookup = Callable[[str], Register | None]
"""Finds a register of the chip by its path: ``UART0.CTRL``."""

_AFFIXES: Final = ("_strip", "_strip_end", "_prefix", "_suffix")
_ORDER: Final = ("_delete", "_copy", *_AFFIXES, "_modify", "_clear_fields", "_add", "_derive")
_AFTER: Final = ("_expand_array", "_array", "_cluster", "_expand_cluster")
KEYS: Final = (*_ORDER, *_AFTER, "_registers", "_clusters")
"""The keys of a block that this module knows; a peripheral has ``_interrupts`` too."""


@dataclass(slots=True, frozen=True)
class MemberRules:
    """Applies the rules of a block in svdtools' order. ``path`` is the block's, for reports."""

    report: PatchReport
    path: str
    lookup: Lookup

    def applied(self, members: Members, rules: Rules) -> Members:
        """Return the members as the rules say. Raises FileError."""
        for key, rule in rules.items():
            if key.startswith("_") and key not in KEYS:
                rule.refuse(unknown(key, KEYS, "a peripheral or cluster"))
        for key in _ORDER:
            if key in rules:
                members = self._step(key)(members, rules[key])
        for rule in self._inner(rules):
            members = self._inside(members, rule)
        for key in _AFTER:
            if key in rules:
                members = BlockCollecting(self.report, self.path, self._rules_of(members), self._block).applied(
                    members, rules[key]
                )
        return members

    def _rules_of(self, beside: Members) -> Callable[[str], RegisterRules]:
        """Return the object that applies the rules of a register at a path; ``beside`` are its neighbours."""
        return lambda path: RegisterRules(self.report, path, self._lookup(beside))

    def _lookup(self, beside: Members) -> Lookup:
        """Return a function that finds a register by its path in this block or in the chip."""

        def lookup(path: str) -> Register | None:
            return find_register(beside, path.removeprefix(f"{self.path}.").split(".")) or self.lookup(path)

        return lookup

    def _block(self, group: Group, rules: Rules, beside: Members) -> Group:
        """Apply rules to a new cluster, whose registers may be derived from those ``beside`` it."""
        inner = MemberRules(self.report, f"{self.path}.{group.name}", self._lookup(beside))
        return replace(group, members=inner.applied(group.members, rules))

    def _inner(self, rules: Rules) -> Iterator[Rule]:
        """Yield the rules that concern the content of members."""
        for key, rule in rules.items():
            if key in ("_registers", "_clusters"):
                yield from rule.rules().values()
            elif not key.startswith("_"):
                yield rule

    def _step(self, key: str) -> Callable[[Members, Rule], Members]:
        steps = {
            "_delete": self._deleted,
            "_copy": self._copied,
            "_modify": self._modified,
            "_clear_fields": self._cleared,
            "_add": self._added,
            "_derive": self._derived,
        }
        return steps.get(key, self._renamed)

    def _inside(self, members: Members, rule: Rule) -> Members:
        found = self._found(members, rule)
        rules_of, rules = self._rules_of(members), rule.rules()
        changed = dict(found)
        for key, member in found.items():
            path = f"{self.path}.{member.name}"
            if isinstance(member, Register):
                changed[key] = rules_of(path).applied(member, rules)
            else:
                changed[key] = self._block(member, rules, members)
        return tuple(changed.get(id(member), member) for member in members)

    def _deleted(self, members: Members, rule: Rule) -> Members:
        for name in _listed(rule):
            found = _matching(members, name)
            if not found:
                self.report.absent(name, self.path)
            for member in found.values():
                self.report.say(name, f"{self.path}.{member.name}", "deleted")
            members = tuple(member for member in members if id(member) not in found)
        return members

    def _copied(self, members: Members, rule: Rule) -> Members:
        for name, copy in _split(rule):
            keys = dict(copy.rules())
            origin = keys.pop("_from", None)
            if origin is None:
                copy.refuse("write REGISTER: {_from: ORIGIN, …}")
            members = self._like(members, copy, origin, keys, name, "copied from")
        return members

    def _derived(self, members: Members, rule: Rule) -> Members:
        for name, derived in _split(rule):
            keys = dict(derived.rules()) if isinstance(derived.value, dict) else {}
            origin = keys.pop("_from", None) or (derived if isinstance(derived.value, str) else None)
            if origin is None:
                derived.refuse("write REGISTER: ORIGIN, or REGISTER: {_from: ORIGIN, …}")
            members = self._like(members, derived, origin, keys, name, "derived from")
        return members

    def _like(self, members: Members, rule: Rule, origin: Rule, keys: Rules, name: str, how: str) -> Members:
        """Make the registers that the rule names like another one, at their own offsets; a missing one is new."""
        spec = Spec.of(rule)
        found = [member for member in members if isinstance(member, Register) and spec.matched(names_of(member))]
        if not found and spec.optional:
            return members
        base = self._origin(members, origin)
        if not found:
            if "addressOffset" not in keys:
                rule.refuse(f"{self.path} has no register of this name; a new one needs its addressOffset")
            blank = replace(base, name=name, pattern="", place=rule.place, dimension=None)
            new = register_of(blank, {"name": Rule(rule.place, "name", name), **keys})
            self.report.say(rule, f"{self.path}.{new.name}", f"{how} {base.name}")
            return (*members, new)
        changed: dict[int, Member] = {}
        for old in found:
            like = replace(
                base,
                name=old.name,
                pattern=old.pattern,
                offset=old.offset,
                place=old.place,
                dimension=old.dimension,
                title=old.title,
                description=old.description or base.description,
            )
            changed[id(old)] = register_of(like, keys)
            self.report.say(rule, f"{self.path}.{old.name}", f"{how} {base.name}")
        return tuple(changed.get(id(member), member) for member in members)

    def _origin(self, members: Members, origin: Rule) -> Register:
        name = origin.text()
        for member in members:
            if isinstance(member, Register) and name in names_of(member):
                return member
        found = self.lookup(name)
        if found is None:
            origin.refuse(f"no register '{name}' in {self.path}, nor at this path in the chip")
        return found

    def _renamed(self, members: Members, rule: Rule) -> Members:
        for name in rule.names():
            changed = {member.name: renamed(member.name, rule.key, name.key) for member in members}
            self.report.renames(name, self.path, changed)
            members = tuple(_affixed(member, rule.key, name.key) for member in members)
        return members

    def _modified(self, members: Members, rule: Rule) -> Members:
        for _, change in _split(rule):
            found = self._found(members, change)
            for member in found.values():
                self.report.changed(change, f"{self.path}.{member.name}")
            members = tuple(_changed(member, change) if id(member) in found else member for member in members)
        return members

    def _cleared(self, members: Members, rule: Rule) -> Members:
        for name in rule.names():
            found = self._found(members, name)
            for member in found.values():
                self.report.say(name, f"{self.path}.{member.name}", "fields cleared of enumerations and constraints")
            members = tuple(cleared(member) if id(member) in found else member for member in members)
        return members

    def _added(self, members: Members, rule: Rule) -> Members:
        for name, addition in _split(rule):
            if any(name in names_of(member) for member in members):
                addition.refuse(f"{self.path} has '{name}' already")
            rules = addition.rules()
            new = new_group(name, addition) if "registers" in rules else new_registers({name: addition}, {})[0]
            self.report.ignored(rules, f"{self.path}.{name}")
            self.report.say(addition, f"{self.path}.{new.name}", "added")
            members = (*members, new)
        return members

    def _found(self, members: Members, rule: Rule) -> dict[int, Member]:
        """Return the members that a rule's key matches, by identity. Raises FileError if there is none."""
        found = _matching(members, rule)
        if not found:
            Spec.of(rule).missing(self.path, (member.name for member in members))
        return found


def _matching(members: Members, rule: Rule) -> dict[int, Member]:
    spec = Spec.of(rule)
    return {id(member): member for member in members if spec.matched(names_of(member))}


def names_of(member: Member) -> tuple[str, ...]:
    """Return the names by which a rule may call a member: SVD writes an array's with ``%s``."""
    if member.dimension is None:
        return (member.name,)
    return tuple({member.name: 0, member.pattern or f"{member.name}%s": 0, f"{member.name}[%s]": 0})


def find_register(members: Members, path: Sequence[str]) -> Register | None:
    """Return the register at a path of names, None if there is none."""
    for place, name in enumerate(path):
        found = next((member for member in members if name in names_of(member)), None)
        if isinstance(found, Register) and place == len(path) - 1:
            return found
        members = found.members if isinstance(found, Group) else ()
    return None


def cleared(member: Member) -> Member:
    """Return a member whose fields have no enumerations and constraints."""
    if isinstance(member, Group):
        return replace(member, members=tuple(map(cleared, member.members)))
    return replace(member, fields=without_content(member.fields))


def _changed(member: Member, rule: Rule) -> Member:
    return register_of(member, rule.rules()) if isinstance(member, Register) else group_of(member, rule.rules())


def _affixed(member: Member, key: str, text: str) -> Member:
    pattern = member.pattern and renamed(member.pattern, key, text)
    changed = replace(member, name=renamed(member.name, key, text), pattern=pattern)
    if isinstance(changed, Register) and changed.title:
        return replace(changed, title=renamed(changed.title, key, text))
    return changed


def _split(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Yield the entries of ``_add`` and the like, also those in ``_registers`` and ``_clusters``."""
    for key, entry in rule.rules().items():
        if key in ("_registers", "_clusters"):
            yield from entry.rules().items()
        elif key.startswith("_"):
            entry.refuse(unknown(key, ("_registers", "_clusters", "_interrupts"), f"'{rule.key}'"))
        else:
            yield key, entry


def _listed(rule: Rule) -> Iterator[Rule]:
    """Yield the names of ``_delete``, also those in ``_registers`` and ``_clusters``."""
    if not isinstance(rule.value, dict):
        yield from rule.names()
        return
    for key, entry in rule.value.items():
        if key in ("_registers", "_clusters"):
            yield from entry.names()
        elif key.startswith("_"):
            entry.refuse(unknown(key, ("_registers", "_clusters", "_interrupts"), f"'{rule.key}'"))
        else:
            yield entry
