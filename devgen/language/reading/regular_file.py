"""Reading a description, with a diagnostic for each reason why it cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from devgen.common.guarded_files import RefusedFile, read_file
from devgen.language.diagnostics import codes_files as kinds
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark

SIZE_LIMIT = 32 << 20
"""Most bytes that are read of a file."""


_UNSAVED: ContextVar[Mapping[Path, str] | None] = ContextVar("_UNSAVED", default=None)


@contextmanager
def unsaved_texts(texts: Mapping[Path, str]) -> Iterator[None]:
    """Read these texts, by absolute path, instead of the files: an editor has them open and not saved."""
    token = _UNSAVED.set(texts)
    try:
        yield
    finally:
        _UNSAVED.reset(token)


def read_text(path: Path, mark: Mark, sink: Diagnostics, limit: int = SIZE_LIMIT) -> str | None:
    """Return the text of a regular UTF-8 file of at most ``limit`` bytes; else report why not at ``mark``."""
    texts = _UNSAVED.get()
    if texts and (unsaved := texts.get(Path(os.path.abspath(path)))) is not None:
        return unsaved
    try:
        return read_file(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _report_encoding(error, path, mark, sink)
    except OSError as error:
        _report(error, path, mark, sink, limit)
    return None


def _report_encoding(error: UnicodeDecodeError, path: Path, mark: Mark, sink: Diagnostics) -> None:
    """Report the first byte that is not UTF-8: at its place in the file, or at the place that names the file."""
    data, start = error.object, error.start
    hint = "this is UTF-16; save it as UTF-8" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "save the file as UTF-8"
    if mark == Mark(str(path), 1, 1):
        line_start = data.rfind(b"\n", 0, start) + 1
        column = len(data[line_start:start].decode("utf-8", "replace")) + 1
        mark = Mark(str(path), data.count(b"\n", 0, start) + 1, column)
    sink.add(kinds.NOT_TEXT, mark, path=path, offset=start, found=f"byte 0x{data[start]:02x}", hint=hint)


def _report(error: OSError, path: Path, mark: Mark, sink: Diagnostics, limit: int) -> None:
    if isinstance(error, RefusedFile) and error.what is not None:
        sink.add(kinds.NOT_A_FILE, mark, path=path, what=error.what)
    elif isinstance(error, RefusedFile) and error.too_large:
        sink.add(kinds.TOO_LARGE, mark, path=path, limit=limit >> 20)
    else:
        sink.add(kinds.NOT_READABLE, mark, path=path, reason=error.strerror or str(error))
