"""A device's state in a JSON file, which is written atomically."""

from __future__ import annotations

import json
from os import PathLike
from typing import Final, cast

from devgen.common.guarded_files import check_replaceable, read_file, replace_file
from devgen.errors import FileError
from devgen.runtime.base.plain_state import Json

AnyPath = str | PathLike[str]

MOST: Final = 1 << 30
"""Most bytes that are read of a file: more than the state of any device."""


def read_state(path: AnyPath) -> Json:
    """Read a saved state from a file. Only the JSON syntax is checked here; the device checks the state.

    Raises:
        FileError: it cannot be read, is too long, or is not JSON.
    """
    try:
        data = read_file(path, MOST)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error
    try:
        return cast(Json, json.loads(data))
    except (ValueError, RecursionError):
        raise FileError(f"{path}: not a saved state: not JSON") from None


def check_state_place(path: AnyPath) -> None:
    """Check that ``write_state`` can write to the path. An existing file is not changed.

    Raises:
        FileError: it cannot.
    """
    try:
        check_replaceable(path)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error


def write_state(path: AnyPath, state: Json) -> None:
    """Write a saved state as JSON, replacing the file in one step.

    Raises:
        FileError: it cannot be written; the old file is unchanged.
    """
    try:
        replace_file(path, json.dumps(state).encode() + b"\n")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}; the state is not saved") from error
