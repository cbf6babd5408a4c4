"""The bytes of a file in place of a byte array of a device's state: the medium of a disk.

The file is read and written at each access. It is not mapped: another process that truncates a mapped file would kill
this one. Bytes beyond the end of a file that has become shorter read as zeros; a write that fails is reported once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from typing import BinaryIO, overload

from devgen.runtime.base.faults import DeviceError


class FileMedium:
    """``size`` bytes of ``file``, which is open for reading and writing; the medium owns it and locks it.

    ``read_only``: the file is open for reading only, and other processes may read it too.
    Raises DeviceError, which begins with ``name``, for a file of another size or one that another process uses.
    """

    def __init__(
        self, file: BinaryIO, name: str, size: int, say: Callable[[str], object], *, read_only: bool = False
    ) -> None:
        self._file = file
        self._fd = file.fileno()
        self._name = name
        self._size = size
        self._say = say
        self._failed = False
        self.read_only = read_only
        found = os.fstat(self._fd).st_size
        if found != size:
            raise DeviceError(f"{name}: the file has {found} bytes, and the medium {size}")
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_SH if read_only else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DeviceError(f"{name}: another process uses this file") from None

    def __len__(self) -> int:
        """Return the number of bytes."""
        return self._size

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> bytes: ...
    def __getitem__(self, place: int | slice) -> int | bytes:
        """Return a byte, or the bytes of a slice without a step."""
        if isinstance(place, int):
            return self[place : place + 1][0]
        start, end, _ = place.indices(self._size)
        length = max(end - start, 0)
        try:
            data = os.pread(self._fd, length, start)
        except OSError as error:
            self._report("read", error)
            data = b""
        return data + bytes(length - len(data))

    def __setitem__(self, place: int | slice, value: int | bytes) -> None:
        """Write a byte, or as many bytes as a slice without a step has."""
        start, data = (place, bytes((value,))) if isinstance(place, int) else self._slice(place, value)  # type: ignore[arg-type]
        try:
            os.pwrite(self._fd, data, start)
        except OSError as error:
            self._report("written", error)

    def _slice(self, place: slice, value: int | bytes) -> tuple[int, bytes]:
        start, end, _ = place.indices(self._size)
        assert isinstance(value, bytes | bytearray | memoryview)
        if len(value) != max(end - start, 0):
            raise ValueError("a medium keeps its size")
        return start, bytes(value)

    def _report(self, verb: str, error: OSError) -> None:
        if not self._failed:
            self._failed = True
            self._say(f"{self._name} cannot be {verb}: {error.strerror}")

    def close(self) -> None:
        """Close the file, which ends the lock."""
        self._file.close()
