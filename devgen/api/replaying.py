"""Replay recorded traces against devices."""

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

    ``device`` chooses the device, by its name on the board, of a file that holds traces of several.
    ``snapshot_every`` N: the device is saved, built afresh and restored after every N operations.

    Raises:
        TraceError: the file is no trace, or its device cannot be made.
        ArgumentError: ``snapshot_every`` is negative.
    """
    if snapshot_every < 0:
        raise ArgumentError("snapshot_every", f"{snapshot_every} is neither a number of operations nor 0, for never")
    known = registry or project_registry()
    return replay_with(Path(path), known, snapshot_every=snapshot_every, source=device)


def find_traces(paths: Iterable[AnyPath]) -> list[Path]:
    """The trace files that ``paths`` name: files, and every .jsonl below folders.

    Raises:
        FileError: a path is not there, or a folder holds no trace.
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
