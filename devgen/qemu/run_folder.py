"""The folder of a run: sockets, the initramfs, the console.

After a kill of the process it is removed by a shell that watches the process, at the latest by the next run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from devgen.common.removal_after_kill import RemovalAfterKill

_PREFIX: Final = "devgen-qemu-"
_LOCK: Final = "lock"


class RunFolder:
    """A new folder for temporary files at ``path``. Use as a context, which removes it.

    Its process holds a lock on a file in it, so that another run can recognize the folder of a process that has ended.
    """

    def __init__(self) -> None:
        _remove_left()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = (self.path / _LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._removal = RemovalAfterKill([self.path])

    def close(self) -> None:
        """Remove the folder. May be called again."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()
        self._removal.close()

    def __enter__(self) -> RunFolder:
        """Return the folder; the context removes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _remove_left() -> None:
    """Remove the folders of this user's runs that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if path.is_symlink() or path.stat().st_uid != os.getuid():
                continue
            with (path / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except OSError:  # in use, being made, or gone
            continue
