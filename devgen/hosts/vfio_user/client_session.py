"""One client's session: its messages, in order, each answered unless it is posted.

A device may access the client's memory by messages (DMA_READ, DMA_WRITE) while it handles a REGION_WRITE. A client
whose vCPU waits for the reply to the write could not answer them. So the session replies to the write before it sends
the first DMA message, and it handles the client's messages while it waits for a DMA reply.

`known_accesses.KnownAccesses` repeats accesses that `_region_read` and `_region_write` have checked, in fewer steps.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from typing import Final

from devgen.hosts.vfio_user import protocol
from devgen.hosts.vfio_user.client_descriptors import is_shared_memory
from devgen.hosts.vfio_user.client_interrupts import Interrupts
from devgen.hosts.vfio_user.known_accesses import HEAD, SPLIT, UNKNOWN, KnownAccesses
from devgen.hosts.vfio_user.message_channel import ANCILLARY, Channel, Message, nothing_came
from devgen.hosts.vfio_user.protocol import HEADER, Command, Disconnect, Refused, invalid
from devgen.hosts.vfio_user.session_owner import SessionOwner

DMA_PATIENCE: Final = 3.0
"""Seconds that a client may take to answer a DMA message: less than the 5 s after which QEMU gives up a device."""

TALK: Final = 2.0
"""Seconds added to `DMA_PATIENCE` while the client sends other messages."""

BUDGET: Final = 20.0
"""Seconds that a device waits for all DMA replies of one turn of the server's loop together."""

DEEPEST: Final = 8
"""Nesting limit of DMA messages: an access that the client makes while it owes a DMA reply may start another DMA."""

BURST: Final = 64
"""Messages handled before the loop polls for new clients and stop requests."""

PRIVATE: Final = (
    "the client's memory is private to it (share=off): DMA goes by messages, slowly; give its memory backend share=on"
)

NO_MEMORY: Final = (
    "the client's memory is a file that is no shared memory: DMA goes by messages, slowly; give it a"
    " memory-backend-memfd, or a mem-path in /dev/shm or on hugetlbfs"
)

_log = logging.getLogger("devgen.vfio_user")

Handler = Callable[[Message], None]


