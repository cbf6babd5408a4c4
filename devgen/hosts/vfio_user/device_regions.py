"""Regions of a served device: BARs, the ROM and configuration space as the client sees them."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from functools import partial
from typing import Final

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.protocol import Refused, RegionFlag, invalid
from devgen.runtime.device.device import BarIndex, RegionPlace
from devgen.runtime.memory.access import Reader, Writer
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.pci import Bar, PciDevice

SINGLE: Final = (1, 2, 4, 8)

Area = tuple[int, int]
"""(offset, bytes)."""


class Regions:
    """The device's regions by the protocol's index. ``close`` releases the files that hold the RAM.

    ``mapped``: whether clients may map the RAM; else they access it by messages.
    """

    def __init__(self, device: PciDevice, *, mapped: bool = True) -> None:
        self._device = device
        self._mapped = mapped
        self._bars = {protocol.REGION_ROM if bar.index == "rom" else bar.index: bar for bar in device.BARS}
        self._spaces = {index: _space(device, bar) for index, bar in self._bars.items()}
        self._sizes = [self._size(index) for index in range(protocol.REGIONS)]
        self._files: dict[int, int] = {}

    def _size(self, index: int) -> int:
        bar = self._bars.get(index)
        return self._device.config.size if index == protocol.REGION_CONFIG else 0 if bar is None else bar.size

    def take_back(self) -> None:
        """Move the RAM out of the files that a client may have mapped, and close the files.

        Raises OSError when the host has no memory for that; the RAM then stays in the file.
        """
        for index in list(self._files):
            for place in self._places(index):
                if self._is_shareable(place):
                    assert place.region.memory is not None  # it is RAM
                    place.region.memory.unshare()
            os.close(self._files.pop(index))

    def close(self) -> None:
        """Close the files. The device's memory stays mapped."""
        for fd in self._files.values():
            os.close(fd)
        self._files.clear()

    # --- information -------------------------------------------------------------------------

    def info(self, payload: bytes) -> tuple[bytes, list[int]]:
        """DEVICE_GET_REGION_INFO: the reply and its descriptors. Raises Refused.

        If argsz leaves no room for the capabilities, the reply has their size in argsz and no descriptor, as in VFIO.
        """
        argsz, _, index, *_ = protocol.unpack(protocol.REGION_INFO, payload, "DEVICE_GET_REGION_INFO")
        if argsz < protocol.REGION_INFO.size or index >= protocol.REGIONS:
            raise invalid(f"region info of region {index}, argsz {argsz}")
        size, areas = self._sizes[index], self._shareable(index)
        whole = areas == [(0, size)]
        sparse = b"" if whole or not areas else _sparse(areas)
        needed = protocol.REGION_INFO.size + len(sparse)
        flags = _access(index) if size else RegionFlag(0)
        if not areas or argsz < needed:
            return protocol.REGION_INFO.pack(needed, flags, index, 0, size, 0), []
        flags |= RegionFlag.MMAP | (RegionFlag.CAPS if sparse else RegionFlag(0))
        at = protocol.REGION_INFO.size if sparse else 0
        return protocol.REGION_INFO.pack(needed, flags, index, at, size, 0) + sparse, [self._file(index)]

    def _places(self, index: int) -> list[RegionPlace]:
        bar = self._bars.get(index)
        return [] if bar is None else [place for place in self._device.placements if place.bar == bar.index]

    def _shareable(self, index: int) -> list[Area]:
        """Whole pages of RAM in a BAR: the client may map them."""
        if not self._mapped:
            return []
        return sorted(_area(place) for place in self._places(index) if self._is_shareable(place))

    @staticmethod
    def _is_shareable(place: RegionPlace) -> bool:
        region = place.region
        aligned = place.offset % protocol.PAGE == 0 and region.size >= protocol.PAGE
        return region.kind == "ram" and not region.readonly and aligned

    def _file(self, index: int) -> int:
        """The file that holds a BAR's RAM at its offsets; created at the first request. Raises Refused."""
        if index not in self._files:
            fd = os.memfd_create(f"{self._device.name}-bar{index}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            try:
                os.ftruncate(fd, self._sizes[index])
                # If a client shrank the file, the next access of this process would raise SIGBUS.
                fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
                for place in self._places(index):
                    if self._is_shareable(place):
                        assert place.region.memory is not None  # it is RAM
                        place.region.memory.share(fd, place.offset)
            except OSError as error:
                os.close(fd)
                raise Refused(error.errno or errno.ENOMEM, f"cannot share the RAM of BAR {index}: {error}") from None
            self._files[index] = fd
        return self._files[index]

    def doorbells(self, payload: bytes, most: int) -> tuple[bytes, list[IoEventFd]]:
        """DEVICE_GET_REGION_IO_FDS: the reply and the doorbells whose descriptors it carries. Raises Refused.

        The client accepts at most ``most`` descriptors; it rings the other doorbells by messages.
        """
        argsz, flags, index, count = protocol.unpack(protocol.IO_FDS, payload, "DEVICE_GET_REGION_IO_FDS")
        if argsz < protocol.IO_FDS.size or flags or count or index >= protocol.REGIONS:
            raise invalid(f"doorbells of region {index}, argsz {argsz}, flags {flags:#x}, count {count}")
        bells = [(place.offset, bell) for place in self._places(index) for bell in place.region.ioeventfds][:most]
        needed = protocol.IO_FDS.size + len(bells) * protocol.IO_FD.size
        if argsz < needed:
            return protocol.IO_FDS.pack(needed, 0, index, len(bells)), []
        bar = self._bars.get(index)
        port = protocol.IOEVENTFD_PIO if bar is not None and bar.type == "io" else 0
        entries = b"".join(_io_fd(offset, bell, at, port) for at, (offset, bell) in enumerate(bells))
        return protocol.IO_FDS.pack(needed, 0, index, len(bells)) + entries, [bell for _, bell in bells]

    # --- accesses ----------------------------------------------------------------------------

    def check(self, index: int, offset: int, count: int) -> None:
        """Raises Refused for an access that is not inside a region."""
        if index >= protocol.REGIONS or offset + count > self._sizes[index] or not 0 < count <= protocol.MAX_TRANSFER:
            raise invalid(f"access of {count} bytes at {offset:#x} of region {index}")

    def read(self, index: int, offset: int, count: int) -> bytes:
        """Read a region; `check` has accepted the access."""
        if index == protocol.REGION_CONFIG:
            parts = _dwords(offset, count)
            return b"".join(self._device.config.read(at, size).to_bytes(size, "little") for at, size in parts)
        space = self._spaces[index]
        if count in SINGLE:
            return space.read(offset, count).to_bytes(count, "little")
        return space.read_bytes(offset, count)

    def reader(self, index: int, offset: int, count: int) -> Reader | None:
        """A function that does the same as `read`, until `on_stale` reports; None for an access that `read` cuts."""
        if index == protocol.REGION_CONFIG:
            return partial(self._device.config.read, offset, count) if _whole(offset, count) else None
        space = self._spaces.get(index)
        return None if space is None or count not in SINGLE else space.reader(offset, count)

    def writer(self, index: int, offset: int, count: int) -> Writer | None:
        """As `reader`, for `write`; the value must fit the access."""
        if index == protocol.REGION_CONFIG:
            write = self._device.config.write
            return (lambda value: write(offset, value, count)) if _whole(offset, count) else None
        space = self._spaces.get(index)
        return None if space is None or count not in SINGLE else space.writer(offset, count)

    def on_stale(self, forget: Callable[[], None]) -> None:
        """Call ``forget()`` whenever the results of `reader` and `writer` become stale."""
        for space in self._spaces.values():
            space.on_stale.append(forget)

    def on_stale_no_more(self, forget: Callable[[], None]) -> None:
        """Undo `on_stale`."""
        for space in self._spaces.values():
            space.on_stale.remove(forget)

    def write(self, index: int, offset: int, data: bytes) -> None:
        """Write a region; `check` has accepted the access."""
        if index == protocol.REGION_CONFIG:
            for at, size in _dwords(offset, len(data)):
                value = int.from_bytes(data[at - offset : at - offset + size], "little")
                self._device.config.write(at, value, size)
        elif len(data) in SINGLE:
            self._spaces[index].write(offset, int.from_bytes(data, "little"), len(data))
        else:
            self._spaces[index].write_bytes(offset, data)


def _space(device: PciDevice, bar: Bar) -> AddressSpace:
    index: BarIndex = bar.index
    return AddressSpace(f"{device.name}.bar{index}", device.bars[index])


def _area(place: RegionPlace) -> Area:
    """The whole pages of a region."""
    return place.offset, place.region.size // protocol.PAGE * protocol.PAGE


def _access(index: int) -> RegionFlag:
    return RegionFlag.READ if index == protocol.REGION_ROM else RegionFlag.READ | RegionFlag.WRITE


def _sparse(areas: list[Area]) -> bytes:
    head = protocol.SPARSE.pack(protocol.SPARSE_ID, 1, 0, len(areas), 0)
    return head + b"".join(protocol.AREA.pack(*area) for area in areas)


def _io_fd(offset: int, bell: IoEventFd, at: int, port: int) -> bytes:
    match = protocol.IOEVENTFD_DATAMATCH if bell.match is not None else 0
    return protocol.IO_FD.pack(
        offset + bell.offset, bell.length, at, protocol.IOEVENTFD, match | port, 0, bell.match or 0
    )


def _whole(offset: int, count: int) -> bool:
    """Whether an access to configuration space is one aligned access, which `_dwords` does not cut."""
    return count in (1, 2, 4) and offset % count == 0


def _dwords(offset: int, count: int) -> list[tuple[int, int]]:
    """Cut a range of configuration space into aligned accesses of 4, 2 or 1 bytes."""
    parts, end = [], offset + count
    while offset < end:
        size = next(size for size in (4, 2, 1) if offset % size == 0 and offset + size <= end)
        parts.append((offset, size))
        offset += size
    return parts
