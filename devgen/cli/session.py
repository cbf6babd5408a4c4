"""A board's run on a host: what ``run`` and ``record`` share."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

import click

from devgen.cli.accel import Accel, Host, choose, make_host
from devgen.cli.boards import find_board, load_configuration
from devgen.cli.errors import InputError
from devgen.cli.project import project_registry
from devgen.runtime.errors import RuntimeFault
from devgen.runtime.machine import Machine
from devgen.runtime.run import RunResult

ACCELS = click.Choice(["auto", "kvm", "emulator"])
ACCEL_HELP = "What runs the guest's processor."
TIMEOUT = click.FloatRange(min=0, min_open=True)
TIMEOUT_HELP = "End the run after so long."

Observe = Callable[[Machine, Host], AbstractContextManager[object]]
"""Makes what watches a run: entered before the guest starts, left when it has ended and the machine still stands."""


def run_board(board: str, accel: Accel, timeout: float | None, observe: Observe) -> RunResult:
    """Run the board of that name or file, watched by ``observe``.

    Raises:
        InputError: no such board, errors in it, no guest, or a host or an observer that cannot do it.
    """
    chosen, why = choose(accel)
    config = load_configuration(find_board(board))
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
    except (RuntimeFault, OSError) as error:
        raise InputError(f"{board}: {error}") from error


def report(result: RunResult) -> int:
    """Say how the run ended; the command's exit code."""
    click.echo(f"devgen: {result}", err=True)
    return 0 if result.ok else 1


@contextmanager
def stopped_by_signals(host: Host) -> Iterator[None]:
    """Let Ctrl-C and a polite kill end the run in order, so that streams are flushed and the VM is released."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        host.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
