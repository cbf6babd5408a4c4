"""The benchmark of register accesses runs, and measures the same thing on both sides."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("register_access", BENCHMARKS / "register_access.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "register_access", module)
    spec.loader.exec_module(module)
    return module


def test_both_sides_answer_alike(benchmark_module: ModuleType) -> None:
    address = benchmark_module.BASE + benchmark_module.OFFSET
    for bus in (benchmark_module.hand_bus(3), benchmark_module.address_space(3)):
        bus.write(address, 0x12345678, 4)
        bus.write(address + 4, 1, 4)
        assert (bus.read(address, 4), bus.read(address + 4, 4), bus.read(0, 4)) == (0x12345678, 0, 0xFFFFFFFF)


def test_it_makes_a_table(benchmark_module: ModuleType) -> None:
    results = benchmark_module.measure(calls=5, rounds=3)
    assert set(results) == {"read", "write"}
    assert results["read"][0].ratio == 1.0
