"""Accesses that the client has made before: from the bytes of its message to the register, and to the reply.

A driver comes back to the same few registers, and all that two messages of one access differ in is the identifier and
the value. So the rest of a message is the key to an action that does what `Session` does with it when it comes first,
to the byte, with nothing left to check or to look up. Accesses that `Regions` has to cut (of other sizes than 1, 2, 4
and 8 bytes, unaligned ones to configuration space) are checked and cut each time.

An address space says when what it has resolved is stale, also when observers come or go: all is forgotten then.
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
"""Accesses kept of one client, of each kind; the oldest leaves first."""

HEAD: Final = HEADER.size + REGION_ACCESS.size
"""Bytes of a REGION_READ, and of a REGION_WRITE before its data. Those behind the identifier are the key."""

SPLIT: Final = Struct(f"<H{HEAD - 2}s").unpack_from
"""The identifier, and the key."""

Action = Callable[[int, bytes, int], None]
"""Carries out a message, given its identifier, what has been received, and where in that it begins; answers it."""

UNKNOWN: Final[tuple[int, Action]] = (1 << 32, lambda _identifier, _data, _at: None)
"""For an access that is not known: longer than any message."""

_DATA: Final = {count: Struct(f"<{kind}") for count, kind in zip(SINGLE, "BHIQ", strict=True)}
_READ: Final = {count: Struct(f"<H{HEAD - 2}s{kind}") for count, kind in zip(SINGLE, "BHIQ", strict=True)}
_WRITTEN: Final = Struct(f"<H{HEAD - 2}s")


class KnownAccesses:
    """One client's.

    ``owed`` holds the reply to a write until it is sent, here or by `Session`. ``settle`` is called before a reply if
    ``timers.due``; so is it in `Session`.
    """

    def __init__(
        self,
        regions: Regions,
        channel: Channel,
        owed: list[bytes],
        timers: TimerQueue,
        settle: Callable[[], None],
    ) -> None:
        self._regions = regions
        self._timers = timers
        self._settle = settle
        self._channel = channel
        self._owed = owed
        self._actions: BoundedCache[bytes, tuple[int, Action]] = BoundedCache(LIMIT)
        self._writers: BoundedCache[bytes, Writer] = BoundedCache(LIMIT)
        self.find = self._actions.get
        """``find(key)``: the size of the message and its action; None for an access that is not known."""
        regions.on_stale(self.forget)

    def close(self) -> None:
        """Listen for stale accesses no more."""
        self._regions.on_stale_no_more(self.forget)

    def forget(self) -> None:
        """Know nothing."""
        self._actions.clear()
        self._writers.clear()

    def learn_read(self, offset: int, region: int, count: int) -> None:
        """A REGION_READ has been found good."""
        reader = self._regions.reader(region, offset, count)
        if reader is not None:
            access = REGION_ACCESS.pack(offset, region, count)
            answered = _head(Command.REGION_READ, HEAD + count, protocol.REPLY) + access
            action = self._reading(reader, count, answered)
            self._learn(_head(Command.REGION_READ, HEAD, protocol.COMMAND) + access, HEAD, action)

    def learn_write(self, offset: int, region: int, count: int, posted: bool) -> None:
        """A REGION_WRITE has been found good."""
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
        owed, channel, transmit = self._owed, self._channel, self._channel.transmit
        timers, settle = self._timers, self._settle

        def action(identifier: int, data: bytes, at: int) -> None:
            owed.append(pack(identifier, reply))
            write(unpack(data, at + HEAD)[0])
            if timers.due:
                settle()
            if not owed:  # it has been answered: the device needed the client's memory
                return
            answer = owed.pop()
            try:
                transmit(answer, NOW)
            except OSError as error:
                channel.send_rest(answer, channel.blocked(error))

        return action

    def _reading(self, read: Reader, count: int, answered: bytes) -> Action:
        pack = _READ[count].pack
        owed, channel, transmit = self._owed, self._channel, self._channel.transmit
        timers, settle = self._timers, self._settle

        def action(identifier: int, _data: bytes, _at: int) -> None:
            reply = pack(identifier, answered, read())
            if timers.due:
                owed.append(reply)
                settle()
                if not owed:
                    return
                owed.pop()
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
        """What one entry of REGION_WRITE_MULTI does with its 8 bytes of data. Raises Refused."""
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
