"""Reading a file that may be anything: bounded in size and time, and only if it is a regular file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from devgen.language.diagnostics import codes_files as kinds
from devgen.language.diagnostics.reporting import Diagnostics
from devgen.language.model import Mark

SIZE_LIMIT = 32 << 20
"""Bytes of one file that are read at most."""


def read_text(path: Path, mark: Mark, sink: Diagnostics, limit: int = SIZE_LIMIT) -> str | None:
    """Return the text of a regular UTF-8 file of at most ``limit`` bytes; else say why not at ``mark``."""
    data = _read_bytes(path, mark, sink, limit)
    if data is None:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sink.add(kinds.NOT_TEXT, mark, path=path, offset=error.start, found=f"byte 0x{data[error.start]:02x}")
        return None


class _Refused(Exception):
    """The file is not read; the arguments are the kind of diagnostic and its values."""


def _read_bytes(path: Path, mark: Mark, sink: Diagnostics, limit: int) -> bytes | None:
    try:
        # Asked before opening, since opening a device may do something, and again after: the name may have moved.
        _require_regular(os.stat(path).st_mode)
        # O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            _require_regular(status.st_mode)
            return _read_up_to(descriptor, status.st_size, limit)
        finally:
            os.close(descriptor)
    except _Refused as refused:
        kind, values = refused.args
        sink.add(kind, mark, path=path, **values)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        sink.add(kinds.NOT_READABLE, mark, path=path, reason=reason)
    return None


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise _Refused(kinds.NOT_A_FILE, {"what": _kind_of(mode)})


def _read_up_to(descriptor: int, size: int, limit: int) -> bytes:
    """Return the whole content, unless it is over ``limit`` bytes (``size`` may be a lie, as in /proc)."""
    too_large = _Refused(kinds.TOO_LARGE, {"limit": limit >> 20})
    if size > limit:
        raise too_large
    data = bytearray()
    while chunk := os.read(descriptor, min(1 << 20, limit + 1 - len(data))):
        data += chunk
        if len(data) > limit:
            raise too_large
    return bytes(data)


def _kind_of(mode: int) -> str:
    names = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in names if test(mode)), "a device")