class Session:
    """A connection from its first message to its end. A method that finds the connection closed raises Disconnect."""

    def __init__(self, server: SessionOwner, channel: Channel) -> None:
        self.channel = channel
        self._server = server
        self._memory = server.memory
        self._regions = server.regions
        self._interrupts = Interrupts(server.device, server)
        self._sharing = channel.sharing(server.looks)
        self._reported: set[str] = set()
        self._agreed = False
        self._client_fds = 1
        self._client_transfer = protocol.MAX_TRANSFER
        self._next_identifier = 0
        self._waiting: set[int] = set()
        self._pending: list[bytes] = []
        self._timers = server.clocks.virtual.queue
        self._known = KnownAccesses(server.regions, channel, self._pending, self._timers, server.settle)
        self._replies: dict[int, Message] = {}
        self.dma_wait = 0.0
        """Seconds that the device has waited for DMA messages in this turn of the server's loop."""
        self._ended = False
        self._handlers: dict[int, Handler] = {
            Command.VERSION: self._version,
            Command.DMA_MAP: self._dma_map,
            Command.DMA_UNMAP: self._dma_unmap,
            Command.DEVICE_GET_INFO: self._device_info,
            Command.DEVICE_GET_REGION_INFO: self._region_info,
            Command.DEVICE_GET_REGION_IO_FDS: self._io_fds,
            Command.DEVICE_GET_IRQ_INFO: self._irq_info,
            Command.DEVICE_SET_IRQS: self._set_irqs,
            Command.REGION_READ: self._region_read,
            Command.REGION_WRITE: self._region_write,
            Command.REGION_WRITE_MULTI: self._region_write_multi,
            Command.DEVICE_RESET: self._reset,
            Command.DEVICE_FEATURE: self._feature,
        }

    def close(self) -> None:
        """Release the client's memory, eventfds and connection. The device keeps its state."""
        self._ended = True
        self._handlers.clear()  # else the session is a reference cycle, and remains until the next collection
        self._known.close()
        self._interrupts.close()
        self._memory.clear()
        self.channel.close()
        for message in self._replies.values():
            self._server.close_descriptors(message.take_fds())

    def serve(self) -> None:
        """Handle the received messages, then those that follow soon, at most `BURST`. Raises Disconnect.

        A client that waits for each reply sends its next message as soon as it has the reply.
        """
        if self.behind:
            self._serve_rest()
            return
        channel, recvmsg, split, find = self.channel, self.channel.recvmsg, SPLIT, self._known.find
        urgent, timers = self._server.urgent, self._server.clocks.virtual.queue
        for _ in range(BURST):
            try:
                data, ancillary, flags, _ = recvmsg(channel.room, ANCILLARY)
            except OSError as error:
                nothing_came(error)
                return
            if ancillary or flags or channel.special or len(data) < HEAD:
                channel.put(data, ancillary, flags)
            else:
                identifier, key = split(data)
                size, action = find(key, UNKNOWN)
                if size == len(data):  # the usual case: exactly one message was received
                    action(identifier, data, 0)
                else:
                    channel.put(data)
            if channel.data:
                self._serve_rest()
            if urgent or timers.live or self._ended:
                return

    @property
    def within_handler(self) -> bool:
        """Whether a handler of the device waits for a DMA reply; an access of the client now interrupts the handler."""
        return bool(self._waiting)

    @property
    def behind(self) -> bool:
        """Whether received messages may be unhandled, after a DMA that a timer or a doorbell started."""
        return bool(self.channel.data)

    def _serve_rest(self) -> None:
        channel = self.channel
        while not self._ended:
            data, at = channel.data, channel.at  # read both again each time: an action may call `_await`
            if not channel.fds and at + HEAD <= len(data):
                identifier, key = SPLIT(data, at)
                size, action = self._known.find(key, UNKNOWN)
                if at + size <= len(data):
                    channel.at = at + size
                    action(identifier, data, at)
                    continue
            message = channel.next()
            if message is None:
                return
            self._take(message)

    # --- messages ----------------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        try:
            kind = message.flags & protocol.TYPE_MASK
            if kind == protocol.REPLY:
                self._take_reply(message)
            elif kind == protocol.COMMAND:
                self._obey(message)
            else:
                raise Disconnect(f"a message of type {kind}")
        finally:
            kept = self._replies.get(message.identifier) is message
            if message.fds and not kept:
                self._server.close_descriptors(message.take_fds())

    def _obey(self, message: Message) -> None:
        try:
            handler = self._handlers.get(message.command)
            if not self._agreed and message.command != Command.VERSION:
                raise invalid("the first message is not VERSION")
            if handler is None:
                raise Refused(errno.ENOTSUP, f"command {message.command} is not known")
            if message.too_many:
                raise invalid("more descriptors than were offered")
            handler(message)
        except Refused as error:
            self._refuse(message, error.number, error)
        except OSError as error:  # the host lacks a resource, for example descriptors
            self._refuse(message, error.errno or errno.EIO, error)

    def _refuse(self, message: Message, number: int, error: Exception) -> None:
        _log.info("%s: refused: %s", self._server.device.name, error)
        if message.command == Command.DMA_MAP and self._agreed:
            # Some clients, such as QEMU, continue after this error; the line explains why DMA there reads ones.
            self._report_once("refused", f"memory of the client was refused, DMA there reads ones: {error}")
        if not message.flags & protocol.NO_REPLY:
            self.channel.refuse(message, number)
        if not self._agreed:
            raise Disconnect("no agreement on a version")

    def _report_once(self, matter: str, line: str) -> None:
        """Report a line to the user, once in a session for each matter: a client may cause it many times."""
        if matter not in self._reported:
            self._reported.add(matter)
            self._server.tell(line)

    def _reply(self, message: Message, payload: bytes = b"", fds: list[int] | None = None) -> None:
        if not message.flags & protocol.NO_REPLY:
            self.channel.reply(message, payload, fds or ())

    def _version(self, message: Message) -> None:
        if self._agreed:
            raise invalid("VERSION comes once")
        offered = protocol.parse_version(message.payload)
        _, minor = protocol.unpack(protocol.VERSION, message.payload, "VERSION")
        self._client_fds = int(offered.get("max_msg_fds", 1))
        self._client_transfer = min(
            int(offered.get("max_data_xfer_size", protocol.MAX_TRANSFER)), protocol.MAX_TRANSFER
        )
        self._agreed = True
        self._reply(message, protocol.version_reply(minor, offered, len(message.payload)))

    def _dma_map(self, message: Message) -> None:
        usable = bool(message.fds) and is_shared_memory(message.fds[0])
        private = usable and self._sharing.private(message.fds[0])
        self._memory.map(message.payload, message.fds, self, private=private)
        if message.fds and (private or not usable):
            self._report_once("memory", PRIVATE if usable else NO_MEMORY)
        self._reply(message)

    def _dma_unmap(self, message: Message) -> None:
        self._memory.unmap(message.payload)
        self._reply(message, message.payload[: protocol.DMA_UNMAP.size])

    def _device_info(self, message: Message) -> None:
        argsz, *_ = protocol.unpack(protocol.DEVICE_INFO, message.payload, "DEVICE_GET_INFO")
        size = protocol.DEVICE_INFO.size
        if argsz < size:
            raise invalid(f"DEVICE_GET_INFO with argsz {argsz}")
        flags = protocol.DEVICE_RESETS | protocol.DEVICE_PCI
        self._reply(message, protocol.DEVICE_INFO.pack(size, flags, protocol.REGIONS, len(protocol.Irq)))

    def _region_info(self, message: Message) -> None:
        payload, fds = self._regions.info(message.payload)
        self._reply(message, payload, fds)

    def _io_fds(self, message: Message) -> None:
        payload, bells = self._regions.doorbells(message.payload, self._client_fds)
        for bell in bells:
            self._server.watch_doorbell(bell)
        self._reply(message, payload, [bell.notifier.fileno() for bell in bells])

    def _irq_info(self, message: Message) -> None:
        self._reply(message, self._interrupts.info(message.payload))

    def _set_irqs(self, message: Message) -> None:
        self._interrupts.set(message.payload, message.fds)
        self._reply(message)

    def _reset(self, message: Message) -> None:
        self._queue_reply(message, b"")
        self._server.reset_device()
        self._server.settle()
        self._send_pending()

    @staticmethod
    def _feature(message: Message) -> None:
        """DEVICE_FEATURE: no feature is supported. The errno is ENOTTY, as of the kernel's VFIO."""
        _, flags = protocol.unpack(protocol.FEATURE, message.payload, "DEVICE_FEATURE")
        raise Refused(errno.ENOTTY, f"device feature {flags & 0xFFFF}")

    # --- accesses ----------------------------------------------------------------------------

    def _region_read(self, message: Message) -> None:
        offset, region, count = protocol.unpack(protocol.REGION_ACCESS, message.payload, "REGION_READ")
        self._regions.check(region, offset, count)
        data = self._regions.read(region, offset, count)
        self._queue_reply(message, protocol.REGION_ACCESS.pack(offset, region, count) + data)
        self._server.settle()
        self._send_pending()
        self._known.learn_read(offset, region, count)

    def _region_write(self, message: Message) -> None:
        offset, region, count = protocol.unpack(protocol.REGION_ACCESS, message.payload, "REGION_WRITE")
        head = protocol.REGION_ACCESS.size
        data = message.payload[head : head + count]
        self._regions.check(region, offset, count)
        if len(data) != count:
            raise invalid(f"REGION_WRITE of {count} bytes with {len(data)}")
        self._queue_reply(message, message.payload[:head])
        self._regions.write(region, offset, data)
        self._server.settle()
        self._send_pending()
        self._known.learn_write(offset, region, count, bool(message.flags & protocol.NO_REPLY))

    def _region_write_multi(self, message: Message) -> None:
        (count,) = protocol.unpack(protocol.MULTI_COUNT, message.payload, "REGION_WRITE_MULTI")
        head, each = protocol.MULTI_COUNT.size, protocol.MULTI_ENTRY.size
        if len(message.payload) < head + count * each:
            raise invalid(f"REGION_WRITE_MULTI of {count} writes in {len(message.payload)} bytes")
        entries = list(protocol.MULTI_ENTRY.iter_unpack(message.payload[head : head + count * each]))
        writer, timers = self._known.writer, self._timers
        for access in {access for access, _ in entries}:
            writer(access)  # raises Refused, before anything has been written
        self._queue_reply(message, protocol.MULTI_COUNT.pack(count))
        for access, value in entries:
            writer(access)(value)
            if timers.due:
                self._server.settle()
        self._send_pending()

    def _queue_reply(self, message: Message, payload: bytes) -> None:
        """Queue the reply to the access in progress."""
        if not message.flags & protocol.NO_REPLY:
            size = HEADER.size + len(payload)
            self._pending.append(HEADER.pack(message.identifier, message.command, size, protocol.REPLY, 0) + payload)

    def _send_pending(self) -> None:
        """Send the queued replies: the accesses are complete, or a DMA message is about to be sent."""
        while self._pending:
            self.channel.send(self._pending.pop(0))

    # --- DMA by messages -----------------------------------------------------------------------

    def dma_read(self, address: int, length: int) -> bytes | None:
        """See `client_memory.Asking.dma_read`. A client that does not answer is disconnected; the device reads ones."""
        out = b""
        while len(out) < length:
            count = min(length - len(out), self._client_transfer)
            request = protocol.DMA_ACCESS.pack(address + len(out), count)
            reply = self._ask(Command.DMA_READ, request)
            data = b"" if reply is None else reply.payload[protocol.DMA_ACCESS.size :]
            if len(data) != count:
                return None
            out += data
        return out

    def dma_write(self, address: int, data: bytes) -> None:
        """See `client_memory.Asking.dma_write`."""
        for start in range(0, len(data), self._client_transfer):
            piece = data[start : start + self._client_transfer]
            request = protocol.DMA_ACCESS.pack(address + start, len(piece)) + piece
            if self._ask(Command.DMA_WRITE, request) is None:
                return

    def _ask(self, command: Command, payload: bytes) -> Message | None:
        """Send a command and handle messages until its reply; None for an error reply or a closed connection."""
        if self._ended or len(self._waiting) >= DEEPEST:
            return None
        identifier = self._next_identifier
        self._next_identifier = (identifier + 1) & 0xFFFF
        self._waiting.add(identifier)
        began = time.monotonic()
        try:
            self._send_pending()
            self.channel.request(identifier, command, payload)
            reply = self._await(identifier, began + min(DMA_PATIENCE, BUDGET - self.dma_wait))
        except Disconnect as error:
            self._ended = True
            self._server.lose(str(error))
            return None
        finally:
            self._waiting.discard(identifier)
            self.dma_wait += time.monotonic() - began
        return None if reply.flags & protocol.ERROR or reply.command != command else reply

    def _await(self, identifier: int, deadline: float) -> Message:
        while identifier not in self._replies:
            message = self.channel.next()
            if message is not None:
                self._take(message)
                if self._ended:
                    raise Disconnect("the client has gone")
            # Other messages may precede the reply, but they extend the deadline only by TALK.
            patience = TALK if message is not None or self.channel.receive() else 0.0
            if time.monotonic() > deadline + patience:
                raise Disconnect("the client does not answer a DMA message")
            if self._server.stopping:
                raise Disconnect("the server ends")
        reply = self._replies.pop(identifier)
        self._server.close_descriptors(reply.take_fds())
        return reply

    def _take_reply(self, message: Message) -> None:
        if message.identifier not in self._waiting or message.identifier in self._replies:
            raise Disconnect(f"a reply without a request ({message.identifier})")
        self._replies[message.identifier] = message
