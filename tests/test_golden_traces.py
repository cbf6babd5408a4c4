"""Golden traces through the built catalogue: every trace there is, for every device that there is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devgen.hosts.bench.replay import replay_trace
from devgen.runtime.machine.device_registry import Registry

ROOT = Path(__file__).resolve().parents[1]
OWN = sorted((ROOT / "tests" / "data" / "traces").glob("*.jsonl"))
SHARED = Path(os.environ.get("DEVGEN_TRACES", ROOT.parent / "shared" / "oracle" / "traces"))
REGISTRY = Registry([ROOT / "generated"], bundled=False, installed=False)
BUILT = REGISTRY.names()
TRACES = [*OWN, *(path for path in sorted(SHARED.glob("*.jsonl")) if path.stem.rpartition("-")[0] in BUILT)]


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_trace_replays_exactly(path: Path) -> None:
    result = replay_trace(path, REGISTRY)
    assert result.passed, str(result.divergence)


@pytest.mark.parametrize("path", OWN[::3], ids=lambda path: path.stem)
def test_trace_replays_through_snapshots(path: Path) -> None:
    result = replay_trace(path, REGISTRY, snapshot_every=7)
    assert result.passed, str(result.divergence)
