"""A tree of regions kept flat: changes are committed in transactions, listeners hear of each commit.

Thread safety: none of its own, as everything about the tree; called under the machine's lock.
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
"""Commits that listeners may cause one after another before that is called a loop."""

_Collision = tuple[PlacedDoorbell, PlacedDoorbell]


class LiveView:
    """The flat view of ``root``, flattened anew once for each commit."""

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
        """Flatten ``root`` and follow it from now on.

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
        """Forget what was derived from the view or from the regions' operations."""

    def _view_changed(self) -> None:
        """A new view is in force; listeners have not heard of it yet."""

    @property
    def flat_view(self) -> FlatView:
        """What shows, as of the last commit."""
        return self._snapshot.view

    @property
    def collisions(self) -> frozenset[_Collision]:
        """Doorbells that are silent, each with the one that has its place."""
        return self._snapshot.collisions

    def transaction(self, *, guest: bool = False) -> AbstractContextManager[None]:
        """Several changes to the tree, flattened once; see `devgen.runtime.memory.memory_region.transaction`."""
        return transaction(self, guest=guest)

    def add_listener(self, listener: MemoryListener) -> None:
        """Tell ``listener`` the present state, then every change."""
        self._listeners = tuple(sorted((*self._listeners, listener), key=lambda each: each.priority))
        with self.transaction():  # what the listener changes is committed when it has heard all
            announce((listener,), Snapshot(), self._snapshot)
            if self._logs_all:
                listener.log_global_start()

    def remove_listener(self, listener: MemoryListener) -> None:
        """Tell ``listener`` that all has gone, and nothing after.

        Raises:
            ValueError: it is not listening.
        """
        listeners = list(self._listeners)
        listeners.remove(listener)
        self._listeners = tuple(listeners)
        with self.transaction():
            if self._logs_all:
                listener.log_global_stop()
            announce((listener,), self._snapshot, Snapshot())

    def set_global_log(self, on: bool) -> None:
        """Log writes to all memory, or only where `MemoryRegion.log_dirty` asks for it."""
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
        """Have the listeners fetch what the guest has written to logged memory; see `RamBlock.take_dirty`."""
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
        """The tree has changed."""
        self._pending = True
        if self._depth == 0:
            self._commit(guest=False)

    def _commit(self, guest: bool) -> None:
        """Flatten and announce until listeners leave the tree alone."""
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
        """One commit; returns the collisions that are new. The new state is in force before listeners hear of it."""
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
            f"which was first and stays in force ({_claim(late.doorbell)} against {_claim(first.doorbell)})"
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
    """What a doorbell answers to, for a message."""
    if doorbell.length == 0:
        return "any length"
    value = "any value" if doorbell.match is None else f"value {doorbell.match:#x}"
    return f"{doorbell.length} bytes, {value}"
