"""Whatever a file holds, loading it returns: no exception, no long time, no device out of a faulty one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devgen.language import load_board, load_device

ROOT = Path(__file__).parents[2]
SEEDS = [path.read_text("utf-8") for path in sorted((ROOT / "devices").glob("*.yaml"))]
SHARED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def feed(folder: Path, data: bytes) -> None:
    path = folder / "any.yaml"
    path.write_bytes(data)
    start = time.process_time()
    result = load_device(path)
    assert (result.device is None) == (not result.ok or result.fragment)
    assert all(one.headline().isprintable() and one.mark.line >= 1 for one in result.diagnostics)
    load_board(path)
    assert time.process_time() - start < 20


@SHARED
@given(st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    feed(tmp_path, data)


@SHARED
@given(st.text(alphabet="ab:-{}[]#&*!|>'\"%@, \n0x1?<=.", max_size=200))
def test_any_yamlish_text(tmp_path: Path, text: str) -> None:
    feed(tmp_path, text.encode())


_KEYS = """
at width access reset count stride fields constant read write before_read on_read on_write read_effect write_effect
singlepulse alias alternate when type types enumerations index_names write_constraint write_enable reset_mask volatile
protection external read_values write_values
intent retain coalesce decode registers bits values size space bar ram rom contents doorbells length
match on_ring level intx counter clock period frequency match align due on_expire type default range clamp A B T x
"""
KEYS = st.sampled_from(_KEYS.split())
VALUES = st.one_of(
    st.integers(-2, 1 << 65),
    st.sampled_from([0, 1, 4, 8, 32, True, False, None, "A", "B", "x + 1", "A = 1", "A[3]", "T[index].A", "index"]),
    st.sampled_from(
        ["4 KiB", "1 s", "7:0", "1..4", "ro", "wo", "rw", "woclr", "reserved", "exact", "mmio", "pio", "rom"]
    ),
)
TREES = st.recursive(VALUES, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=5))
_SECTIONS = "properties state counters timers interrupts gpio_in gpio_out events streams on_reset pci"


@SHARED
@given(
    st.dictionaries(KEYS, TREES, max_size=6),
    st.dictionaries(st.sampled_from(_SECTIONS.split()), TREES, max_size=4),
    st.sampled_from(["sysbus", "isa", "pci"]),
)
def test_any_tree(tmp_path: Path, registers: dict[str, Any], sections: dict[str, Any], bus: str) -> None:
    region = {"space": "mmio", "size": "4 KiB", "registers": registers}
    tree = {"device": "any", "bus": bus, "regions": {"r": region}, **sections}
    feed(tmp_path, yaml.safe_dump(tree, allow_unicode=True).encode())


@SHARED
@given(st.data())
def test_any_damage_to_a_good_description(tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(SEEDS))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    piece = data.draw(st.sampled_from(["", " ", "\n", "0", "[", "{", "x", ": ", "registers", "0x" + "f" * 20, "T[9]"]))
    feed(tmp_path, (text[:start] + piece + text[end:]).encode())


@pytest.mark.parametrize(
    "text",
    [
        "device: d\nbus: sysbus\nstate: " + "{a: " * 20_000,
        "device: d\nbus: sysbus\nstate: " + "[" * 100_000,
        "? " * 50_000,
        "- " * 50_000,
        "a: &a " * 5_000,
        "".join(f"k{n}: &a{n} [{f'*a{n - 1}' if n else 1}]\n" for n in range(5_000)),
        "".join(f"unknown{n}: 1\n" for n in range(20_000)),
        "device: " + "d" * 1_000_000,
        "device: d\nbus: sysbus\ndescription: |\n" + "  x\n" * 200_000,
        "device: d\nbus: sysbus\nregions: {r: {space: mmio, size: 4 KiB, registers: {"
        + ", ".join(f"R{n}: {{at: 0, count: 65536, stride: 8}}" for n in range(300))
        + "}}}",
    ],
    ids=lambda text: text[:12].replace("\n", " "),
)
def test_hostile_shapes_take_no_long_time(text: str, tmp_path: Path) -> None:
    feed(tmp_path, text.encode())
