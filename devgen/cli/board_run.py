"""Running a board: code that ``run`` and ``record`` share."""

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

from devgen import (
    ACCELS,
    Accel,
    Board,
    BoardDescription,
    DescriptionError,
    GuestOptions,
    RunResult,
    find_board,
    load_board,
)
from devgen.cli.command_error import InputError
from devgen.cli.event_options import named_actions
from devgen.cli.media_options import named_media
from devgen.cli.seconds_option import Seconds
from devgen.cli.stream_options import named_streams
from devgen.common.removal_after_kill import RemovalAfterKill

ACCEL_CHOICE = click.Choice(ACCELS)
ACCEL_HELP = "What runs the guest's processor. auto: KVM if it can run the board, else the emulator."
TIMEOUT = Seconds()
TIMEOUT_HELP = "End the run after this time. Default: no limit."

_NOT_A_BOARD = "DG1021"

STOPPING = frozenset((signal.SIGINT, signal.SIGTERM))
STOP_AGAIN = 0.02
"""Seconds between calls of a host's ``stop`` until its run has ended."""


@contextmanager
def opened(
    board: str,
    accel: Accel,
    streams: Iterable[str],
    actions: Iterable[str] = (),
    guest: GuestOptions | None = None,
    media: Iterable[str] = (),
) -> Iterator[Board]:
    """Open the board of that name or file, print its host, and let signals end the run.

    ``streams`` and ``actions`` are the values of ``--stream`` and ``--on-event``; ``guest`` changes the guest;
    ``media`` are the values of ``--medium``.

    Raises:
        InputError: the board has errors, or a text is not DEVICE.STREAM=BACKEND or DEVICE.EVENT=ACTION. Also all that
            `devgen.Board` raises.
    """
    description = _loaded(find_board(board), guest is not None and guest.replaces_guest)
    on_event = named_actions(actions, "DEVICE.EVENT=ACTION, as panic.GUEST_PANICKED=exit")
    board_streams, files = named_streams(streams), named_media(media)
    with (
        Board(description, accel=accel, streams=board_streams, media=files, on_event=on_event, guest=guest) as ready,
        RemovalAfterKill(ready.sockets),
        stopped_by_signals(ready),
    ):
        click.echo(f"devgen: {ready.config.name} on {ready.accel} ({ready.why})", err=True)
        yield ready


def _loaded(path: Path, other_guest: bool) -> BoardDescription:
    """Load the board at ``path`` and print its diagnostics; its guest is not checked if the run has another one."""
    try:
        description = load_board(path, other_guest=other_guest)
    except DescriptionError as error:
        if [diagnostic.code for diagnostic in error.diagnostics] == [_NOT_A_BOARD]:
            raise InputError(f"{path}: {error.diagnostics[0].message}; name a board that places it") from error
        for diagnostic in error.diagnostics:
            click.echo(diagnostic.text(colour=True), err=True)
        raise InputError(f"{path}: the board has errors") from error
    for warning in description.warnings:
        click.echo(warning.text(colour=True), err=True)
    return description


def report(result: RunResult) -> int:
    """Print how the run ended. Return the command's exit code."""
    click.echo(f"devgen: {result}", err=True)
    return 0 if result.ok else 1


@contextmanager
def stopped_by_signals(board: Board) -> Iterator[None]:
    """Let SIGINT and SIGTERM end the run in order, so that streams are flushed and the VM is released.

    A Python signal handler runs only on the main thread, between two bytecode instructions: it does not run while that
    thread is inside the emulator, and it may run while the thread holds a lock that ``stop`` needs. Therefore a
    separate thread reads the wake-up descriptor, to which the interpreter writes as soon as a signal arrives, and stops
    the board.
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
    """Do nothing: the wake-up descriptor reports the signal."""


def _stop_when_signalled(board: Board, heard: int, over: threading.Event) -> None:
    """Wait for a signal or the end of the run. Call ``stop`` repeatedly, since the run may not have started yet."""
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
