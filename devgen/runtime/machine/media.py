"""Connects arrays of bytes of a device's state with files: ``media`` of a board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from devgen.common.guarded_files import open_regular_to_update
from devgen.runtime.base.faults import DeviceError, suggest
from devgen.runtime.device.device import Device
from devgen.runtime.device.file_medium import FileMedium
from devgen.runtime.machine.backend_names import say


def connect_media(device: Device, media: Mapping[str, Path]) -> Iterator[FileMedium]:
    """Put a file in the place of each named array, and yield it; the caller closes it. Raises DeviceError."""
    arrays = {item.name: item.held_in for item in device.STATE if isinstance(getattr(device, item.held_in), bytearray)}
    for name, path in media.items():
        if name not in arrays:
            known = ", ".join(arrays) or "none"
            raise DeviceError(f"{device.name}: no medium '{name}'{suggest(name, arrays)}; it has {known}")
        medium = _open(device, path, len(getattr(device, arrays[name])))
        setattr(device, arrays[name], medium)
        yield medium


def _open(device: Device, path: Path, size: int) -> FileMedium:
    try:
        file = open_regular_to_update(path)
    except OSError as error:
        raise DeviceError(f"{device.name}: cannot open {path}: {error.strerror}") from None
    try:
        return FileMedium(file, f"{device.name}: {path}", size, say)
    except BaseException:
        file.close()
        raise
