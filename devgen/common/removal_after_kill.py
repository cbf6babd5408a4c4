"""Removes sockets and temporary folders of a process that `kill -9` ends, which cannot remove them itself.

A small shell waits at a pipe whose other end only this process holds. The pipe closes when the process ends, however
it ends. The shell then removes what is still there, unless it has been replaced by something else.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_SCRIPT: Final = """
read -r _
while [ $# -gt 1 ]; do
    [ "$(stat -c %d:%i -- "$1")" = "$2" ] && rm -rf -- "$1"
    shift 2
done
"""
_PATIENCE: Final = 10.0
"""Seconds that the shell may take when the process ends in order."""


class RemovalAfterKill:
    """Have ``paths``, which exist, removed when this process ends. Use as a context, which ends the watch.

    Where no shell can be started the paths stay after a kill.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        words = [word for path in paths for word in (str(path.absolute()), _identity(path))]
        self._shell: subprocess.Popen[bytes] | None = None
        if not words:
            return
        try:
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", _SCRIPT, "devgen-removal", *words],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
                start_new_session=True,
            )  # fmt: skip
        except OSError:
            return

    def close(self) -> None:
        """End the watch; the shell removes the paths that are still there. May be called again."""
        if self._shell is None:
            return
        shell, self._shell = self._shell, None
        assert shell.stdin is not None
        shell.stdin.close()
        try:
            shell.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            shell.kill()
            shell.wait()

    def __enter__(self) -> RemovalAfterKill:
        """Return this object; the context closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _identity(path: Path) -> str:
    """Return device and inode as stat(1) prints them with %d:%i."""
    found = path.lstat()
    return f"{found.st_dev}:{found.st_ino}"
