"""Golden traces of the PL031 through a hand-written class of the generated shape."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from handwritten_pl031 import Pl031

from devgen.hosts.bench.replay import replay_trace
from devgen.runtime.machine.device_registry import Registry

ROOT = Path(__file__).resolve().parents[3]
OWN = sorted((ROOT / "tests" / "data" / "traces").glob("pl031-*.jsonl"))
SHARED = Path(os.environ.get("DEVGEN_TRACES", ROOT.parent / "shared" / "oracle" / "traces"))
ALL = [*OWN, *sorted(SHARED.glob("pl031-*.jsonl"))]


@pytest.fixture(scope="module")
def registry() -> Registry:
    made = Registry(bundled=False, installed=False)
    made.add(Pl031)
    return made


def test_the_repository_brings_traces() -> None:
    assert len(OWN) >= 5


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_trace_replays_exactly(path: Path, registry: Registry) -> None:
    result = replay_trace(path, registry)
    assert result.passed, str(result.divergence)


@pytest.mark.parametrize("path", OWN[:2], ids=lambda path: path.stem)
def test_trace_replays_through_a_snapshot_after_every_op(path: Path, registry: Registry) -> None:
    result = replay_trace(path, registry, snapshot_every=1)
    assert result.passed, str(result.divergence)
