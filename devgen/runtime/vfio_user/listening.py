"""The socket that clients come to."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import Final

from devgen.runtime.errors import MachineError

LONGEST_PATH: Final = 107
"""Bytes of a socket's path (unix(7): sun_path, with its end)."""


def listen(path: Path) -> socket.socket:
    """A listening socket at ``path``; one that a dead server has left is replaced. Raises MachineError."""
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        raise MachineError(f"{path}: the path has {length} bytes; a socket's has at most {LONGEST_PATH}")
    if not path.parent.is_dir():
        raise MachineError(f"{path}: there is no folder {path.parent}")
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise MachineError(f"{path}: something is there that is no socket")
        _replace(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise MachineError(f"{path}: {error.strerror}") from None
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        listener.bind(str(path))
        listener.listen(8)
    except OSError as error:
        listener.close()
        raise MachineError(f"{path}: cannot listen there: {error.strerror or error}") from None
    return listener


def _replace(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise MachineError(f"{path}: another server listens there")


def spare() -> int:
    """A descriptor to give up when there is none left."""
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
