"""Records a device during the run of a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike

from devgen.api.accelerators import Accel
from devgen.api.board_configuration import AnyBoard
from devgen.api.boards import Board
from devgen.common.guarded_files import open_text_to_write
from devgen.errors import FileError
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.run_result import RunResult

AnyPath = str | PathLike[str]


@dataclass(slots=True, frozen=True)
class Recording:
    """How the run ended, and the number of the device's operations in the trace.

    ``looped``: inputs that the device's own outputs drove during an access, by a wire or through other devices. The
    trace does not have them, so it does not replay exactly.
    """

    result: RunResult
    ops: int
    looped: tuple[str, ...] = ()


def record_board(
    board: AnyBoard,
    device: str,
    output: AnyPath,
    *,
    accel: Accel = "auto",
    timeout: float | None = None,
    streams: Mapping[str, str] | None = None,
    on_event: Mapping[str, str] | None = None,
    registry: Registry | None = None,
) -> Recording:
    """Run a board and write the trace of its device named ``device`` to ``output``; see `Board` for the arguments.

    The trace is complete however the run ends, and `replay_trace` reads it.

    Raises:
        FileError: the file cannot be written. When that happens during the run, the trace is cut off.
        ArgumentError: the board has no such device. Also what `Board` raises.
    """
    with Board(board, accel=accel, streams=streams, on_event=on_event, registry=registry) as ready:
        return record_run(ready, device, output, timeout)


def record_run(board: Board, device: str, output: AnyPath, timeout: float | None = None) -> Recording:
    """Record as `record_board` does, with an open board, which stays open."""
    board.device(device)  # check before the file is truncated
    try:
        with open_text_to_write(output) as file, board.record(device, file) as recorder:
            result = board.run(timeout)
    except OSError as error:
        raise FileError(f"{output}: {error.strerror or error}") from error
    if recorder.error is not None:
        raise FileError(f"{output}: {recorder.error.strerror}; the trace is cut off")
    return Recording(result, recorder.ops, tuple(sorted(recorder.looped)))
