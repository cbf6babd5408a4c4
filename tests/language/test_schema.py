"""The schemas: valid themselves, documented throughout, and all that they refuse is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.language.diagnostics.codes_keys import OTHER_SHAPE
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.reading import schema_report as module
from devgen.language.reading.schema_check import validate
from devgen.language.reading.schema_engines import list_violations, schema_text
from devgen.language.reading.source_map import Sources
from devgen.language.reading.yaml_tree import load_tree

NAMES = ("device", "board")


def subschemas(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what stands in the schema for a value that a user writes."""
    if isinstance(node, dict):
        if path.split("/")[-2:-1] == ["properties"] or path.split("/")[-2:-1] == ["$defs"]:
            yield path, node
        for key, value in node.items():
            yield from subschemas(value, f"{path}/{key}")


def resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return a subschema with what its `$ref` says, where it does not say otherwise."""
    target = node.get("$ref")
    return resolved(schema, schema["$defs"][target.rsplit("/", 1)[1]]) | node if target else node


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_valid(name: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text(name)))


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_described_and_has_examples_that_hold(name: Any) -> None:
    schema = json.loads(schema_text(name))
    for path, node in subschemas(schema):
        if "/whole" in path or not isinstance(node, dict):
            continue
        full = resolved(schema, node)
        assert full.get("description"), path
        assert full.get("examples"), path
        validator = jsonschema.Draft202012Validator({**node, "$defs": schema["$defs"]})
        for example in full["examples"]:
            assert not list(validator.iter_errors(example)), (path, example)


@pytest.mark.parametrize("name", NAMES)
def test_every_mapping_refuses_unknown_keys(name: Any) -> None:
    for path, node in subschemas(json.loads(schema_text(name))):
        if isinstance(node, dict) and "properties" in node and "/whole" not in path:
            assert "additionalProperties" in node, path


def told(text: str, name: Any = "device") -> list[str]:
    sources = Sources()
    sink = Diagnostics(lines=sources.line)
    tree = load_tree(sources.add("x.yaml", text), sources, sink)
    assert tree is not None
    validate(tree, name, sources, sink)
    return [one.text() for one in sink.finish()]


def test_messages_say_what_was_found_and_what_is_allowed() -> None:
    assert told("device: d\nbus: sysbuss\nretain: 1\n") == [
        "x.yaml:2:6: error[DG0204]: 'bus' cannot be 'sysbuss'\n    2 | bus: sysbuss\n      |      ^^^^^^^\n"
        "    help: did you mean 'sysbus'?\n    allowed: sysbus, isa, pci",
        "x.yaml:3:9: error[DG0203]: 'retain' must be true or false, not 1\n    3 | retain: 1\n      |         ^",
    ]


def test_a_rule_without_words_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HANDLERS", {})
    assert told("device: d\nbus: usb\n")[0].startswith(f"x.yaml:2:6: error[{OTHER_SHAPE.code}]: 'bus': it breaks")


def test_a_line_end_does_not_end_a_name() -> None:
    assert "DG0205" in told('device: "d\\n"\nbus: sysbus\n')[0]
    assert "DG0207" in told('device: d\nbus: sysbus\nstate: {"a\\n": {width: 1}}\n')[0]


_WORDS = "device fragment bus regions registers r A at 0 4 size space mmio pci bars mem32 type fields count width x"
WORDS = st.sampled_from(_WORDS.split())
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-3, 70), WORDS, st.just("7:0"), st.just("4 KiB"))
TREES = st.recursive(LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=4))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(WORDS, TREES, max_size=5))
def test_both_validators_find_what_jsonschema_finds(tree: dict[str, Any]) -> None:
    schema = json.loads(schema_text("device"))
    plain = jsonschema.Draft202012Validator(schema)
    expected = Counter((str(error.validator), tuple(error.absolute_path)) for error in plain.iter_errors(tree))
    found = Counter((violation.rule, violation.path) for violation in list_violations(tree, "device"))
    assert found == expected
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(tree) == (not expected)
