"""What a command is asked to show of a run: options, files, and the observers that fill them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, Literal, TextIO

import click

from devgen.cli.command_error import InputError
from devgen.runtime.observe import LEVELS, JsonTrace, Level, NameFilter, Tracer
from devgen.runtime.observe.observable import Observable
from devgen.runtime.observe.tracer import ProgramCounter, no_processor

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
    """What to show. ``level`` None: no trace. ``trace_output`` None: standard error.

    Raises:
        UsageError: an option that only says how to trace, and no trace.
    """

    level: Level | None = None
    form: Literal["text", "json"] = "text"
    globs: tuple[str, ...] = ()
    trace_output: Path | None = None
    vcd: Path | None = None

    def __post_init__(self) -> None:
        """Check that the options fit together."""
        detailed = self.globs or self.trace_output is not None or self.form != "text"
        if detailed and self.level is None and self.vcd is None:
            raise click.UsageError("--trace-filter, --trace-format and --trace-output need --trace")


def options(command: Command) -> Command:
    """The options that make a Watching, which the command gets as ``watching``."""

    @wraps(command)
    def watched(
        *,
        level: Level | None,
        form: Literal["text", "json"],
        globs: tuple[str, ...],
        trace_output: Path | None,
        vcd: Path | None,
        **others: Any,
    ) -> int:
        return command(watching=Watching(level, form, globs, trace_output, vcd), **others)

    result: Command = watched
    for option in reversed(_OPTIONS):
        result = option(result)
    return result


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
def watch(scene: Observable, what: Watching, program_counter: ProgramCounter = no_processor) -> Iterator[None]:
    """Show what happens to the devices of ``scene``.

    Raises:
        InputError: a filter that fits nothing, a file that cannot be written, or pyvcd is not there.
    """
    wanted = NameFilter(what.globs)
    if what.globs and not any(wanted.may_pass(name) for name in scene.devices):
        raise InputError(f"--trace-filter {' '.join(what.globs)}: fits no device; there are {', '.join(scene.devices)}")
    with ExitStack() as stack:
        if what.vcd is not None:
            stack.enter_context(_waves(scene, what.vcd, wanted))
        if what.level is not None:
            stack.enter_context(_trace(scene, program_counter, what, what.level, wanted))
        yield


@contextmanager
def _trace(
    scene: Observable, program_counter: ProgramCounter, what: Watching, level: Level, wanted: NameFilter
) -> Iterator[None]:
    with _opened(what.trace_output) as file:
        trace: JsonTrace | Tracer = (
            JsonTrace(scene, file, level, wanted, program_counter)
            if what.form == "json"
            else Tracer(scene, lambda line: print(line, file=file), level, wanted, program_counter)
        )
        with trace:
            yield
    _complain(what.trace_output, trace.error)


@contextmanager
def _waves(scene: Observable, path: Path, wanted: NameFilter) -> Iterator[None]:
    try:
        from devgen.runtime.observe.waves import Waves  # only who asks for it needs pyvcd
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("vcd"):
            raise
        raise InputError("--vcd needs the package pyvcd: pip install 'devgen[vcd]'") from None
    with _opened(path) as file:
        with Waves(scene, file, wanted) as waves:
            yield
        _complain(path, waves.error)


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stderr
        return
    try:
        file = path.open("w", encoding="utf-8", buffering=1)  # whoever looks while it goes on sees whole lines
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
