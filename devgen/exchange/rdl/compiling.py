"""Compiles SystemRDL files to elaborated trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devgen.errors import FileError
from devgen.exchange.rdl.bounded_work import bounded_time
from devgen.exchange.rdl.rdl_files import check_files
from devgen.exchange.rdl_export.devgen_property import GUARD, NAME
from devgen.exchange.register_map import Place

if TYPE_CHECKING:
    from systemrdl.compiler import RDLCompiler
    from systemrdl.node import AddrmapNode

MISSING = "importing SystemRDL needs systemrdl-compiler: pip install 'devgen[rdl]'"


class _Messages:
    """Collects the compiler's messages instead of printing them."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def print_message(self, severity: Any, text: str, source: Any) -> None:
        if severity.name in ("ERROR", "FATAL"):
            where = f"{place_of(source)}: " if source is not None else ""
            self.errors.append(f"{where}{text}")


def compile_files(
    paths: Sequence[Path], include_dirs: Sequence[Path] = (), top: str = "", parameters: Mapping[str, int] | None = None
) -> list[AddrmapNode]:
    """Compile the files together and return the address maps that no other one uses, or the one named ``top``.

    Raises:
        FileError: a file cannot be read, includes Perl, or does not compile; or systemrdl-compiler is missing.
    """
    size = check_files(paths, include_dirs)

    def compile_all(compiler: RDLCompiler) -> None:
        for path in paths:
            # Files that devgen exported declare the property `devgen`, which a compiler takes once.
            defines = {GUARD: ""} if NAME in compiler.list_udps() else {}
            folders = [str(folder) for folder in include_dirs]
            compiler.compile_file(str(path), incl_search_paths=folders, defines=defines)

    with bounded_time(size, paths[-1]):
        return elaborated(compile_all, paths[-1], top, parameters)


def elaborated(
    fill: Callable[[RDLCompiler], None], path: Path, top: str = "", parameters: Mapping[str, int] | None = None
) -> list[AddrmapNode]:
    """Let ``fill`` put definitions into a compiler, and return its elaborated maps as ``compile_files`` does.

    ``path`` is the file in messages that have no place of their own. Raises FileError.
    """
    try:
        from systemrdl.compiler import RDLCompiler
        from systemrdl.messages import RDLCompileError
    except ImportError as error:
        raise FileError(MISSING) from error
    messages = _Messages()
    compiler = RDLCompiler(message_printer=messages)
    try:
        fill(compiler)
        names = [top] if top else _address_maps(compiler)
        if not names:
            raise FileError(f"{path}: no addrmap; give the files that it needs before it, all in one command")
        return _unused([compiler.elaborate(name, parameters=dict(parameters or {})).top for name in names])
    except RDLCompileError as error:
        raise FileError(_reason(messages.errors or [str(error)], path)) from error
    except (RecursionError, ValueError, OverflowError, MemoryError) as error:
        reason = str(error) or type(error).__name__
        raise FileError(f"{path}: too deeply nested or out of range: {reason}") from error


def _reason(errors: Sequence[str], path: Path) -> str:
    more = f" (and {len(errors) - 1} more errors)" if len(errors) > 1 else ""
    return f"{errors[0]}{more}" if ":" in errors[0] else f"{path}: {errors[0]}{more}"


def _address_maps(compiler: RDLCompiler) -> list[str]:
    from systemrdl.component import Addrmap

    return [name for name, definition in compiler.root.comp_defs.items() if isinstance(definition, Addrmap)]


def _unused(tops: list[AddrmapNode]) -> list[AddrmapNode]:
    """Return the maps that are not instantiated in another one."""
    from systemrdl.node import AddrmapNode

    used = {node.orig_type_name for top in tops for node in top.descendants() if isinstance(node, AddrmapNode)}
    return [top for top in tops if top.orig_type_name not in used] or tops


class _SourcePlace(Place):
    """A place that finds its file and line when they are asked for, which takes the compiler a while."""

    __slots__ = ("_source",)
    _source: Any

    def __init__(self, source: Any) -> None:
        object.__setattr__(self, "_source", source)

    @property
    def file(self) -> str:
        """The file."""
        return str(getattr(self._source, "path", "") or "?")

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        line = getattr(self._source, "line", None)
        return int(line) if line else 1


def place_of(source: Any) -> Place:
    """Return the place of a node's or message's source reference."""
    """Return the place of a node's or message's source reference."""
    return _SourcePlace(source)
