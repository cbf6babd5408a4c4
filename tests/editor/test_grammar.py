"""The grammar of the VS Code extension knows the keys and words that the schema and the language have."""

from __future__ import annotations

import json
import re
from typing import Any

from editor_tools import ROOT

from devgen.editor.behaviour_words import METHODS, WORDS, meaning
from devgen.editor.occurrences import KEYWORDS
from devgen.language.behaviour.named_things import members
from devgen.language.elaborate.counting_fields import OUTPUTS
from devgen.language.ir import Int
from devgen.language.scope import (
    BUILTIN_NAMES,
    HOOK_NAMES,
    CounterEntry,
    FieldEntry,
    FifoEntry,
    RegisterEntry,
    StreamEntry,
    TimerEntry,
)

SYNTAXES = ROOT / "editors" / "vscode" / "syntaxes"


def behaviour_keys(node: Any) -> set[str]:
    """The keys whose value the schema calls an expression or statements, but not start values and offsets."""
    if isinstance(node, list):
        return set().union(*map(behaviour_keys, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(behaviour_keys, node.values()))
    for key, rules in node.get("properties", {}).items():
        if isinstance(rules, dict) and rules.get("$ref", "").rpartition("/")[2] in ("expression", "statements"):
            found.add(key)
    return found


def test_the_injection_has_the_keys_of_the_schema() -> None:
    schema = json.loads((ROOT / "schemas" / "device.schema.json").read_text())
    grammar = (SYNTAXES / "injection.tmLanguage.json").read_text()
    keys = set(re.search(r"\(\?:\(\?:([a-z_|]+)\)", grammar)[1].split("|"))  # type: ignore[index]
    not_coloured = {"reset", "at", "number"}  # often plain numbers, and keys of other mappings as well
    assert keys == (behaviour_keys(schema) | {"intr"}) - not_coloured  # `intr`: an expression or a mapping


def test_the_grammar_colours_the_words_of_the_language() -> None:
    grammar = json.loads((SYNTAXES / "behaviour.tmLanguage.json").read_text())
    patterns = [pattern["match"] for pattern in grammar["patterns"] if "(?<!" in pattern["match"]]
    words = BUILTIN_NAMES | HOOK_NAMES | KEYWORDS
    assert [word for word in sorted(words) if not any(re.fullmatch(pattern, word) for pattern in patterns)] == []


def test_every_word_of_the_language_has_a_meaning() -> None:
    words = BUILTIN_NAMES | HOOK_NAMES | KEYWORDS
    assert [word for word in sorted(words) if not meaning(word)] == []
    assert [word for word in WORDS if word not in words] == []


def test_every_method_of_a_part_has_a_meaning() -> None:
    plain = (TimerEntry("t", matched=True), CounterEntry("c", 8), FifoEntry("f", 8, Int(1)), StreamEntry("s"))
    field = FieldEntry("n", 0, 8, outputs=OUTPUTS, steps=(1, 1))
    parts = (*plain, field, RegisterEntry("R", 8, outputs=("intr", "halt")))
    names = {label.partition("(")[0] for part in parts for label in members(part)}
    assert names == set(METHODS)
