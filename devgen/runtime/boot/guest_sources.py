"""Reads the files of a guest, with their names for messages. A guest's parts may also be given as bytes."""

from __future__ import annotations

from pathlib import Path

from devgen.common.guarded_files import LARGEST, read_file, read_start
from devgen.runtime.base.faults import MachineError


def shown_name(source: Path | bytes, what: str) -> str:
    """Return the name of a file, or ``what`` for bytes."""
    return str(source) if isinstance(source, Path) else what


def read_image(source: Path | bytes, name: str, room: int) -> bytes:
    """Read an image, at most one byte more than fits into ``room`` bytes. Raises MachineError."""
    if isinstance(source, bytes):
        return source
    try:
        image = read_start(source, max(room, 0) + 1)
    except OSError as error:
        raise MachineError(f"cannot read guest image {name}: {error.strerror}") from error
    if not image:
        raise MachineError(f"guest image {name} is empty")
    return image


def read_whole(source: Path | bytes, name: str) -> bytes:
    """Read a whole file. Raises MachineError."""
    if isinstance(source, bytes):
        return source
    try:
        data = read_file(source, LARGEST)
    except OSError as error:
        raise MachineError(f"cannot read {name}: {error.strerror}") from error
    if not data:
        raise MachineError(f"{name}: the file is empty")
    return data
