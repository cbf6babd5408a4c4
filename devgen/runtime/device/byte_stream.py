"""Byte streams between a device and a host character device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from devgen.runtime.time.clock import MasterClock

ROOMY: Final = 4096
"""Bytes that a device which does not tell its room is given at once."""


def _drop(_value: int) -> None:
    """Lose a byte: the stream is not connected."""


class InputObserver(Protocol):
    """Hears what comes from the host: ``begin`` before the device reacts, ``received`` after."""

    def begin(self) -> object:
        """Something is about to arrive."""
        ...

    def received(self, data: bytes | None) -> None:
        """These bytes have arrived; None: a break."""
        ...


class ByteStream:
    """One device's stream. The device calls ``send``; the host connects a sink and calls ``receive``.

    ``room()`` tells how many bytes the device can take at the moment. It is advice: whoever sends more makes the
    device overrun, as a line does that knows no handshake.
    """

    __slots__ = ("_blocks", "_on_break", "_on_receive", "_room", "_sinks", "clock", "name", "observer", "on_room")

    def __init__(
        self,
        name: str,
        on_receive: Callable[[int], None] | None = None,
        on_break: Callable[[], None] | None = None,
        room: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self._on_receive = on_receive or _drop
        self._on_break = on_break
        self._room = room
        self.on_room: Callable[[], None] | None = None
        """Called, under the machine's lock, whenever the room may have changed; set while bytes wait for it."""
        self._sinks: tuple[Callable[[int], None], ...] = ()
        self._blocks: dict[Callable[[int], None], Callable[[bytes], None]] = {}
        self.observer: InputObserver | None = None
        """Hears what the host sends; for a recorder."""
        self.clock: MasterClock | None = None
        """Settled after each received byte, so that nothing depends on how the host cuts what it sends."""

    def send(self, value: int) -> None:
        """One byte from the device to the host (the low 8 bits of ``value``)."""
        for sink in self._sinks:
            sink(value & 0xFF)

    def send_bytes(self, buffer: bytearray, first: int, length: int) -> None:
        """``length`` bytes of ``buffer``, from ``first`` on; what would reach past its end is not sent."""
        data = bytes(buffer[first : first + length])
        for sink in self._sinks:
            block = self._blocks.get(sink)
            if block is not None:
                block(data)
                continue
            for value in data:
                sink(value)

    def connect(self, sink: Callable[[int], None], block: Callable[[bytes], None] | None = None) -> None:
        """Give bytes that the device sends to ``sink`` too, one at a time, or to ``block`` those sent together."""
        self._sinks = (*self._sinks, sink)
        if block is not None:
            self._blocks[sink] = block

    def disconnect(self, sink: Callable[[int], None]) -> None:
        """Undo one ``connect``; a sink that is not connected is ignored."""
        sinks = list(self._sinks)
        if sink in sinks:
            sinks.remove(sink)
            self._sinks = tuple(sinks)
            self._blocks.pop(sink, None)

    def receive(self, data: bytes) -> None:
        """Bytes from the host to the device, in order. The machine's lock is held."""
        if self.observer is not None:
            self.observer.begin()
        clock = self.clock
        for value in data:
            self._on_receive(value)
            if clock is not None and clock.queue.due:
                clock.settle()
        if self.observer is not None:
            self.observer.received(data)

    def receive_break(self) -> None:
        """A break condition from the host; a device that knows none ignores it."""
        if self.observer is not None:
            self.observer.begin()
        if self._on_break is not None:
            self._on_break()
        if self.observer is not None:
            self.observer.received(None)

    def room(self) -> int:
        """How many bytes the device can take now; a device that does not say so takes any number."""
        return ROOMY if self._room is None else self._room()

    def room_changed(self) -> None:
        """Tell those who wait for room to look again. Called by the device."""
        if self.on_room is not None:
            self.on_room()

    @property
    def listens(self) -> bool:
        """Whether the device does anything with bytes it receives."""
        return self._on_receive is not _drop
