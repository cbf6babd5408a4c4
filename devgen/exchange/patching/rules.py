"""Values of a patch file that know their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from devgen.errors import FileError
from devgen.exchange.register_map import Place
from devgen.exchange.svd.svd_values import number
from devgen.language.diagnostics.reporting import did_you_mean

Rules = Mapping[str, "Rule"]


@dataclass(slots=True, frozen=True)
class Rule:
    """A value of a patch, with the place of its key."""

    place: Place
    key: str
    value: dict[str, Rule] | list[Rule] | str | int | bool | None

    def refuse(self, text: str) -> NoReturn:
        """Raise FileError with the rule's place."""
        raise FileError(f"{self.place}: '{self.key}': {text}")

    def rules(self) -> Rules:
        """Return the value as rules; an empty value is none. Raises FileError."""
        if self.value is None or isinstance(self.value, dict):
            return self.value or {}
        self.refuse("must be a mapping")

    def text(self) -> str:
        """Return the value as text. Raises FileError."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, str | int):
            return str(self.value)
        self.refuse("must be a text")

    def number(self) -> int:
        """Return the value as a number. Raises FileError."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return self.value
        found = number(self.value) if isinstance(self.value, str) else None
        if found is None:
            self.refuse(f"must be a number, for example 0x20, not '{self.value}'")
        return found

    def items(self) -> list[Rule]:
        """Return the elements of a list. Raises FileError."""
        if isinstance(self.value, list):
            return self.value
        self.refuse("must be a list")

    def names(self) -> Iterator[Rule]:
        """Yield a rule for each name: of a text, a list of texts, or a mapping with empty values; its key is the name.

        Raises FileError.
        """
        match self.value:
            case None:
                return
            case dict():
                yield from self.value.values()
            case list():
                for item in self.value:
                    yield Rule(item.place, item.text(), None)
            case _:
                yield Rule(self.place, self.text(), None)


def check_keys(rules: Rules, known: Iterable[str], what: str) -> None:
    """Raise FileError for a key that ``what`` does not have."""
    known = tuple(known)
    for key, rule in rules.items():
        if key not in known:
            rule.refuse(unknown(key, known, what))


def unknown(key: str, known: Iterable[str], what: str) -> str:
    """Return the message for an unknown key."""
    known = sorted(known)
    return f"no key of {what}; {did_you_mean(key, known) or 'known are ' + ', '.join(known)}"
