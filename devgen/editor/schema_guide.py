"""What the schemas say about a place of a description: its text, the keys below it, and the values that it can have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from devgen.language.reading.schema_engines import SchemaName, schema_text

BEHAVIOUR: Final = frozenset(("expression", "statements", "count", "counts", "stateCount", "period", "frequency"))
"""The definitions of the schema whose values are text of the behaviour language."""

_BEHAVIOUR_TITLES: Final = ("reset value", "depth", "interrupt")


@dataclass(slots=True, frozen=True)
class Place:
    """The schema of a place. ``kinds`` are the names of the definitions that it refers to."""

    schema: SchemaName
    rules: dict[str, Any]
    kinds: tuple[str, ...]
    key: str = ""

    @property
    def description(self) -> str:
        """The text for people."""
        return str(self.rules.get("description", ""))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it can have; empty for a mapping whose keys are names."""
        return tuple(self.rules.get("properties", ()))

    @property
    def words(self) -> tuple[str, ...]:
        """The values between which a description chooses."""
        if "enum" in self.rules:
            return tuple(_shown(value) for value in self.rules["enum"])
        return ("true", "false") if "boolean" in _types(self.rules) else ()

    @property
    def is_behaviour(self) -> bool:
        """Whether its value is text of the behaviour language, unless it is a mapping."""
        if BEHAVIOUR.intersection(self.kinds):
            return True
        titled = self.rules.get("title") in _BEHAVIOUR_TITLES
        return titled and "string" in _types(self.rules)

    @property
    def is_container(self) -> bool:
        """Whether its value can be a mapping."""
        return "object" in _types(self.rules)

    def below(self, key: str) -> Place | None:
        """Return the place of a key, or of an element of a list; None if the schema has none."""
        rules = self.rules.get("properties", {}).get(key)
        if rules is None and isinstance(self.rules.get("additionalProperties"), dict):
            rules = self.rules["additionalProperties"]
        if rules is None and key.isdigit():
            rules = self.rules.get("items")
        return None if not isinstance(rules, dict) else _resolved(self.schema, rules, key)

    def text(self) -> str:
        """Return Markdown: the description, the type, the default and examples."""
        lines = [self.description]
        if self.words and ("enum" in self.rules or _types(self.rules) == ("boolean",)):
            lines.append("One of " + ", ".join(f"`{word}`" for word in self.words) + ".")
        elif title := self.rules.get("title"):
            lines.append(f"Type: {title}.")
        if "default" in self.rules:
            lines.append(f"Default: `{_shown(self.rules['default'])}`.")
        if examples := self.rules.get("examples"):
            lines.append("For example " + ", ".join(f"`{_shown(example)}`" for example in examples[:3]) + ".")
        return "\n\n".join(line for line in lines if line)


def place_of(schema: SchemaName, path: tuple[str, ...]) -> Place | None:
    """Return the place that a path of keys leads to; None if the schema does not know it."""
    place: Place | None = _root(schema)
    for key in path:
        if place is None:
            return None
        place = place.below(key)
    return place


@cache
def _loaded(schema: SchemaName) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema_text(schema))
    return loaded


@cache
def _root(schema: SchemaName) -> Place:
    return Place(schema, _loaded(schema), ())


def _resolved(schema: SchemaName, rules: dict[str, Any], key: str) -> Place:
    """Follow references; the keys beside a reference take precedence."""
    kinds: list[str] = []
    while "$ref" in rules:
        kinds.append(rules["$ref"].rpartition("/")[2])
        beside = {name: value for name, value in rules.items() if name != "$ref"}
        rules = {**_loaded(schema)["$defs"][kinds[-1]], **beside}
    return Place(schema, rules, tuple(kinds), key)


def _types(rules: dict[str, Any]) -> tuple[str, ...]:
    types = rules.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
