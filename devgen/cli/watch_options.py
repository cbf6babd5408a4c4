"""The options for tracing a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from devgen import TRACE_LEVELS, TraceForm, TraceLevel, Watch

DEFAULT_LEVEL: TraceLevel = "field"

Command = Callable[..., int]

_FILE: Final = click.Path(path_type=Path, dir_okay=False)

_OPTIONS: Final[tuple[Callable[[Command], Command], ...]] = (
    click.option(
        "--trace",
        "level",
        type=click.Choice(TRACE_LEVELS),
        metavar="[=LEVEL]",
        help="Print each access by name. LEVEL: access; field, also field values and changes; all, also "
        f"lines, bytes, events and memory. Without a level: {DEFAULT_LEVEL}.",
    ),
    click.option(
        "--trace-format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Readable text, or JSON lines for devgen replay.",
    ),
    click.option(
        "--trace-filter",
        "globs",
        multiple=True,
        metavar="GLOB",
        help="Trace only devices, registers and lines with this name: rtc, rtc.M*, *.intr. Repeatable.",
    ),
    click.option(
        "--trace-output", type=_FILE, metavar="FILE", help="Write the trace to FILE. Default: standard error."
    ),
    click.option("--vcd", type=_FILE, metavar="FILE", help="Write lines and counters as waveforms, for GTKWave."),
)


def options(command: Command) -> Command:
    """Add the tracing options, whose values the command receives as the `devgen.Watch` ``watching``."""

    @wraps(command)
    def watched(
        *,
        level: TraceLevel | None,
        form: TraceForm,
        globs: tuple[str, ...],
        trace_output: Path | None,
        vcd: Path | None,
        **others: Any,
    ) -> int:
        detailed = globs or trace_output is not None or form != "text"
        if detailed and level is None and vcd is None:
            raise click.UsageError("--trace-filter, --trace-format and --trace-output need --trace")
        return command(watching=Watch(level, form, globs, trace_output, vcd), **others)

    result: Command = watched
    for option in reversed(_OPTIONS):
        result = option(result)
    return result


class TracingCommand(click.Command):
    """A command with an option ``--trace`` whose level may be omitted."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments as click does, with the default level inserted after a bare ``--trace``."""
        return super().parse_args(ctx, [*_with_level(args)])


def _with_level(args: list[str]) -> Iterator[str]:
    for at, arg in enumerate(args):
        if arg == "--":
            yield from args[at:]
            return
        follows_level = args[at + 1 : at + 2] and args[at + 1] in TRACE_LEVELS
        yield f"--trace={DEFAULT_LEVEL}" if arg == "--trace" and not follows_level else arg
