"""The tree of memory regions: containers, aliases, I/O regions, RAM and their priorities.

A region has an offset in its container; address spaces flatten the tree (see `devgen.runtime.memory.flat_view`). The
rules are QEMU's (docs/devel/memory.rst): a region of higher priority covers regions of lower priority. With equal
priority, the region added later covers the other. A disabled region is hidden with all its subregions. Regions below a
container are visible where the container has no subregion.

Thread safety: the tree may be changed and accessed under the machine's lock only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, Literal, Protocol
from weakref import WeakSet

from devgen.runtime.memory.access import IoOps
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.ram_block import RamBlock

RegionKind = Literal["container", "io", "ram", "alias"]

MAX_REGION: Final = 1 << 64


class Topology(Protocol):
    """The methods of an address space that a region calls when the tree changes."""

    def begin(self, guest: bool) -> None:
        """Hold back commits until the matching `end`."""
        ...

    def end(self) -> None:
        """At the outermost level, commit the changes since `begin`."""
        ...

    def changed(self) -> None:
        """Commit a change of the tree, now or at the end of the transaction."""
        ...

    def flush_cache(self) -> None:
        """Discard resolved accesses."""
        ...


class Owner(Protocol):
    """The owner of a region's registers, usually a device."""

    engaged: int
    """Greater than 0 while a handler of the device accesses guest memory or drives another device's input."""


