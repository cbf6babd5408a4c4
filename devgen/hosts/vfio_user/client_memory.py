"""DMA to the client's memory: through a mapping of the client's file if it sent a descriptor, else by messages."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import stat
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Protocol

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.client_descriptors import is_file, is_shared_memory
from devgen.hosts.vfio_user.protocol import DmaFlag, Refused, invalid
from devgen.runtime.memory.host_mapping import map_file, unmap
from devgen.runtime.memory.shared_bytes import SharedBytes

DMA_LIMIT: Final = 1 << 24
"""Bytes that one copy reads at most."""

MOST_FILES: Final = 16384
"""Mappings of files for one client. Linux allows 65530 for a process (vm.max_map_count); the server needs some."""


class Backing(Protocol):
    """Access to the bytes of one mapping; offsets count from the mapping's start.

    `Mapped` keeps the guarantee of `devgen.runtime.memory.shared_bytes`: an aligned access is one access.
    """

    def read(self, offset: int, length: int) -> bytes | None:
        """Return the bytes; None when they cannot be read."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Write the bytes; a write that is not possible is dropped."""
        ...

    def close(self) -> None:
        """Release the client's memory."""
        ...


class Mapped:
    """A file that cannot shrink, mapped, in whole blocks of ``block`` bytes: huge pages are not mapped in part."""

    def __init__(self, fd: int, offset: int, size: int, flags: DmaFlag, block: int = 1) -> None:
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if flags & DmaFlag.WRITE else 0)
        self._start = offset % block
        length = -(-(self._start + size) // block) * block
        self._map = mmap.mmap(fd, length, mmap.MAP_SHARED, protection, offset=offset - self._start)
        self._bytes = SharedBytes(self._map)

    def load(self, offset: int, size: int) -> int:
        """The value of ``size`` bytes (1 to 8)."""
        return self._bytes.load(self._start + offset, size)

    def store(self, offset: int, value: int, size: int) -> None:
        """Write ``value``, which fits ``size`` bytes (1 to 8)."""
        self._bytes.store(self._start + offset, value, size)

    def read(self, offset: int, length: int) -> bytes:
        """See `Backing.read`."""
        return self._bytes.copy_out(self._start + offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """See `Backing.write`."""
        self._bytes.copy_in(self._start + offset, data)

    def close(self) -> None:
        """See `Backing.close`."""
        self._bytes.release()
        self._map.close()


class Guarded:
    """A file that the client may shrink. A direct access to a page beyond its end would kill this process (SIGBUS).

    An access through /proc/self/mem to the same mapping fails instead. ``pwrite`` to the file is not used: it takes the
    inode's lock, which the client can hold without limit.
    """

    def __init__(self, fd: int, offset: int, size: int, flags: DmaFlag, block: int) -> None:
        start = offset % block
        self._length = -(-(start + size) // block) * block
        self._memory = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)
        try:
            writable = bool(flags & DmaFlag.WRITE)
            self._mapped = map_file(fd, offset - start, self._length, writable=writable)
        except OSError:
            os.close(self._memory)
            raise
        self._first = self._mapped + start

    def read(self, offset: int, length: int) -> bytes | None:
        """See `Backing.read`."""
        try:
            data = os.pread(self._memory, length, self._first + offset)
        except OSError:
            return None
        return data if len(data) == length else None

    def write(self, offset: int, data: bytes) -> None:
        """See `Backing.write`."""
        with suppress(OSError):
            os.pwrite(self._memory, data, self._first + offset)

    def close(self) -> None:
        """See `Backing.close`."""
        os.close(self._memory)
        unmap(self._mapped, self._length)


class Asking(Protocol):
    """What this module needs of a session: DMA_READ and DMA_WRITE to the client."""

    def dma_read(self, address: int, length: int) -> bytes | None:
        """Return the bytes; None when the client does not send them."""
        ...

    def dma_write(self, address: int, data: bytes) -> None:
        """Write."""
        ...


class Asked:
    """Memory without a descriptor: each access is a message."""

    def __init__(self, client: Asking, address: int) -> None:
        self._client = client
        self._address = address

    def read(self, offset: int, length: int) -> bytes | None:
        """See `Backing.read`."""
        return self._client.dma_read(self._address + offset, length)

    def write(self, offset: int, data: bytes) -> None:
        """See `Backing.write`."""
        self._client.dma_write(self._address + offset, data)

    def close(self) -> None:
        """See `Backing.close`."""


class Mapping:
    """A range of the device's addresses."""

    __slots__ = ("address", "backing", "flags", "size")

    def __init__(self, address: int, size: int, flags: DmaFlag, backing: Backing) -> None:
        self.address = address
        self.size = size
        self.flags = flags
        self.backing = backing


class ClientMemory:
    """The memory that the client has mapped, as a device's `GuestMemory`. Without a client nothing is mapped."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._maps: list[Mapping] = []
        self.asks = 0
        """Mappings whose accesses are messages."""

    # --- the client's side -----------------------------------------------------------------

    def map(self, payload: bytes, fds: list[int], client: Asking, *, private: bool = False) -> None:
        """DMA_MAP. The caller keeps the descriptor and closes it. Raises Refused.

        ``private``: the client has mapped the file privately, so the file lacks its writes; DMA goes by messages.
        """
        argsz, flags, offset, address, size = protocol.unpack(protocol.DMA_MAP, payload, "DMA_MAP")
        if argsz < protocol.DMA_MAP.size or not size or address + size > 1 << 64 or flags & ~3 or len(fds) > 1:
            raise invalid(f"DMA_MAP of {size:#x} bytes at {address:#x}, flags {flags:#x}, {len(fds)} descriptors")
        if len(self._maps) >= protocol.MAX_MAPS:
            raise Refused(errno.ENOSPC, "too many mappings")
        at = bisect_left(self._starts, address)
        beyond = at < len(self._maps) and self._starts[at] < address + size
        before = at > 0 and self._starts[at - 1] + self._maps[at - 1].size > address
        if beyond or before:
            raise Refused(errno.EEXIST, f"DMA_MAP at {address:#x} over a mapping")
        asked = private or not fds
        if not asked and len(self._maps) - self.asks >= MOST_FILES:
            raise Refused(errno.ENOSPC, "too many mappings of files")
        backing = None if asked else _open(fds[0], offset, size, DmaFlag(flags))
        if backing is None:
            backing = Asked(client, address)
        self._starts.insert(at, address)
        self._maps.insert(at, Mapping(address, size, DmaFlag(flags), backing))
        self.asks += isinstance(backing, Asked)

    def unmap(self, payload: bytes) -> None:
        """DMA_UNMAP: drop the mappings inside the range. Raises Refused when the range would cut a mapping."""
        argsz, flags, address, size = protocol.unpack(protocol.DMA_UNMAP, payload, "DMA_UNMAP")
        if argsz < protocol.DMA_UNMAP.size or flags & ~_UNMAP_ALL:
            raise invalid(f"DMA_UNMAP with argsz {argsz}, flags {flags:#x}")
        if flags & _UNMAP_ALL:
            address, size = 0, 1 << 64
        low, high = bisect_left(self._starts, address), bisect_left(self._starts, address + size)
        cut = [mapping for mapping in self._maps[max(low - 1, 0) : high] if _cuts(mapping, address, address + size)]
        if cut:
            raise invalid(f"DMA_UNMAP of {size:#x} bytes at {address:#x} ends within a mapping")
        self._drop(low, high)

    def clear(self) -> None:
        """Unmap all memory, when the client has disconnected."""
        self._drop(0, len(self._maps))

    def _drop(self, low: int, high: int) -> None:
        for mapping in self._maps[low:high]:
            self.asks -= isinstance(mapping.backing, Asked)
            mapping.backing.close()
        del self._maps[low:high]
        del self._starts[low:high]

    def __len__(self) -> int:
        """Number of mappings."""
        return len(self._maps)

    # --- the device's side -----------------------------------------------------------------

    def load(self, address: int, size: int) -> int:
        """See `GuestMemory.load`."""
        mapping = self._holder(address, size)
        if mapping is not None and mapping.flags & DmaFlag.READ and isinstance(mapping.backing, Mapped):
            return mapping.backing.load(address - mapping.address, size)
        return int.from_bytes(self.read_bytes(address, size), "little")

    def store(self, address: int, value: int, size: int) -> None:
        """See `GuestMemory.store`."""
        value &= (1 << 8 * size) - 1
        mapping = self._holder(address, size)
        if mapping is not None and mapping.flags & DmaFlag.WRITE and isinstance(mapping.backing, Mapped):
            mapping.backing.store(address - mapping.address, value, size)
        else:
            self.write_bytes(address, value.to_bytes(size, "little"))

    def read_bytes(self, address: int, n: int) -> bytes:
        """See `GuestMemory.read_bytes`."""
        out = b""
        for mapping, start, length in self._runs(address, min(n, DMA_LIMIT)):
            data = None
            if mapping is not None and mapping.flags & DmaFlag.READ:
                data = mapping.backing.read(start - mapping.address, length)
            out += b"\xff" * length if data is None else data
        return out + b"\xff" * (min(n, DMA_LIMIT) - len(out))

    def write_bytes(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """See `GuestMemory.write_bytes`."""
        data = bytes(data)
        for mapping, start, length in self._runs(address, min(len(data), DMA_LIMIT)):
            if mapping is not None and mapping.flags & DmaFlag.WRITE:
                mapping.backing.write(start - mapping.address, data[start - address : start - address + length])

    def _holder(self, address: int, size: int) -> Mapping | None:
        """Return the mapping that contains a whole range, or None."""
        at = bisect_right(self._starts, address)
        if at:
            mapping = self._maps[at - 1]
            if address + size <= mapping.address + mapping.size:
                return mapping
        return None

    def _runs(self, address: int, n: int) -> Iterator[tuple[Mapping | None, int, int]]:
        """Cut a range at mappings: (mapping or None for a gap, start, length). The map may change meanwhile."""
        end = min(address + n, 1 << 64)
        while address < end:
            at = bisect_right(self._starts, address)
            mapping = self._maps[at - 1] if at else None
            if mapping is not None and address < mapping.address + mapping.size:
                stop = min(end, mapping.address + mapping.size)
            else:
                mapping, stop = None, min(end, self._starts[at] if at < len(self._starts) else end)
            yield mapping, address, stop - address
            address = stop


_UNMAP_ALL = 1 << 1


def _cuts(mapping: Mapping, start: int, end: int) -> bool:
    last = mapping.address + mapping.size
    return mapping.address < end and start < last and not (start <= mapping.address and last <= end)


def _open(fd: int, offset: int, size: int, flags: DmaFlag) -> Backing | None:
    """Map a file of the client; return None if DMA has to go by messages. Raises Refused.

    Only shared memory is mapped: any call on a file of a FUSE mount may wait without limit. See
    `client_descriptors`.
    """
    if not is_shared_memory(fd):
        if is_file(fd):
            return None
        raise invalid("the descriptor is no file")
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or offset % protocol.PAGE or status.st_size < offset + size:
            raise invalid(f"the descriptor does not hold {size:#x} bytes at {offset:#x}")
        backing = Mapped if _cannot_shrink(fd) else Guarded
        return backing(fd, offset, size, flags, _block(status))
    except PermissionError:  # it was opened for reading only
        return None
    except (OSError, ValueError, OverflowError) as error:
        raise invalid(f"cannot map the descriptor: {error}") from None


def _block(status: os.stat_result) -> int:
    """The alignment in bytes of a mapping's offset and size: the size of a huge page on hugetlbfs, else 1."""
    block = status.st_blksize
    whole = block > protocol.PAGE and block % protocol.PAGE == 0 and status.st_size % block == 0
    return block if whole else 1


def _cannot_shrink(fd: int) -> bool:
    return bool(fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK)
