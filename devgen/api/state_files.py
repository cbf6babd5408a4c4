"""A device's state in a file: JSON, written whole or not at all."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Final, cast

from devgen.errors import FileError
from devgen.runtime.base.plain_state import Json

AnyPath = str | PathLike[str]

MOST: Final = 1 << 30
"""Bytes of a file that is read: more than any device's memory makes."""


def read_state(path: AnyPath) -> Json:
    """The saved state in a file. It is not checked here, except that it is JSON: what takes the state checks it.

    Raises:
        FileError: it cannot be read, is too long, or is not JSON.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error
    if len(data) > MOST:
        raise FileError(f"{path}: not a saved state: more than {MOST >> 30} GiB")
    try:
        return cast(Json, json.loads(data))
    except (ValueError, RecursionError):
        raise FileError(f"{path}: not a saved state: it is no JSON") from None


def check_state_place(path: AnyPath) -> None:
    """Check that ``write_state`` could write there; a file that exists is left alone.

    Raises:
        FileError: it cannot.
    """
    temporary = _temporary(Path(path))
    try:
        temporary.open("w").close()
        temporary.unlink()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def write_state(path: AnyPath, state: Json) -> None:
    """Write a saved state as JSON, replacing the file in one step.

    Raises:
        FileError: it cannot be written; what was there before still is.
    """
    temporary = _temporary(Path(path))
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise FileError(f"{path}: {error.strerror}; the state is not saved") from error