class MemoryRegion:
    """A range of addresses: registers (io), memory (ram, rom), a window onto another region (alias), or a container.

    Use the class methods below to make one. Any kind except an alias may have subregions, which cover its own content.
    A region is in at most one container; aliases make it visible at other addresses too.
    """

    __slots__ = (
        "__weakref__",
        "_aliases",
        "_coalesced",
        "_enabled",
        "_ioeventfds",
        "_log_dirty",
        "_ops",
        "_readonly",
        "_spaces",
        "address",
        "alias_offset",
        "alias_target",
        "kind",
        "memory",
        "name",
        "owner",
        "parent",
        "priority",
        "size",
        "subregions",
    )

    def __init__(self, name: str, size: int, kind: RegionKind) -> None:
        """Use the class methods instead.

        Raises:
            ValueError: a size that is not in 1..2^64.
        """
        if not 1 <= size <= MAX_REGION:
            raise ValueError(f"region {name!r}: size {size:#x} is not in 1..2^64")
        self.owner: Owner | None = None
        """The device whose handlers run when registers of the region are accessed; None if unknown."""
        self.name = name
        self.size = size
        self.kind: RegionKind = kind
        self._readonly = False
        self.memory: RamBlock | None = None
        self.alias_target: MemoryRegion | None = None
        self.alias_offset = 0
        self.parent: MemoryRegion | None = None
        """The region's container."""
        self.address = 0
        """Offset in the container in bytes."""
        self.priority = 0
        self.subregions: list[MemoryRegion] = []
        """Subregions in the order in which they cover each other, topmost first."""
        self._enabled = True
        self._ops: IoOps | None = None
        self._ioeventfds: list[IoEventFd] = []
        self._coalesced: list[tuple[int, int]] = []
        self._log_dirty = False
        self._aliases: WeakSet[MemoryRegion] = WeakSet()
        self._spaces: WeakSet[Topology] = WeakSet()

    @classmethod
    def container(cls, name: str, size: int) -> MemoryRegion:
        """Make a region without own content; regions below it are visible where it has no subregion."""
        return cls(name, size, "container")

    @classmethod
    def io(cls, name: str, size: int, ops: IoOps) -> MemoryRegion:
        """Make a region of registers; ``ops`` carry out every access."""
        region = cls(name, size, "io")
        region._ops = ops
        return region

    @classmethod
    def ram(cls, name: str, size: int, memory: RamBlock) -> MemoryRegion:
        """Make a memory region of the first ``size`` bytes of ``memory``.

        Raises:
            ValueError: the block is smaller than ``size``.
        """
        if size > memory.size:
            raise ValueError(f"region {name!r}: {size:#x} bytes do not fit a RAM block of {memory.size:#x} bytes")
        region = cls(name, size, "ram")
        region.memory = memory
        return region

    @classmethod
    def rom(cls, name: str, size: int, memory: RamBlock) -> MemoryRegion:
        """Make a read-only memory region; writes are dropped.

        Raises:
            ValueError: the block is smaller than ``size``.
        """
        region = cls.ram(name, size, memory)
        region.readonly = True
        return region

    @classmethod
    def alias(cls, name: str, target: MemoryRegion, offset: int, size: int) -> MemoryRegion:
        """Make an alias of ``size`` bytes of ``target`` from byte ``offset``; it has its own priority and address.

        Raises:
            ValueError: a negative offset.
        """
        if offset < 0:
            raise ValueError(f"region {name!r}: negative alias offset {offset}")
        region = cls(name, size, "alias")
        region.alias_target = target
        region.alias_offset = offset
        target._aliases.add(region)
        return region

    @property
    def enabled(self) -> bool:
        """Whether the region is enabled."""
        return self._enabled

    def set_enabled(self, enabled: bool) -> None:
        """Show or hide the region and its subregions."""
        if enabled != self._enabled:
            self._enabled = enabled
            self._changed()

    @property
    def readonly(self) -> bool:
        """Whether writes to memory through this region (also an alias or a container) are dropped."""
        return self._readonly

    @readonly.setter
    def readonly(self, on: bool) -> None:
        if on != self._readonly:
            self._readonly = on
            self._changed()

    @property
    def ops(self) -> IoOps | None:
        """The operations of an I/O region. Assign a wrapper (`ObservedOps`) to observe its accesses."""
        return self._ops

    @ops.setter
    def ops(self, ops: IoOps) -> None:
        self._ops = ops
        for space in self.address_spaces():
            space.flush_cache()

    @property
    def ioeventfds(self) -> list[IoEventFd]:
        """The region's doorbells. Append to the list only before the region is mapped, else use `add_ioeventfd`."""
        return self._ioeventfds

    def add_ioeventfd(self, doorbell: IoEventFd) -> None:
        """Add a doorbell. May raise `DoorbellCollision`, see `transaction`."""
        self._ioeventfds.append(doorbell)
        self._changed()

    def del_ioeventfd(self, doorbell: IoEventFd) -> None:
        """Remove a doorbell.

        Raises:
            ValueError: the doorbell does not belong to this region.
        """
        self._ioeventfds.remove(doorbell)
        self._changed()

    @property
    def coalesced(self) -> list[tuple[int, int]]:
        """(offset, size) ranges of coalesced writes. Append only before mapping, else use `add_coalesced`."""
        return self._coalesced

    def add_coalesced(self, offset: int, size: int) -> None:
        """Allow writes to a range of ``size`` bytes to be delivered late (coalesced)."""
        self._coalesced.append((offset, size))
        self._changed()

    def clear_coalesced(self) -> None:
        """Remove all coalesced ranges: every write is delivered immediately."""
        self._coalesced.clear()
        self._changed()

    @property
    def log_dirty(self) -> bool:
        """Whether writes to this memory are logged."""
        return self._log_dirty

    @log_dirty.setter
    def log_dirty(self, on: bool) -> None:
        if on == self._log_dirty:
            return
        self._log_dirty = on
        if self.memory is not None:
            (self.memory.start_log if on else self.memory.stop_log)(self)
        self._changed()

    def add_subregion(self, offset: int, region: MemoryRegion, priority: int = 0) -> None:
        """Add ``region`` at byte ``offset``; the part beyond this region's end is clipped.

        Raises:
            ValueError: a negative offset, a region that is in a container already or would contain itself, or an
                alias as container.
            DoorbellCollision: see `transaction`.
        """
        if self.kind == "alias":
            raise ValueError(f"region {self.name!r} is an alias and cannot hold {region.name!r}")
        if region.parent is not None:
            raise ValueError(f"region {region.name!r} is in {region.parent.name!r} already")
        if offset < 0:
            raise ValueError(f"region {region.name!r}: negative offset {offset}")
        if _reaches(region, self):
            raise ValueError(f"region {region.name!r} would contain itself in {self.name!r}")
        region.parent, region.address, region.priority = self, offset, priority
        self._insert(region)
        self._changed()

    def del_subregion(self, region: MemoryRegion) -> None:
        """Remove ``region``.

        Raises:
            ValueError: it is not a subregion of this region.
        """
        if region.parent is not self:
            raise ValueError(f"region {region.name!r} is not in {self.name!r}")
        self.subregions.remove(region)
        region.parent = None
        self._changed()

    def set_address(self, offset: int) -> None:
        """Move to byte ``offset`` of the container, and on top of regions of equal priority, as if added again.

        Raises:
            ValueError: a negative offset.
            DoorbellCollision: see `transaction`.
        """
        if offset < 0:
            raise ValueError(f"region {self.name!r}: negative offset {offset}")
        if offset == self.address:
            return
        self.address = offset
        if self.parent is not None:
            self.parent.subregions.remove(self)
            self.parent._insert(self)
            self._changed()

    def address_spaces(self) -> list[Topology]:
        """Return the address spaces that this region is part of, through containers and aliases, visible or not."""
        seen: set[int] = set()
        found: dict[int, Topology] = {}
        todo = [self]
        while todo:
            region = todo.pop()
            if id(region) in seen:
                continue
            seen.add(id(region))
            found.update((id(space), space) for space in region._spaces)
            todo.extend(region._aliases)
            if region.parent is not None:
                todo.append(region.parent)
        return list(found.values())

    def attach(self, space: Topology) -> None:
        """Make this region the root of ``space``. Called by the address space only."""
        self._spaces.add(space)

    def detach(self, space: Topology) -> None:
        """Undo `attach`."""
        self._spaces.discard(space)

    def _insert(self, region: MemoryRegion) -> None:
        at = bisect_left(self.subregions, -region.priority, key=lambda other: -other.priority)
        self.subregions.insert(at, region)

    def _changed(self) -> None:
        for space in self.address_spaces():
            space.changed()

    def __repr__(self) -> str:
        """Name, kind and size, for test failures and logs."""
        return f"<MemoryRegion {self.name!r} {self.kind} size={self.size:#x}>"


