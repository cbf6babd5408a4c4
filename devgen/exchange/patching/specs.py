"""The names that a rule matches: ``TIM[18],TIM2?``, optional with ``?~``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from devgen.exchange.patching.rules import Rule

_TOKEN = re.compile(r"[\w%]*?((?:[?*]|\[[\w-]+\])+)[\w%]*")
_MOST_NAMES: Final = 1000
"""Most alternatives of one rule's braces."""


@dataclass(slots=True, frozen=True)
class Spec:
    """The names that a rule's key matches."""

    rule: Rule
    alternatives: tuple[str, ...]
    optional: bool

    @classmethod
    def of(cls, rule: Rule) -> Spec:
        """Return the spec of a rule's key. Raises FileError."""
        text = rule.key.removeprefix("?~")
        alternatives = tuple(name for part in _split(text) for name in _braces(part, rule))
        if not all(alternatives):
            rule.refuse("an empty name")
        return cls(rule, alternatives, text != rule.key)

    def matched(self, names: Iterable[str]) -> str:
        """Return the alternative that one of the names matches, or an empty string."""
        names = tuple(names)
        for alternative in self.alternatives:
            if alternative in names or any(fnmatchcase(name, alternative) for name in names):
                return alternative
        return ""

    def missing(self, where: str, present: Iterable[str]) -> None:
        """Report that nothing matched. Raises FileError unless the rule is optional."""
        if not self.optional:
            shown = sorted(set(present))
            more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
            self.rule.refuse(
                f"matches nothing in {where}, which has {', '.join(shown[:20]) or 'nothing'}{more}; "
                "write '?~' before the name if it may be missing"
            )

    def token(self, alternative: str) -> tuple[int, int]:
        """Return how many characters stand before and after the wildcard of an alternative. Raises FileError."""
        found = _TOKEN.fullmatch(alternative)
        if found is None:
            self.rule.refuse("must have one wildcard in each name, where the index stands: 'DATA*' or 'CH[1-4]_CTRL'")
        return found.start(1), len(alternative) - found.end(1)


def _split(text: str) -> Iterator[str]:
    """Split at commas outside braces."""
    start = depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth <= 0:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _braces(text: str, rule: Rule) -> list[str]:
    """Return the names for each choice in braces: ``A{B,C}`` is AB and AC."""
    names = [text]
    while any("{" in name for name in names):
        grown: list[str] = []
        for name in names:
            found = re.search(r"\{([^{}]*)\}", name)
            if found is None:
                if "{" in name:
                    rule.refuse("a '{' without '}'")
                grown.append(name)
                continue
            grown += [name[: found.start()] + choice + name[found.end() :] for choice in found[1].split(",")]
            if len(grown) > _MOST_NAMES:
                rule.refuse(f"more than {_MOST_NAMES} names")
        names = grown
    return names
