"""What ``devgen run`` is asked to show of a run: options, files, and the observers that fill them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TextIO

import click

from devgen.cli.accel import Host
from devgen.cli.errors import InputError
from devgen.runtime.machine import Machine
from devgen.runtime.observe import LEVELS, JsonTrace, Level, NameFilter, Tracer

DEFAULT_LEVEL: Level = "field"

Command = Callable[..., int]

_FILE: Final = click.Path(path_type=Path, dir_okay=False)

_OPTIONS: Final[tuple[Callable[[Command], Command], ...]] = (
    click.option(
        "--trace",
        "level",
        type=click.Choice(LEVELS),
        metavar="[=LEVEL]",
        help="Print each access by name. LEVEL: access; field, with values by field and what has changed; all, with "
        f"lines, bytes, events and memory too. Without a level: {DEFAULT_LEVEL}.",
    ),
    click.option(
        "--trace-format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Lines to read, or JSON lines that devgen replay reads.",
    ),
    click.option(
        "--trace-filter",
        "globs",
        multiple=True,
        metavar="GLOB",
        help="Only devices, registers and lines so named: rtc, rtc.M*, *.intr. May be given several times.",
    ),
    click.option("--trace-output", type=_FILE, metavar="FILE", help="Where the trace goes; else to standard error."),
    click.option("--vcd", type=_FILE, metavar="FILE", help="Write lines and counters as waves, for GTKWave."),
)


@dataclass(slots=True, frozen=True)
class Watching:
    """What to show. ``level`` None: no trace. ``trace_output`` None: standard error."""

    level: Level | None = None
    form: Literal["text", "json"] = "text"
    globs: tuple[str, ...] = ()
    trace_output: Path | None = None
    vcd: Path | None = None


def options(command: Command) -> Command:
    """The options that make a Watching."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class TracingCommand(click.Command):
    """A command whose ``--trace`` may stand without a level."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's own, with the level filled in where it is left out."""
        return super().parse_args(ctx, [*_with_level(args)])


def _with_level(args: list[str]) -> Iterator[str]:
    for at, arg in enumerate(args):
        if arg == "--":
            yield from args[at:]
            return
        follows_level = args[at + 1 : at + 2] and args[at + 1] in LEVELS
        yield f"--trace={DEFAULT_LEVEL}" if arg == "--trace" and not follows_level else arg


@contextmanager
def watch(machine: Machine, host: Host, what: Watching) -> Iterator[None]:
    """Show a run.

    Raises:
        InputError: a filter that fits nothing, a file that cannot be written, or pyvcd is not there.
    """
    wanted = NameFilter(what.globs)
    if what.globs and not any(wanted.may_pass(name) for name in machine.devices):
        raise InputError(
            f"--trace-filter {' '.join(what.globs)}: fits no device; there are {', '.join(machine.devices)}"
        )
    with ExitStack() as stack:
        if what.vcd is not None:
            stack.enter_context(_waves(machine, what.vcd, wanted))
        if what.level is not None:
            stack.enter_context(_trace(machine, host, what, what.level, wanted))
        yield


@contextmanager
def _trace(machine: Machine, host: Host, what: Watching, level: Level, wanted: NameFilter) -> Iterator[None]:
    with _opened(what.trace_output) as file:
        trace: JsonTrace | Tracer = (
            JsonTrace(machine, file, level, wanted, host.program_counter)
            if what.form == "json"
            else Tracer(machine, lambda line: print(line, file=file), level, wanted, host.program_counter)
        )
        with trace:
            yield
    _complain(what.trace_output, trace.error)


@contextmanager
def _waves(machine: Machine, path: Path, wanted: NameFilter) -> Iterator[None]:
    try:
        from devgen.runtime.observe.waves import Waves  # only who asks for it needs pyvcd
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("vcd"):
            raise
        raise InputError("--vcd needs the package pyvcd: pip install 'devgen[vcd]'") from None
    with _opened(path) as file:
        with Waves(machine, file, wanted) as waves:
            yield
        _complain(path, waves.error)


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stderr
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    try:
        yield file
    finally:
        try:
            file.close()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}; the file is cut off") from error


def _complain(path: Path | None, error: OSError | None) -> None:
    if error is not None:
        raise InputError(f"{path or 'standard error'}: {error.strerror}; the file is cut off")
