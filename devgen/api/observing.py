"""Traces a board or a served device: each access by name, and lines and counters as waveforms."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Final, Literal, TextIO, get_args

from devgen.common.guarded_files import open_text_to_write
from devgen.errors import ArgumentError, DevgenError, FileError
from devgen.runtime.base.faults import suggest
from devgen.runtime.observe import LEVELS, JsonTrace, Level, NameFilter, Tracer
from devgen.runtime.observe.observable import Observable
from devgen.runtime.observe.trace_names import unmatched_glob
from devgen.runtime.observe.tracer import ProgramCounter, no_processor

AnyPath = str | PathLike[str]
TraceLevel = Level
TRACE_LEVELS: Final = LEVELS
TraceForm = Literal["text", "json"]
TRACE_FORMS: Final[tuple[TraceForm, ...]] = get_args(TraceForm)


class MissingPackageError(DevgenError):
    """A required optional package is not installed. The message says how to install it."""


@dataclass(slots=True, frozen=True)
class Watch:
    """Options for tracing a run.

    ``trace``: the level of detail. "access": register and value; "field": also fields and their changes; "all": also
    lines, bytes, events and memory accesses; None: no trace. ``form``: readable text, or JSON lines that `replay_trace`
    reads. ``only``: globs on the names of devices, registers and lines (``rtc.M*``); empty: all. ``output``: a file to
    write, or an open text file; None: standard error. ``vcd``: a file for lines and counters as waveforms, for a viewer
    such as GTKWave.

    Raises:
        ArgumentError: an unknown level or form.
    """

    trace: TraceLevel | None = None
    form: TraceForm = "text"
    only: Sequence[str] = ()
    output: AnyPath | TextIO | None = None
    vcd: AnyPath | None = None

    def __post_init__(self) -> None:
        """Check the level and the form."""
        for name, word, known in (("trace", self.trace, TRACE_LEVELS), ("form", self.form, TRACE_FORMS)):
            if word is not None and word not in known:
                raise ArgumentError(name, f"{word!r} is not one of {', '.join(known)}{suggest(str(word), known)}")
        if isinstance(self.only, str):
            raise ArgumentError("only", f"{self.only!r} is a text; write a list of globs, as [{self.only!r}]")


@contextmanager
def watch(scene: Observable, what: Watch, program_counter: ProgramCounter = no_processor) -> Iterator[None]:
    """Trace the devices of ``scene`` while the context lasts.

    Raises:
        ArgumentError: a glob of ``only`` matches no name of any device, or trace and waves have one file.
        FileError: a file cannot be written. An error during the run is raised at the end of the context.
        MissingPackageError: ``vcd`` was given and pyvcd is not installed.
    """
    wanted = NameFilter(tuple(what.only))
    wrong = unmatched_glob(what.only, scene.devices)
    if wrong is not None:
        raise ArgumentError("only", wrong)
    if what.trace is not None and _same_file(what.output, what.vcd):
        raise ArgumentError("vcd", f"{what.vcd} is the trace's file too; waves need a file of their own")
    with ExitStack() as stack:
        if what.vcd is not None:
            stack.enter_context(_waves(scene, Path(what.vcd), wanted))
        if what.trace is not None:
            stack.enter_context(_trace(scene, program_counter, what, what.trace, wanted))
        yield


def _same_file(output: AnyPath | TextIO | None, vcd: AnyPath | None) -> bool:
    if vcd is None or not isinstance(output, str | PathLike):
        return False
    return Path(output).absolute() == Path(vcd).absolute()


@contextmanager
def _trace(
    scene: Observable, program_counter: ProgramCounter, what: Watch, level: TraceLevel, wanted: NameFilter
) -> Iterator[None]:
    with _opened(what.output) as file:
        trace: JsonTrace | Tracer = (
            JsonTrace(scene, file, level, wanted, program_counter)
            if what.form == "json"
            else Tracer(scene, lambda line: print(line, file=file), level, wanted, program_counter)
        )
        with trace:
            yield
    _raise_cut_off(what.output, trace.error)


@contextmanager
def _waves(scene: Observable, path: Path, wanted: NameFilter) -> Iterator[None]:
    try:
        from devgen.runtime.observe.waves import Waves  # pyvcd is optional
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("vcd"):
            raise
        raise MissingPackageError("waves need the package pyvcd: pip install 'devgen[vcd]'") from None
    with _opened(path) as file:
        with Waves(scene, file, wanted) as waves:
            yield
        _raise_cut_off(path, waves.error)


@contextmanager
def _opened(output: AnyPath | TextIO | None) -> Iterator[TextIO]:
    """Return ``output`` open for writing. A file that was opened here is closed at the end."""
    if output is None or not isinstance(output, str | PathLike):
        yield sys.stderr if output is None else output
        return
    try:
        file = open_text_to_write(output, by_lines=True)
    except OSError as error:
        raise FileError(f"{output}: {error.strerror}") from error
    try:
        yield file
    finally:
        try:
            file.close()
        except OSError as error:
            raise FileError(f"{output}: {error.strerror}; the file is cut off") from error


def _raise_cut_off(output: object, error: OSError | None) -> None:
    if error is not None:
        name = output if isinstance(output, str | PathLike) else "standard error" if output is None else "the trace"
        raise FileError(f"{name}: {error.strerror}; the file is cut off")
