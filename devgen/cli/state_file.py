"""A device's state in a file: JSON, written whole or not at all."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, cast

from devgen.cli.command_error import InputError
from devgen.runtime.base.plain_state import Json

MOST: Final = 1 << 30
"""Bytes of a file that is read: more than any device's memory makes."""


def read_state(path: Path) -> Json:
    """What the file holds, unchecked but for being JSON.

    Raises:
        InputError: it cannot be read, is too long, or is not JSON.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(data) > MOST:
        raise InputError(f"{path}: not a saved state: more than {MOST >> 30} GiB")
    try:
        return cast(Json, json.loads(data))
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not a saved state: it is no JSON") from None


def check_place(path: Path) -> None:
    """See that a file can be written there, leaving alone one that is there.

    Raises:
        InputError: it cannot.
    """
    temporary = _temporary(path)
    try:
        temporary.open("w").close()
        temporary.unlink()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def write_state(path: Path, state: Json) -> None:
    """Replace the file.

    Raises:
        InputError: it cannot be written; what was there before still is.
    """
    temporary = _temporary(path)
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
        raise InputError(f"{path}: {error.strerror}; the state is not saved") from error
