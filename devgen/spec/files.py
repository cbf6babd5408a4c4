"""Reading a file that may be anything: bounded in size and time, and only if it is a regular file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from devgen.spec.catalogue import source as kinds
from devgen.spec.diagnostics import Diagnostics
from devgen.spec.model import Mark

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


def _read_bytes(path: Path, mark: Mark, sink: Diagnostics, limit: int) -> bytes | None:
    try:
        # O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        sink.add(kinds.NOT_READABLE, mark, path=path, reason=reason)
        return None
    with open(descriptor, "rb", buffering=0) as stream:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            sink.add(kinds.NOT_A_FILE, mark, path=path, what=_kind_of(mode))
            return None
        try:
            data = _read_up_to(stream.fileno(), os.fstat(descriptor).st_size, limit)
        except OSError as error:
            sink.add(kinds.NOT_READABLE, mark, path=path, reason=error.strerror)
            return None
    if data is None:
        sink.add(kinds.TOO_LARGE, mark, path=path, limit=limit >> 20)
    return data


def _read_up_to(descriptor: int, size: int, limit: int) -> bytes | None:
    """Return the whole content, or None when it is over ``limit`` bytes (``size`` may be a lie, as in /proc)."""
    if size > limit:
        return None
    data = bytearray()
    while chunk := os.read(descriptor, min(1 << 20, limit + 1 - len(data))):
        data += chunk
        if len(data) > limit:
            return None
    return bytes(data)


def _kind_of(mode: int) -> str:
    names = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in names if test(mode)), "a device")
