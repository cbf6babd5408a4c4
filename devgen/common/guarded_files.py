"""Opens and replaces files whose path or content is untrusted.

A path in a description, a board, a searched folder or a command line may refer to any kind of file: a FIFO, which
blocks its reader; ``/dev/zero``, which has no end; a malicious symbolic link. Every such path is opened here. Only
regular files are read, up to a limit, and opening never blocks.

Files that devgen writes are opened here too. There are three kinds:

- A file that is written whole (a saved state, generated code) is replaced in one step, `replace_file`. A symbolic link
  is replaced, not followed. After an error, such as a full disk, the old file is still there.
- A file that grows during a run (a trace, a recording, waves, a stream) is truncated and written in place,
  `open_regular_to_write`. A symbolic link to a regular file is followed.
- A new file of the user's (`devgen new`) is made with `create_file`, which overwrites nothing.

All functions raise ``OSError``, whose ``strerror`` is the reason, also for a path with a NUL character, for which the
standard library raises ``ValueError``.
"""

from __future__ import annotations

import fcntl
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TextIO

LARGEST: Final = 1 << 30
"""Most bytes that are read of a file, unless the caller has a lower limit."""

TEMPORARY_SUFFIX: Final = ".devgen-tmp"
"""The suffix of temporary files. They are removed on errors; only a kill or a power failure leaves one."""

_CHUNK: Final = 1 << 20
_READING: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_UPDATING: Final = os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_WRITING: Final = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class RefusedFile(OSError):
    """A file that is refused, or not read to its end; ``strerror`` is the reason.

    ``what`` is the kind of a file that is not a regular one ("a FIFO"), None when that is not the reason.
    ``too_large``: the file has more bytes than the caller's limit.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str, what: str | None = None, too_large: bool = False):
        super().__init__(None, None)
        self.filename = os.fspath(path)
        self.strerror = reason
        self.what = what
        self.too_large = too_large

    def __str__(self) -> str:
        """Return ``path: reason``."""
        return f"{self.filename}: {self.strerror}"


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file for reading without blocking. Raises OSError."""
    descriptor = _checked_open(path, _READING)
    return os.fdopen(descriptor, "rb")


def open_regular_to_write(path: str | os.PathLike[str]) -> BinaryIO:
    """Create or truncate a regular file for writing, without blocking. Raises OSError."""
    with suppress(FileNotFoundError):
        _require_regular(path, _status(path).st_mode)
    descriptor = _open(path, _WRITING, 0o666)
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
        os.truncate(descriptor, 0)  # truncate only after the check
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "wb")


def open_text_to_write(path: str | os.PathLike[str], *, by_lines: bool = False) -> TextIO:
    """As `open_regular_to_write`, for UTF-8 text; with ``by_lines`` a reader of the growing file sees whole lines."""
    return io.TextIOWrapper(open_regular_to_write(path), encoding="utf-8", line_buffering=by_lines)


def create_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Make a new file that holds ``data``. Raises OSError, FileExistsError among them; then there is no new file."""
    descriptor = _open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(path)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = os.fspath(path)
        raise


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder, and those above it, unless it is there. Raises OSError."""
    try:
        os.makedirs(path, exist_ok=True)
    except ValueError as error:
        raise _unusable(path, error) from None


def open_regular_to_update(path: str | os.PathLike[str]) -> BinaryIO:
    """Open an existing regular file for reading and writing without blocking. Raises OSError."""
    return os.fdopen(_checked_open(path, _UPDATING), "r+b", buffering=0)


@contextmanager
def locked_file(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the lock of a lock file, which is created if missing. Wait for another process that holds it.

    A symbolic link, and anything but a regular file, is refused. Raises OSError.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    descriptor = _open(path, flags, 0o666)
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_file(path: str | os.PathLike[str], limit: int = LARGEST) -> bytes:
    """Return the content of a regular file of at most ``limit`` bytes. Raises OSError."""
    with open_regular(path) as file:
        # The size may be 0 for a file with content, as in /proc, and the file may grow: count what is read.
        if os.fstat(file.fileno()).st_size > limit:
            raise _too_large(path, limit)
        data = bytearray()
        while chunk := file.read(min(_CHUNK, limit + 1 - len(data))):
            data += chunk
            if len(data) > limit:
                raise _too_large(path, limit)
        return bytes(data)


def read_start(path: str | os.PathLike[str], size: int) -> bytes:
    """Return the first ``size`` bytes of a regular file, or all of a shorter one. Raises OSError."""
    with open_regular(path) as file:
        return file.read(size)


def replace_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Replace a file by one that holds ``data``, in one step. Raises OSError; then the old file is unchanged."""
    replace_with(path, lambda file: file.write(data))


def replace_with(path: str | os.PathLike[str], write: Callable[[BinaryIO], object]) -> None:
    """Replace a file by what ``write`` writes, in one step; a symbolic link is replaced, not followed.

    The temporary file is new, has a name that cannot be guessed, lies beside its target, and is removed on any error.
    Raises OSError, and the exceptions of ``write``; then the old file is unchanged.
    """
    target = _replaceable(path)
    temporary, descriptor = _new_temporary(target)
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.filename is None:
            error.filename = os.fspath(path)
        raise


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """Raise OSError if ``replace_file`` cannot write here: a missing or read-only folder, or not a regular file."""
    temporary, descriptor = _new_temporary(_replaceable(path))
    os.close(descriptor)
    temporary.unlink()


def kind_of(mode: int) -> str:
    """Return the kind of a file of this mode: "a FIFO", "a folder"."""
    names = (
        (stat.S_ISREG, "a file"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((name for test, name in names if test(mode)), "a device")


def _replaceable(path: str | os.PathLike[str]) -> Path:
    """Return the path if it does not exist, or is a regular file or a symbolic link."""
    with suppress(FileNotFoundError):
        mode = _status(path, follow=False).st_mode
        if not stat.S_ISLNK(mode):
            _require_regular(path, mode)
    return Path(path)


def _new_temporary(target: Path) -> tuple[Path, int]:
    path = target.with_name(f".{os.urandom(8).hex()}{TEMPORARY_SUFFIX}")
    return path, _open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def _checked_open(path: str | os.PathLike[str], flags: int) -> int:
    # Checked before opening, since opening a device may have side effects, and again after: it may be another file.
    _require_regular(path, _status(path).st_mode)
    descriptor = _open(path, flags, 0)
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _status(path: str | os.PathLike[str], follow: bool = True) -> os.stat_result:
    try:
        return os.stat(path, follow_symlinks=follow)
    except ValueError as error:
        raise _unusable(path, error) from None


def _open(path: str | os.PathLike[str], flags: int, mode: int) -> int:
    try:
        return os.open(path, flags, mode)
    except ValueError as error:
        raise _unusable(path, error) from None


def _unusable(path: str | os.PathLike[str], error: ValueError) -> RefusedFile:
    if isinstance(error, UnicodeError):
        return RefusedFile(path, "its name cannot be written in the file system's encoding")
    return RefusedFile(path, "its name holds a NUL character")


def _require_regular(path: str | os.PathLike[str], mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = kind_of(mode)
        raise RefusedFile(path, f"is {what}, not a regular file", what)


def _too_large(path: str | os.PathLike[str], limit: int) -> RefusedFile:
    return RefusedFile(path, f"is larger than {_shown(limit)}", too_large=True)


def _shown(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
