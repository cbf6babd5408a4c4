"""A board's run on a host: what ``run`` and ``record`` share."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

import click

from devgen.cli.accel_option import Accel, Host, choose, make_host
from devgen.cli.board_config import find_board, load_configuration
from devgen.cli.command_error import InputError
from devgen.cli.project_devices import project_registry
from devgen.cli.seconds_option import Seconds
from devgen.cli.stream_options import connected
from devgen.runtime.base.errors import RuntimeFault
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.run_result import RunResult

ACCELS = click.Choice(["auto", "kvm", "emulator"])
ACCEL_HELP = "What runs the guest's processor."
TIMEOUT = Seconds()
TIMEOUT_HELP = "End the run after so long."

STOPPING = frozenset((signal.SIGINT, signal.SIGTERM))
STOP_AGAIN = 0.02
"""Seconds between two calls of a host's ``stop`` until its run has ended."""

Observe = Callable[[Machine, Host], AbstractContextManager[object]]
"""Makes what watches a run: entered before the guest starts, left when it has ended and the machine still stands."""


def run_board(
    board: str, accel: Accel, timeout: float | None, observe: Observe, streams: Iterable[str] = ()
) -> RunResult:
    """Run the board of that name or file, watched by ``observe``; ``streams`` as ``--stream`` gives them.

    Raises:
        InputError: no such board, errors in it, no guest, or a host or an observer that cannot do it.
    """
    chosen, why = choose(accel)
    config = connected(load_configuration(find_board(board)), streams)
    if config.guest is None:
        raise InputError(f"{board}: the board has no guest to run")
    click.echo(f"devgen: {config.name} on {chosen} ({why})", err=True)
    try:
        with Machine(config, project_registry()) as machine:
            host = make_host(chosen, machine)
            try:
                with observe(machine, host), stopped_by_signals(host):
                    return host.run(timeout)
            finally:
                host.close()
    except RuntimeFault as error:
        raise InputError(f"{error.where or board}: {error}") from error
    except OSError as error:
        raise InputError(f"{board}: {error}") from error


def report(result: RunResult) -> int:
    """Say how the run ended; the command's exit code."""
    click.echo(f"devgen: {result}", err=True)
    return 0 if result.ok else 1


@contextmanager
def stopped_by_signals(host: Host) -> Iterator[None]:
    """Let Ctrl-C and a polite kill end the run in order, so that streams are flushed and the VM is released.

    A Python signal handler runs on the main thread only, between two of its steps: not while that thread is inside the
    emulator, and at the worst inside a lock that ``stop`` needs. So a thread of our own waits for what the interpreter
    writes to the wake-up descriptor at the very moment of a signal, and stops the host.
    """
    heard, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    over = threading.Event()
    waiter = threading.Thread(target=_stop_when_signalled, args=(host, heard, over), name="devgen-signals", daemon=True)
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


def _stop_when_signalled(host: Host, heard: int, over: threading.Event) -> None:
    """Wait for a stopping signal or the end of the run; stop the host again and again, as its run may not yet stand."""
    while not over.is_set():
        select.select([heard], [], [])
        signals = os.read(heard, 4096)
        if not signals:
            return
        if not STOPPING.isdisjoint(signals):
            break
    host.stop()
    while not over.wait(STOP_AGAIN):
        host.stop()
