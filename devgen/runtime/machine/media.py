"""Connects arrays of bytes of a device's state with files: ``media`` of a board.

A medium is an array that the description marks with ``retain: true``. Other arrays are the device's buffers; a reset
sets them to new arrays.
The file of a device whose property ``read_only`` is true is opened for reading, and several processes may use it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from devgen.common.guarded_files import open_regular, open_regular_to_update
from devgen.runtime.base.faults import DeviceError, suggest
from devgen.runtime.device.device import Device
from devgen.runtime.device.file_medium import FileMedium
from devgen.runtime.machine.backend_names import say

READ_ONLY: Final = "read_only"
"""The property of a disk that its driver may only read."""


def connect_media(device: Device, media: Mapping[str, Path]) -> Iterator[FileMedium]:
    """Put a file in the place of each named medium, and yield it; the caller closes it. Raises DeviceError."""
    arrays = {item.name: item.held_in for item in device.STATE if item.medium}
    for name, path in media.items():
        if name not in arrays:
            known = ", ".join(arrays) or "none"
            raise DeviceError(f"{device.name}: no medium '{name}'{suggest(name, arrays)}; it has {known}")
        medium = _open(device, path, len(getattr(device, arrays[name])))
        setattr(device, arrays[name], medium)
        yield medium


def _open(device: Device, path: Path, size: int) -> FileMedium:
    read_only = device.properties.get(READ_ONLY) is True
    try:
        file = open_regular(path) if read_only else open_regular_to_update(path)
    except OSError as error:
        hint = f"; {READ_ONLY}: true needs no right to write" if _may_be_read(device, error) else ""
        raise DeviceError(f"{device.name}: cannot open {path}: {error.strerror}{hint}") from None
    try:
        return FileMedium(file, f"{device.name}: {path}", size, say, read_only=read_only)
    except BaseException:
        file.close()
        raise


def _may_be_read(device: Device, error: OSError) -> bool:
    """Whether the property might help: the file, or its file system, cannot be written."""
    return device.properties.get(READ_ONLY) is False and error.errno in (errno.EACCES, errno.EROFS)
