"""Replays recorded traces against devices."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from devgen.errors import ArgumentError, FileError
from devgen.hosts.bench.replay import replay_trace as replay_with
from devgen.hosts.bench.replay_comparison import ReplayResult
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.project_devices import project_registry

AnyPath = str | PathLike[str]


def replay_trace(
    path: AnyPath, *, device: str | None = None, snapshot_every: int = 0, registry: Registry | None = None
) -> ReplayResult:
    """Replay a trace against the device that its header names, and compare every value, line, byte and event.

    ``device`` selects a device by its name on the board if the file has traces of several devices. ``snapshot_every``
    N: after every N operations the device is saved, created anew and restored.

    Raises:
        TraceError: the file is not a trace, or its device cannot be created.
        ArgumentError: ``snapshot_every`` is negative.
    """
    if snapshot_every < 0:
        raise ArgumentError("snapshot_every", f"{snapshot_every} is not a number of operations; 0 means never")
    known = registry or project_registry()
    return replay_with(Path(path), known, snapshot_every=snapshot_every, source=device)


def find_traces(paths: Iterable[AnyPath]) -> list[Path]:
    """Return the trace files in ``paths``: the files, and all .jsonl files below the folders.

    Raises:
        FileError: a path does not exist, or a folder contains no trace.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files = sorted(path.rglob("*.jsonl"))
            if not files:
                raise FileError(f"{path}: no .jsonl file in this folder")
            found += files
        elif path.exists():
            found.append(path)
        else:
            raise FileError(f"{path}: no such file or folder")
    return found
