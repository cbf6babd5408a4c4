"""Every key of descriptions and boards as a page, from the schemas: ``python -m devgen.language.keys_page``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from devgen.language.reading.schema_engines import SchemaName, schema_text

Rules = dict[str, Any]

_HEAD: Final = """# Every key

Each key of descriptions and boards: the type of its value, its default, and what it means. Keys in **bold** must be
given; a fragment may lack them. The [language's page](language.md) explains them with examples, and
[the boards' page](boards.md) those of boards.

`python -m devgen.language.keys_page` prints this page from `schemas/`; a test compares the two.
"""
_PARTS: Final[tuple[tuple[SchemaName, str, str], ...]] = (("device", "Device", ""), ("board", "Board", "board-"))
_WORDS: Final = {"boolean": "`true` or `false`", "integer": "number", "string": "text", "object": "mapping"}


def markdown() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *(line for part in _PARTS for line in _Part(*part).lines())]).rstrip() + "\n"


@dataclass(slots=True)
class _Part:
    """The reference of one schema. ``prefix`` keeps the anchors of two schemas apart."""

    name: SchemaName
    title: str
    prefix: str

    def lines(self) -> Iterator[str]:
        schema: Rules = json.loads(schema_text(self.name))
        required = set(schema.get("required", ())) | ({"device", "bus"} if self.name == "device" else set())
        yield f"## {self.title}\n\n{_sentence(schema['description'])}\n"
        yield from self._table(schema, required)
        definitions: dict[str, Rules] = schema["$defs"]
        whole = _required_in_whole(definitions.get("whole", {}))
        mappings = {key: rules for key, rules in definitions.items() if "properties" in rules and "whole" not in key}
        for key, rules in sorted(mappings.items(), key=lambda item: _spaced(item[0])):
            yield f"### {self._heading(key)}\n\n{_sentence(str(rules.get('description', rules.get('title', ''))))}\n"
            yield from self._table(rules, set(rules.get("required", ())) | whole.get(key, set()))
        yield f"### {self.title} values\n\n| type | values | examples |\n|---|---|---|"
        for key, rules in sorted(definitions.items(), key=lambda item: _spaced(item[0])):
            if _is_value(rules):
                yield f"| {_spaced(key)} | {_cell(_meaning(rules))} | {_examples(rules)} |"
        yield ""

    def _heading(self, key: str) -> str:
        return _spaced(key) if not self.prefix else f"{self.title} {_spaced(key)}".lower()

    def _table(self, rules: Rules, required: set[str]) -> Iterator[str]:
        yield "| key | value | default | |\n|---|---|---|---|"
        yield from self._rows(rules, required, "")
        yield ""

    def _rows(self, rules: Rules, required: set[str], above: str) -> Iterator[str]:
        """Yield a row for each key; the keys of a mapping without a section of its own follow it, with a dot."""
        for key, value in rules["properties"].items():
            shown = f"`{above}{key}`"
            shown = f"**{shown}**" if key in required else shown
            default = f"`{_shown(value['default'])}`" if "default" in value else ""
            yield f"| {shown} | {self._type(value)} | {default} | {_cell(self._about(value))} |"
            if "properties" in value and len(value["properties"]) < 12:
                yield from self._rows(value, set(value.get("required", ())), f"{above}{key}.")

    def _about(self, value: Rules) -> str:
        """Return the description of a value, or of the definition that it refers to."""
        if "description" not in value and "$ref" in value:
            value = json.loads(schema_text(self.name))["$defs"][value["$ref"].rpartition("/")[2]]
        return str(value.get("description", ""))

    def _type(self, value: Rules) -> str:
        """Return the type of a value: a link to a section, a name of a type, or the words to choose from."""
        if "$ref" in value:
            return self._reference(value["$ref"].rpartition("/")[2])
        if "enum" in value:
            return ", ".join(f"`{_shown(word)}`" for word in value["enum"])
        if isinstance(value.get("additionalProperties"), dict):
            return f"names, each with: {self._type(value['additionalProperties'])}"
        types = value.get("type", ())
        if types == "array":
            return f"list of: {self._type(value.get('items', {}))}"
        names = [types] if isinstance(types, str) else list(types)
        known = [_WORDS.get(name, name) for name in names if name != "array"]
        return " or ".join([*known, *(["list"] if "array" in names else [])]) or "any"

    def _reference(self, definition: str) -> str:
        rules: Rules = json.loads(schema_text(self.name))["$defs"][definition]
        if "properties" in rules:
            return f"[{_spaced(definition)}](#{self._heading(definition).replace(' ', '-')})"
        if "enum" in rules:
            return ", ".join(f"`{_shown(word)}`" for word in rules["enum"])
        if isinstance(rules.get("additionalProperties"), dict):
            return f"names, each with: {self._type(rules['additionalProperties'])}"
        return _spaced(definition)


def _is_value(rules: Rules) -> bool:
    """Whether a definition is the type of a scalar or a list, and not of a mapping."""
    return not {"properties", "propertyNames", "required"} & rules.keys()


def _required_in_whole(whole: Rules) -> dict[str, set[str]]:
    """Return the keys that complete descriptions need, by the definition of the part: a fragment may lack them."""
    parts = {"properties": "property", "state": "state", "counters": "counter"}
    found = {}
    for key, definition in parts.items():
        rules = whole.get("properties", {}).get(key, {}).get("additionalProperties", {})
        found[definition] = set(rules.get("required", ()))
    found["pci"] = set(whole.get("properties", {}).get("pci", {}).get("required", ()))
    return found


def _spaced(key: str) -> str:
    """Return a definition's name as words: ``accessSizes`` is ``access sizes``."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: " " + match[1].lower(), key)


def _meaning(rules: Rules) -> str:
    words = ", ".join(f"`{_shown(word)}`" for word in rules.get("enum", ()))
    text = str(rules.get("description", rules.get("title", "")))
    return f"{words}: {text}" if words else text


def _examples(rules: Rules) -> str:
    return _cell(", ".join(f"`{_shown(example)}`" for example in rules.get("examples", ())[:3]))


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _sentence(text: str) -> str:
    return text if text.endswith(".") or not text else f"{text}."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(markdown(), end="")
