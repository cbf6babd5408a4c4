"""Adds findings for the changes of patches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.patching.rules import Rule, Rules
from devgen.exchange.patching.svd_keys import NO_EFFECT
from devgen.exchange.register_map import Place


@dataclass(slots=True, frozen=True)
class PatchReport:
    """Adds findings at the places of rules."""

    findings: Findings
    _tried: dict[tuple[Place, str], tuple[Rule, str]] = field(default_factory=dict)
    _used: set[tuple[Place, str]] = field(default_factory=set)

    def renames(self, rule: Rule, path: str, names: Mapping[str, str]) -> None:
        """Report parts that a rule renamed. A rule for many blocks must rename a part in one of them."""
        self._tried.setdefault((rule.place, rule.key), (rule, path))
        for old, new in names.items():
            if old != new:
                self._used.add((rule.place, rule.key))
                self.say(rule, f"{path}.{old}", f"renamed to {new}")

    def check_renames(self) -> None:
        """Raise FileError for a rule that renamed nothing."""
        for place, (rule, path) in self._tried.items():
            if place not in self._used:
                rule.refuse(f"changes no name in {path}")

    def absent(self, rule: Rule, where: str) -> None:
        """Report a part to delete that is not there: as in svdtools, this is no error."""
        self.findings.add(Outcome.LEFT_OUT, rule.place, where, f"nothing to delete: no '{rule.key}'")

    def say(self, rule: Rule, part: str, text: str) -> None:
        """Report that a rule changed a part."""
        self.findings.add(Outcome.PATCHED, rule.place, part, text)

    def changed(self, rule: Rule, part: str) -> None:
        """Report which keys of a part a rule changed, and those that have no effect on a description."""
        rules = rule.rules()
        self.ignored(rules, part)
        keys = [key for key in rules if key not in NO_EFFECT]
        if keys:
            self.say(rule, part, f"changed {', '.join(keys)}")

    def ignored(self, rules: Rules, part: str) -> None:
        """Report keys that have no effect on a description."""
        for key, rule in rules.items():
            if key in NO_EFFECT:
                self.findings.add(Outcome.LEFT_OUT, rule.place, part, f"{key}: a description has nothing of it")
