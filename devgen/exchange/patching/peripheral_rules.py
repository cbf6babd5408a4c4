"""Rules of peripherals: their keys, interrupts and blocks, and new ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from devgen.exchange.patching.member_rules import Lookup, MemberRules
from devgen.exchange.patching.patch_report import PatchReport
from devgen.exchange.patching.rules import Rule, Rules, check_keys
from devgen.exchange.patching.specs import Spec
from devgen.exchange.patching.svd_keys import (
    DEFAULT_KEYS,
    blocks_of,
    interrupt_of,
    new_registers,
    words,
)
from devgen.exchange.register_map import Interrupt, Peripheral

_CHANGED: Final = ("name", "description", "version", "baseAddress", "addressBlock", "addressBlocks", "interrupts")
_UNUSED: Final = ("groupName", "displayName")
_NEW: Final = (*_CHANGED, "derivedFrom", "registers", *DEFAULT_KEYS)


def changed_peripheral(base: Peripheral, rule: Rule) -> Peripheral:
    """Return a peripheral with the changes that a rule's keys say. Raises FileError."""
    rules = rule.rules()
    check_keys(rules, (*_CHANGED, *_UNUSED), "a peripheral's changes")
    blocks = blocks_of(rules)
    return replace(
        base,
        name=rules["name"].text() if "name" in rules else base.name,
        description=words(rules["description"]) if "description" in rules else base.description,
        version=rules["version"].text() if "version" in rules else base.version,
        base=_address(rules["baseAddress"]) if "baseAddress" in rules else base.base,
        blocks=base.blocks if blocks is None else blocks,
        interrupts=_changed_interrupts(base, rules["interrupts"].rules()) if "interrupts" in rules else base.interrupts,
    )


def new_peripheral(name: str, rule: Rule) -> Peripheral:
    """Return a new peripheral; one with ``derivedFrom`` has its ``same_as``. Raises FileError."""
    rules = rule.rules()
    check_keys(rules, (*_NEW, *_UNUSED), "a new peripheral")
    if "baseAddress" not in rules:
        rule.refuse("a new peripheral needs its baseAddress")
    if not ({"registers", "derivedFrom"} & {*rules}):
        rule.refuse("a new peripheral needs registers, or derivedFrom")
    defaults = {key: rules[key] for key in DEFAULT_KEYS if key in rules}
    interrupts = rules["interrupts"].rules() if "interrupts" in rules else {}
    return Peripheral(
        name,
        _address(rules["baseAddress"]),
        rule.place,
        words(rules["description"]) if "description" in rules else "",
        rules["version"].text() if "version" in rules else "",
        blocks_of(rules) or (),
        tuple(_new_interrupt(key, entry) for key, entry in interrupts.items()),
        new_registers(rules["registers"].rules(), defaults) if "registers" in rules else (),
        rules["derivedFrom"].text() if "derivedFrom" in rules else "",
    )


@dataclass(slots=True, frozen=True)
class PeripheralRules:
    """Applies the rules inside a peripheral's name."""

    report: PatchReport
    lookup: Lookup

    def applied(self, peripheral: Peripheral, rules: Rules) -> Peripheral:
        """Return the peripheral as the rules say. Raises FileError."""
        rest: dict[str, Rule] = {}
        for key, rule in rules.items():
            if key in ("_delete", "_modify", "_add") and isinstance(rule.value, dict) and "_interrupts" in rule.value:
                peripheral = self._interrupts(peripheral, key, rule.value["_interrupts"])
                inner = {name: entry for name, entry in rule.value.items() if name != "_interrupts"}
                if inner:
                    rest[key] = replace(rule, value=inner)
            elif key == "_interrupts":
                rule.refuse("write it inside '_add', '_modify' or '_delete'")
            else:
                rest[key] = rule
        if not rest:
            return peripheral
        if peripheral.same_as:
            next(iter(rest.values())).refuse(
                f"{peripheral.name} has the registers of {peripheral.same_as}; write the rule for that one"
            )
        inside = MemberRules(self.report, peripheral.name, self.lookup)
        return replace(peripheral, members=inside.applied(peripheral.members, rest))

    def _interrupts(self, peripheral: Peripheral, key: str, rule: Rule) -> Peripheral:
        interrupts = peripheral.interrupts
        for entry in rule.names() if key == "_delete" else rule.rules().values():
            part = f"{peripheral.name}.{entry.key}"
            if key == "_add":
                if any(interrupt.name == entry.key for interrupt in interrupts):
                    entry.refuse(f"{peripheral.name} has this interrupt already")
                interrupts = (*interrupts, _new_interrupt(entry.key, entry))
                self.report.say(entry, part, "interrupt added")
                continue
            spec = Spec.of(entry)
            found = [interrupt for interrupt in interrupts if spec.matched((interrupt.name,))]
            if not found and key == "_delete":
                self.report.absent(entry, peripheral.name)
            elif not found:
                spec.missing(f"the interrupts of {peripheral.name}", (interrupt.name for interrupt in interrupts))
            for interrupt in found:
                text = "interrupt deleted" if key == "_delete" else f"interrupt changed: {', '.join(entry.rules())}"
                self.report.say(entry, f"{peripheral.name}.{interrupt.name}", text)
            interrupts = tuple(_kept(interrupts, found, None if key == "_delete" else entry.rules()))
        return replace(peripheral, interrupts=interrupts)


def _kept(interrupts: tuple[Interrupt, ...], found: list[Interrupt], change: Rules | None) -> Iterator[Interrupt]:
    """Yield the interrupts with those found changed, or left out if there is no change."""
    for interrupt in interrupts:
        if interrupt not in found:
            yield interrupt
        elif change is not None:
            yield interrupt_of(interrupt, change)


def _changed_interrupts(base: Peripheral, rules: Rules) -> tuple[Interrupt, ...]:
    names = {interrupt.name for interrupt in base.interrupts}
    for name, rule in rules.items():
        if name not in names:
            Spec.of(rule).missing(f"the interrupts of {base.name}", names)
    return tuple(
        interrupt_of(interrupt, rules[interrupt.name].rules()) if interrupt.name in rules else interrupt
        for interrupt in base.interrupts
    )


def _new_interrupt(name: str, rule: Rule) -> Interrupt:
    if "value" not in rule.rules():
        rule.refuse("a new interrupt needs its value, the number at the controller")
    return interrupt_of(Interrupt(name, 0), rule.rules())


def _address(rule: Rule) -> int:
    value = rule.number()
    if not 0 <= value < 1 << 64:
        rule.refuse(f"{value} is no address of 64 bits")
    return value
