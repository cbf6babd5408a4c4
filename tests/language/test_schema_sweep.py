"""Whatever stands at any key, a description or a board gives diagnostics with a place, never an exception.

The keys come from the schema, so that a new one is tested the day it is added.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest
from schema_paths import KeyPath, document, key_paths, resolved, sample, schema

from devgen.language import load_board, load_device
from devgen.language.board import BoardResult

BAD_VALUES = (
    None, {}, [], "", "a.b", "x\0y", "x" * 300, "9:1", "a b (", -1, 1 << 70, True, [None], ["x", 1],
    {"x": {}}, {"a b": None}, {"X": {"X": {}}},
)  # fmt: skip
PATHS = [(name, path) for name in ("device", "board") for path in key_paths(name)]


def shown(value: object) -> str:
    return ".".join(map(str, value)) if isinstance(value, tuple) else str(value)


def check(name: str, path: KeyPath, value: object, file: Path) -> None:
    text = json.dumps(document(name, path, value))
    file.write_text(text)
    result = load_device(file) if name == "device" else load_board(file)
    for one in result.diagnostics:
        assert one.mark.file == str(file), text
        assert one.mark.line == 1, text
        assert 1 <= one.mark.column <= len(text), text
        assert one.text().startswith(f"{file}:1:{one.mark.column}: "), text
    errors = any(one.is_error for one in result.diagnostics)
    if isinstance(result, BoardResult):
        assert (result.board is None) == errors, text
    else:
        assert (result.device is None) == (errors or result.fragment), text


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), PATHS, ids=shown)
def test_bad_values_are_reported(name: str, path: KeyPath, tmp_path: Path) -> None:
    for value in BAD_VALUES:
        check(name, path, value, tmp_path / "sweep.yaml")


@pytest.mark.parametrize(("name", "path"), PATHS, ids=shown)
def test_a_sample_without_any_two_of_its_keys_is_reported(name: str, path: KeyPath, tmp_path: Path) -> None:
    """What the schema requires may be missing: later stages must not look for it."""
    node = schema(name)
    for key in path:
        full = resolved(name, node)
        below = full.get("properties", {})
        node = full["items"] if isinstance(key, int) else below.get(key) or full["additionalProperties"]
    full = resolved(name, node)
    if full.get("type") != "object" or "properties" not in full:
        return
    whole = {key: sample(name, below) for key, below in full["properties"].items()}
    for keys in [(), *[(one,) for one in whole], *combinations(whole, 2)][:24]:
        check(name, path, {key: whole[key] for key in keys}, tmp_path / "sweep.yaml")


def test_the_sweep_reaches_the_keys_of_registers() -> None:
    assert ("device", ("regions", "X", "registers", "X", "window", "region")) in PATHS
    assert ("device", ("regions", "X", "registers", "X", "registers", "X", "fields", "X", "write_effect")) in PATHS
    assert ("device", ("pci", "capabilities", "msix", "table")) in PATHS
    assert ("board", ("devices", "X", "wires", "X")) in PATHS
