"""The flat view of a changing tree of regions: changes are committed in transactions and listeners are notified.

Thread safety: this module has no lock; it is called under the machine's lock.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.memory.flat_view import (
    DoorbellCollision,
    FlatView,
    PlacedDoorbell,
    Snapshot,
    take_snapshot,
)
from devgen.runtime.memory.memory_listener import MemoryListener, announce
from devgen.runtime.memory.memory_region import MemoryRegion, transaction
from devgen.runtime.memory.ram_block import RamBlock

COMMIT_LIMIT: Final = 64
"""Most consecutive commits that listeners may cause; more are taken for an endless loop."""

_Collision = tuple[PlacedDoorbell, PlacedDoorbell]


class LiveView:
    """The flat view of the tree below ``root``, rebuilt once for each commit."""

    __slots__ = (
        "__weakref__",
        "_committing",
        "_depth",
        "_guest",
        "_listeners",
        "_log",
        "_log_blocks",
        "_logs_all",
        "_pending",
        "_snapshot",
        "name",
        "root",
    )

    def __init__(self, name: str, root: MemoryRegion) -> None:
        """Flatten ``root`` and follow its changes.

        Raises:
            DoorbellCollision: doorbells in ``root`` collide.
        """
        self.name = name
        self.root = root
        self._log = AccessLog(name)
        self._listeners: tuple[MemoryListener, ...] = ()
        self._logs_all = False
        self._log_blocks: set[RamBlock] = set()
        self._snapshot = Snapshot()
        self._depth = 0
        self._guest = False
        self._pending = False
        self._committing = False
        root.attach(self)
        self.changed()

    def flush_cache(self) -> None:
        """Discard everything derived from the view or from the regions' operations."""

    def _view_changed(self) -> None:
        """Called when the view has been replaced, before listeners are notified."""

    @property
    def flat_view(self) -> FlatView:
        """The flat view of the last commit."""
        return self._snapshot.view

    @property
    def collisions(self) -> frozenset[_Collision]:
        """Doorbells that are disabled by a collision, each with the doorbell that it collides with."""
        return self._snapshot.collisions

    def transaction(self, *, guest: bool = False) -> AbstractContextManager[None]:
        """Return a context for several changes, flattened once; see `memory_region.transaction`."""
        return transaction(self, guest=guest)

    def add_listener(self, listener: MemoryListener) -> None:
        """Notify ``listener`` of the present state, then of every change."""
        self._listeners = tuple(sorted((*self._listeners, listener), key=lambda added: added.priority))
        with self.transaction():  # changes by the listener are committed when it has been notified of everything
            announce((listener,), Snapshot(), self._snapshot)
            if self._logs_all:
                listener.log_global_start()

    def remove_listener(self, listener: MemoryListener) -> None:
        """Notify ``listener`` that everything is removed; it gets no further calls.

        Raises:
            ValueError: the listener has not been added.
        """
        listeners = list(self._listeners)
        listeners.remove(listener)
        self._listeners = tuple(listeners)
        with self.transaction():
            if self._logs_all:
                listener.log_global_stop()
            announce((listener,), self._snapshot, Snapshot())

    def set_global_log(self, on: bool) -> None:
        """Log writes to all memory, or only to regions with `MemoryRegion.log_dirty`."""
        if on == self._logs_all:
            return
        self._logs_all = on
        if on:
            self._log_all_memory()
            for listener in self._listeners:
                listener.log_global_start()
            return
        for listener in reversed(self._listeners):
            listener.log_global_stop()
        while self._log_blocks:
            self._log_blocks.pop().stop_log(self)

    def sync_dirty_log(self) -> None:
        """Make the listeners add the guest's writes to the dirty logs; see `RamBlock.take_dirty`."""
        for section in self._snapshot.view.sections:
            if section.region.memory is not None and (self._logs_all or section in self._snapshot.logged):
                for listener in self._listeners:
                    listener.log_sync(section)

    def begin(self, guest: bool) -> None:
        """See `devgen.runtime.memory.memory_region.transaction`."""
        self._depth += 1
        self._guest = self._guest or guest

    def end(self) -> None:
        """See `devgen.runtime.memory.memory_region.transaction`."""
        self._depth -= 1
        if self._depth == 0:
            guest, self._guest = self._guest, False
            self._commit(guest)

    def changed(self) -> None:
        """Commit a change of the tree, now or at the end of the transaction."""
        self._pending = True
        if self._depth == 0:
            self._commit(guest=False)

    def _commit(self, guest: bool) -> None:
        """Flatten and notify listeners until they make no further change to the tree."""
        if self._committing:
            return
        self._committing = True
        collisions: set[_Collision] = set()
        try:
            for _ in range(COMMIT_LIMIT):
                if not self._pending:
                    break
                self._pending = False
                collisions |= self._advance()
            else:
                raise RuntimeError(f"address space {self.name!r}: listeners keep changing the tree")
        finally:
            self._committing = False
        self._report(collisions, guest)

    def _advance(self) -> frozenset[_Collision]:
        """Do one commit and return the new collisions. The new view is in use before listeners are notified."""
        old = self._snapshot
        new = self._snapshot = take_snapshot(self.root, old)
        self._view_changed()
        if self._logs_all:
            self._log_all_memory()
        announce(self._listeners, old, new)
        return new.collisions - old.collisions

    def _report(self, collisions: set[_Collision], guest: bool) -> None:
        messages = sorted(
            f"doorbell {late.doorbell.name!r} at {late.address:#x} collides with {first.doorbell.name!r}, "
            f"which was added first and stays active ({_claim(late.doorbell)} against {_claim(first.doorbell)})"
            for late, first in collisions
        )
        if messages and not guest:
            raise DoorbellCollision(f"{self.name}: {'; '.join(messages)}")
        for message in messages:
            if self._log.fresh(message):
                self._log.say(message)

    def _log_all_memory(self) -> None:
        for section in self._snapshot.view.sections:
            memory = section.region.memory
            if memory is not None and memory not in self._log_blocks:
                self._log_blocks.add(memory)
                memory.start_log(self)


def _claim(doorbell: IoEventFd) -> str:
    """Describe which writes a doorbell matches, for a message."""
    if doorbell.length == 0:
        return "any length"
    value = "any value" if doorbell.match is None else f"value {doorbell.match:#x}"
    return f"{doorbell.length} bytes, {value}"
