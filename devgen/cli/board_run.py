"""A board's run: what ``run`` and ``record`` share."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from devgen import ACCELS, Accel, Board, BoardDescription, DescriptionError, RunResult, find_board, load_board
from devgen.cli.command_error import InputError
from devgen.cli.event_options import named_actions
from devgen.cli.seconds_option import Seconds
from devgen.cli.stream_options import named_streams

ACCEL_CHOICE = click.Choice(ACCELS)
ACCEL_HELP = "What runs the guest's processor."
TIMEOUT = Seconds()
TIMEOUT_HELP = "End the run after so long."

STOPPING = frozenset((signal.SIGINT, signal.SIGTERM))
STOP_AGAIN = 0.02
"""Seconds between two calls of a host's ``stop`` until its run has ended."""


@contextmanager
def opened(board: str, accel: Accel, streams: Iterable[str], actions: Iterable[str] = ()) -> Iterator[Board]:
    """The board of that name or file, which signals end. Says what runs it.

    ``streams`` and ``actions`` are as ``--stream`` and ``--on-event`` give them.

    Raises:
        InputError: the board has errors, or a text is no DEVICE.STREAM=END or DEVICE.EVENT=ACTION. Also what
            `devgen.Board` raises.
    """
    description = _loaded(find_board(board))
    on_event = named_actions(actions, "DEVICE.EVENT=ACTION, as panic.GUEST_PANICKED=exit")
    with (
        Board(description, accel=accel, streams=named_streams(streams), on_event=on_event) as ready,
        stopped_by_signals(ready),
    ):
        click.echo(f"devgen: {ready.config.name} on {ready.accel} ({ready.why})", err=True)
        yield ready


def _loaded(path: Path) -> BoardDescription:
    """The board at ``path``; prints what was found in it."""
    try:
        description = load_board(path)
    except DescriptionError as error:
        for diagnostic in error.diagnostics:
            click.echo(diagnostic.text(), err=True)
        raise InputError(f"{path}: the board has errors") from error
    for warning in description.warnings:
        click.echo(warning.text(), err=True)
    return description


def report(result: RunResult) -> int:
    """Say how the run ended; the command's exit code."""
    click.echo(f"devgen: {result}", err=True)
    return 0 if result.ok else 1


@contextmanager
def stopped_by_signals(board: Board) -> Iterator[None]:
    """Let Ctrl-C and a polite kill end the run in order, so that streams are flushed and the VM is released.

    A Python signal handler runs on the main thread only, between two of its steps: not while that thread is inside the
    emulator, and at the worst inside a lock that ``stop`` needs. So a thread of our own waits for what the interpreter
    writes to the wake-up descriptor at the very moment of a signal, and stops the board.
    """
    heard, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    over = threading.Event()
    waiter = threading.Thread(
        target=_stop_when_signalled, args=(board, heard, over), name="devgen-signals", daemon=True
    )
    before_wake = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    before = {number: signal.signal(number, _noted) for number in STOPPING}
    waiter.start()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_wake)
        over.set()
        os.close(wake)
        waiter.join()
        os.close(heard)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The wake-up descriptor tells of it."""


def _stop_when_signalled(board: Board, heard: int, over: threading.Event) -> None:
    """Wait for a stopping signal or the end of the run; stop the board again and again: its run may not have begun."""
    while not over.is_set():
        select.select([heard], [], [])
        signals = os.read(heard, 4096)
        if not signals:
            return
        if not STOPPING.isdisjoint(signals):
            break
    board.stop()
    while not over.wait(STOP_AGAIN):
        board.stop()
