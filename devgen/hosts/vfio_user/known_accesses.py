"""A cache of accesses: maps the bytes of a message to a function that carries out the access and replies.

A driver accesses the same few registers many times. Two messages of one access differ only in the identifier and
the value. So the other bytes of the message are the key of an action. The action does exactly what `Session` did for
the first such message, without checks and look-ups. An access that `Regions` has to cut (its size is not 1, 2,
4 or 8 bytes, or it is an unaligned one to configuration space) is not cached.

An address space reports when its resolved accesses are stale, also when observers come or go. This empties the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.device_regions import SINGLE, Regions
from devgen.hosts.vfio_user.message_channel import NOW, Channel
from devgen.hosts.vfio_user.protocol import HEADER, REGION_ACCESS, Command
from devgen.runtime.base.bounded_cache import BoundedCache
from devgen.runtime.memory.access import Reader, Writer
from devgen.runtime.time.deadline_queue import TimerQueue

LIMIT: Final = 4096
"""Cached accesses for one client, of each kind; the oldest is dropped first."""

HEAD: Final = HEADER.size + REGION_ACCESS.size
"""Bytes of a REGION_READ, and of a REGION_WRITE before its data. The bytes after the identifier are the key."""

SPLIT: Final = Struct(f"<H{HEAD - 2}s").unpack_from
"""Unpacks the identifier and the key."""

Action = Callable[[int, bytes, int], None]
"""(identifier, received bytes, offset of the message in them): carries out the message and replies to it."""

UNKNOWN: Final[tuple[int, Action]] = (1 << 32, lambda _identifier, _data, _at: None)
"""(size, action) for an access that is not cached; the size is longer than any message."""

_DATA: Final = {count: Struct(f"<{kind}") for count, kind in zip(SINGLE, "BHIQ", strict=True)}
_READ: Final = {count: Struct(f"<H{HEAD - 2}s{kind}") for count, kind in zip(SINGLE, "BHIQ", strict=True)}
_WRITTEN: Final = Struct(f"<H{HEAD - 2}s")


class KnownAccesses:
    """The cached accesses of one client.

    ``pending`` holds the reply to a write until this class or `Session` sends it. ``settle`` is called before a
    reply if ``timers.due``, as in `Session`.
    """

    def __init__(
        self,
        regions: Regions,
        channel: Channel,
        pending: list[bytes],
        timers: TimerQueue,
        settle: Callable[[], None],
    ) -> None:
        self._regions = regions
        self._timers = timers
        self._settle = settle
        self._channel = channel
        self._pending = pending
        self._actions: BoundedCache[bytes, tuple[int, Action]] = BoundedCache(LIMIT)
        self._writers: BoundedCache[bytes, Writer] = BoundedCache(LIMIT)
        self.find = self._actions.get
        """``find(key)``: the size of the message and its action; None for an access that is not cached."""
        regions.on_stale(self.forget)

    def close(self) -> None:
        """Stop listening for stale accesses."""
        self._regions.on_stale_no_more(self.forget)

    def forget(self) -> None:
        """Empty the cache."""
        self._actions.clear()
        self._writers.clear()

    def learn_read(self, offset: int, region: int, count: int) -> None:
        """Cache a REGION_READ that `Session` has checked."""
        reader = self._regions.reader(region, offset, count)
        if reader is not None:
            access = REGION_ACCESS.pack(offset, region, count)
            answered = _head(Command.REGION_READ, HEAD + count, protocol.REPLY) + access
            action = self._reading(reader, count, answered)
            self._learn(_head(Command.REGION_READ, HEAD, protocol.COMMAND) + access, HEAD, action)

    def learn_write(self, offset: int, region: int, count: int, posted: bool) -> None:
        """Cache a REGION_WRITE that `Session` has checked."""
        writer = self._regions.writer(region, offset, count)
        if writer is not None:
            access = REGION_ACCESS.pack(offset, region, count)
            size, flags = HEAD + count, protocol.COMMAND | (protocol.NO_REPLY if posted else 0)
            reply = None if posted else _head(Command.REGION_WRITE, HEAD, protocol.REPLY) + access
            action = self._posted(writer, count) if reply is None else self._answered(writer, count, reply)
            self._learn(_head(Command.REGION_WRITE, size, flags) + access, size, action)

    def _learn(self, key: bytes, size: int, action: Action) -> None:
        self._actions.keep(key, (size, action))

    def _answered(self, write: Writer, count: int, reply: bytes) -> Action:
        unpack, pack = _DATA[count].unpack_from, _WRITTEN.pack
        pending, channel, transmit = self._pending, self._channel, self._channel.transmit
        timers, settle = self._timers, self._settle

        def action(identifier: int, data: bytes, at: int) -> None:
            pending.append(pack(identifier, reply))
            write(unpack(data, at + HEAD)[0])
            if timers.due:
                settle()
            if not pending:  # the reply was sent before a DMA message
                return
            answer = pending.pop()
            try:
                transmit(answer, NOW)
            except OSError as error:
                channel.send_rest(answer, channel.blocked(error))

        return action

    def _reading(self, read: Reader, count: int, answered: bytes) -> Action:
        pack = _READ[count].pack
        pending, channel, transmit = self._pending, self._channel, self._channel.transmit
        timers, settle = self._timers, self._settle

        def action(identifier: int, _data: bytes, _at: int) -> None:
            reply = pack(identifier, answered, read())
            if timers.due:
                pending.append(reply)
                settle()
                if not pending:
                    return
                pending.pop()
            try:
                transmit(reply, NOW)
            except OSError as error:
                channel.send_rest(reply, channel.blocked(error))

        return action

    def _posted(self, write: Writer, count: int) -> Action:
        unpack = _DATA[count].unpack_from
        timers, settle = self._timers, self._settle

        def action(_identifier: int, data: bytes, at: int) -> None:
            write(unpack(data, at + HEAD)[0])
            if timers.due:
                settle()

        return action

    def writer(self, access: bytes) -> Writer:
        """Return the function that writes the 8 bytes of data of one REGION_WRITE_MULTI entry. Raises Refused."""
        found = self._writers.get(access)
        if found is None:
            found = self._writers.keep(access, self._entry(*REGION_ACCESS.unpack(access)))
        return found

    def _entry(self, offset: int, region: int, count: int) -> Writer:
        regions = self._regions
        regions.check(region, offset, count)
        if count > 8:
            raise protocol.invalid(f"REGION_WRITE_MULTI with {count} bytes in one write")
        mask = (1 << 8 * count) - 1
        writer = regions.writer(region, offset, count) or (
            lambda value: regions.write(region, offset, value.to_bytes(count, "little"))
        )
        return lambda value: writer(value & mask)


def _head(command: Command, size: int, flags: int) -> bytes:
    """A message's header without the identifier."""
    return HEADER.pack(0, command, size, flags, 0)[2:]