def _reaches(start: MemoryRegion, goal: MemoryRegion) -> bool:
    """Whether ``goal`` is ``start`` or below it, also through aliases."""
    seen: set[int] = set()
    todo = [start]
    while todo:
        region = todo.pop()
        if region is goal:
            return True
        if id(region) in seen:
            continue
        seen.add(id(region))
        todo.extend(region.subregions)
        if region.alias_target is not None:
            todo.append(region.alias_target)
    return False


@contextmanager
def transaction(part: MemoryRegion | Topology, *parts: MemoryRegion | Topology, guest: bool = False) -> Iterator[None]:
    """Change the tree in several steps and flatten each address space once, at the end; may be nested.

    Each part is an address space or a region; a region means the address spaces that it is part of on entry.
    ``guest`` is True if a guest causes the change (a write to PCI configuration space). Doorbells that collide are then
    logged, and the later one is disabled until the earlier one is removed.

    Raises:
        DoorbellCollision: at the end, if new doorbells collide and no level of the transaction has ``guest`` set. The
            address space remains valid: it keeps the doorbell that was added first.
    """
    with ExitStack() as stack:
        for space in _spaces_of((part, *parts)):
            space.begin(guest)
            stack.callback(space.end)
        yield


def _spaces_of(parts: Iterable[MemoryRegion | Topology]) -> list[Topology]:
    found: dict[int, Topology] = {}
    for part in parts:
        for space in part.address_spaces() if isinstance(part, MemoryRegion) else (part,):
            found[id(space)] = space
    return list(found.values())
