"""The tree of memory regions: containers, aliases, priorities, and the RAM behind them.

Regions know only offsets inside their container; address spaces flatten the tree (see
`devgen.runtime.memory.flat_view`). The rules are QEMU's (docs/devel/memory.rst): a region of higher priority covers
those of lower priority; of two with equal priority, the one added later covers. A disabled region is hidden with all
that it contains. A container lets lower regions show through its gaps.

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
    """What an address space looks like from a region: it hears that the tree under it changed."""

    def begin(self, guest: bool) -> None:
        """Hold back commits until the matching `end`."""
        ...

    def end(self) -> None:
        """Commit what changed since the outermost `begin`."""
        ...

    def changed(self) -> None:
        """The tree has changed: commit now, or at the end of the transaction."""
        ...

    def flush_cache(self) -> None:
        """Forget resolved accesses."""
        ...


class Owner(Protocol):
    """What a region's registers belong to: a device, as a rule."""

    engaged: int
    """More than 0 while a handler of the device accesses guest memory or drives another device's input."""


class MemoryRegion:
    """A range of addresses: registers (io), memory (ram, rom), a window onto another region (alias), or a container.

    Make one with the constructors below. Any kind but an alias may hold subregions; they cover its own content. A
    region hangs in one container at most; aliases show it elsewhere as well.
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
        """Use the named constructors instead.

        Raises:
            ValueError: a size that is not in 1..2^64.
        """
        if not 1 <= size <= MAX_REGION:
            raise ValueError(f"region {name!r}: size {size:#x} is not in 1..2^64")
        self.owner: Owner | None = None
        """The device whose handlers run when registers here are accessed; None if it is not known."""
        self.name = name
        self.size = size
        self.kind: RegionKind = kind
        self._readonly = False
        self.memory: RamBlock | None = None
        self.alias_target: MemoryRegion | None = None
        self.alias_offset = 0
        self.parent: MemoryRegion | None = None
        """The container that it hangs in."""
        self.address = 0
        """Offset in that container."""
        self.priority = 0
        self.subregions: list[MemoryRegion] = []
        """In the order in which they cover each other, topmost first."""
        self._enabled = True
        self._ops: IoOps | None = None
        self._ioeventfds: list[IoEventFd] = []
        self._coalesced: list[tuple[int, int]] = []
        self._log_dirty = False
        self._aliases: WeakSet[MemoryRegion] = WeakSet()
        self._spaces: WeakSet[Topology] = WeakSet()

    @classmethod
    def container(cls, name: str, size: int) -> MemoryRegion:
        """A region with nothing of its own: what lies below shows through where it is empty."""
        return cls(name, size, "container")

    @classmethod
    def io(cls, name: str, size: int, ops: IoOps) -> MemoryRegion:
        """Registers: every access is answered by ``ops``."""
        region = cls(name, size, "io")
        region._ops = ops
        return region

    @classmethod
    def ram(cls, name: str, size: int, memory: RamBlock) -> MemoryRegion:
        """Memory: the first ``size`` bytes of ``memory``.

        Raises:
            ValueError: the block is smaller than that.
        """
        if size > memory.size:
            raise ValueError(f"region {name!r}: {size:#x} bytes of a RAM block of {memory.size:#x}")
        region = cls(name, size, "ram")
        region.memory = memory
        return region

    @classmethod
    def rom(cls, name: str, size: int, memory: RamBlock) -> MemoryRegion:
        """Memory that the bus cannot write; writes are dropped.

        Raises:
            ValueError: the block is smaller than ``size``.
        """
        region = cls.ram(name, size, memory)
        region.readonly = True
        return region

    @classmethod
    def alias(cls, name: str, target: MemoryRegion, offset: int, size: int) -> MemoryRegion:
        """A window of ``size`` bytes onto ``target``, from ``offset`` on; its priority and place are its own.

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
        """Whether it shows."""
        return self._enabled

    def set_enabled(self, enabled: bool) -> None:
        """Show or hide the region and all in it."""
        if enabled != self._enabled:
            self._enabled = enabled
            self._changed()

    @property
    def readonly(self) -> bool:
        """Whether memory seen through this region (also an alias or a container) drops writes."""
        return self._readonly

    @readonly.setter
    def readonly(self, on: bool) -> None:
        if on != self._readonly:
            self._readonly = on
            self._changed()

    @property
    def ops(self) -> IoOps | None:
        """What answers an I/O region. Assign a wrapper (`ObservedOps`) to listen in."""
        return self._ops

    @ops.setter
    def ops(self, ops: IoOps) -> None:
        self._ops = ops
        for space in self.address_spaces():
            space.flush_cache()

    @property
    def ioeventfds(self) -> list[IoEventFd]:
        """The region's doorbells. Fill it before the region is mapped, later use `add_ioeventfd`."""
        return self._ioeventfds

    def add_ioeventfd(self, doorbell: IoEventFd) -> None:
        """Add a doorbell. It may raise `DoorbellCollision`, see `transaction`."""
        self._ioeventfds.append(doorbell)
        self._changed()

    def del_ioeventfd(self, doorbell: IoEventFd) -> None:
        """Remove a doorbell.

        Raises:
            ValueError: it is not one of this region's.
        """
        self._ioeventfds.remove(doorbell)
        self._changed()

    @property
    def coalesced(self) -> list[tuple[int, int]]:
        """(offset, size) ranges whose writes may arrive late. Fill it before mapping, later use `add_coalesced`."""
        return self._coalesced

    def add_coalesced(self, offset: int, size: int) -> None:
        """Let writes to a range of ``size`` bytes arrive late."""
        self._coalesced.append((offset, size))
        self._changed()

    def clear_coalesced(self) -> None:
        """Have every write arrive at once again."""
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
        """Put ``region`` at byte ``offset``; what sticks out over the end is clipped.

        Raises:
            ValueError: a negative offset, a region that hangs somewhere already or would contain itself, or an
                alias as container.
            DoorbellCollision: see `transaction`.
        """
        if self.kind == "alias":
            raise ValueError(f"region {self.name!r} is an alias and cannot hold {region.name!r}")
        if region.parent is not None:
            raise ValueError(f"region {region.name!r} hangs in {region.parent.name!r} already")
        if offset < 0:
            raise ValueError(f"region {region.name!r}: negative offset {offset}")
        if _reaches(region, self):
            raise ValueError(f"region {region.name!r} would contain itself in {self.name!r}")
        region.parent, region.address, region.priority = self, offset, priority
        self._insert(region)
        self._changed()

    def del_subregion(self, region: MemoryRegion) -> None:
        """Take ``region`` out.

        Raises:
            ValueError: it does not hang here.
        """
        if region.parent is not self:
            raise ValueError(f"region {region.name!r} does not hang in {self.name!r}")
        self.subregions.remove(region)
        region.parent = None
        self._changed()

    def set_address(self, offset: int) -> None:
        """Move within the container; among regions of equal priority it is then the topmost, as if added anew.

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
        """The address spaces that this region hangs in, through containers and aliases, visible or not."""
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
        """Make this the root of ``space``; for `AddressSpace` alone."""
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
    """Whether ``goal`` is ``start`` or below it, through aliases too."""
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

    Each part is an address space, or a region: that stands for the address spaces that it hangs in on entry.
    ``guest`` says that a guest causes the change (a write to PCI configuration space): doorbells that collide are then
    logged and the later one stays silent until the place is free, where otherwise the end raises.

    Raises:
        DoorbellCollision: at the end, if new doorbells collide and no level of the transaction is a ``guest`` one. The
            address space is whole even so: it keeps the doorbell that was there first.
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
