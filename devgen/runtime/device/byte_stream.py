"""Byte streams between a device and a host character device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from devgen.runtime.time.clock import MasterClock

ROOMY: Final = 4096
"""Free bytes reported for a device that does not report its own."""

WRITABLE: Final = 1 << 20
"""Most bytes that the host takes at once. It is also the size of the backlog of a backend that takes none."""

HALF: Final = WRITABLE // 2
"""When a device had less room than this, it is notified once this much is free again."""


def _drop(_value: int) -> None:
    """Drop a byte: the device does not receive."""


class InputObserver(Protocol):
    """Observes the host's input: ``begin`` is called before the device handles it, ``received`` after."""

    def begin(self) -> object:
        """Called before input is delivered to the device."""
        ...

    def received(self, data: bytes | None) -> None:
        """Called after the device has handled ``data``; None is a break condition."""
        ...


class ByteStream:
    """A byte stream of a device. The device calls ``send``; the host connects a sink and calls ``receive``.

    ``room()`` returns how many bytes the device can accept now. It is advisory: a host that sends more causes an
    overrun, as on a serial line without handshake.
    """

    __slots__ = (
        "_blocks", "_collected", "_collections", "_on_break", "_on_receive", "_on_writable", "_room", "_sinks", "clock",
        "name", "observer", "on_room", "outlet",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        on_receive: Callable[[int], None] | None = None,
        on_break: Callable[[], None] | None = None,
        room: Callable[[], int] | None = None,
        on_writable: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._on_receive = on_receive or _drop
        self._on_break = on_break
        self._room = room
        self.on_room: Callable[[], None] | None = None
        """Called under the machine's lock when ``room()`` may have changed; set by a host while bytes are waiting."""
        self._on_writable = on_writable
        self.outlet: Callable[[], int] | None = None
        """Returns how many bytes the host accepts now, where that is limited. The host sets it."""
        self._sinks: tuple[Callable[[int], None], ...] = ()
        self._blocks: dict[Callable[[int], None], Callable[[bytes], None]] = {}
        self._collections: dict[Callable[[int], None], bytearray] = {}
        self._collected: bytearray | None = None
        """Where the only sink collects its bytes: a shortcut past the sink while some are there already."""
        self.observer: InputObserver | None = None
        """Called for the host's input; used by a recorder."""
        self.clock: MasterClock | None = None
        """Settled after each received byte, so that behaviour does not depend on how the host splits its input."""

    def send(self, value: int) -> None:
        """Send one byte from the device to the host: the low 8 bits of ``value``."""
        collected = self._collected
        if collected and len(collected) < WRITABLE:
            collected.append(value & 0xFF)
            return
        for sink in self._sinks:
            sink(value & 0xFF)

    def send_bytes(self, buffer: bytearray, first: int, length: int) -> None:
        """Send ``length`` bytes of ``buffer`` from index ``first``, or fewer if the buffer ends before."""
        data = bytes(buffer[first : first + length])
        for sink in self._sinks:
            block = self._blocks.get(sink)
            if block is not None:
                block(data)
                continue
            for value in data:
                sink(value)

    def connect(
        self,
        sink: Callable[[int], None],
        block: Callable[[bytes], None] | None = None,
        collected: bytearray | None = None,
    ) -> None:
        """Call ``sink`` with each byte that the device sends; ``block``, if given, gets bytes sent together.

        A sink may keep bytes in ``collected``, up to `WRITABLE` of them. While it is the only sink and has some, the
        stream appends further single bytes itself.
        """
        self._sinks = (*self._sinks, sink)
        if block is not None:
            self._blocks[sink] = block
        if collected is not None:
            self._collections[sink] = collected
        self._find_collected()

    def disconnect(self, sink: Callable[[int], None]) -> None:
        """Undo one ``connect``; a sink that is not connected is ignored."""
        sinks = list(self._sinks)
        if sink in sinks:
            sinks.remove(sink)
            self._sinks = tuple(sinks)
            self._blocks.pop(sink, None)
            self._collections.pop(sink, None)
        self._find_collected()

    def _find_collected(self) -> None:
        self._collected = self._collections.get(self._sinks[0]) if len(self._sinks) == 1 else None

    def receive(self, data: bytes) -> None:
        """Deliver bytes from the host to the device, in order. The machine's lock must be held."""
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
        """Deliver a break condition from the host; a device without a break handler ignores it."""
        if self.observer is not None:
            self.observer.begin()
        if self._on_break is not None:
            self._on_break()
        if self.observer is not None:
            self.observer.received(None)

    def room(self) -> int:
        """Return how many bytes the device can accept now; `ROOMY` if the device does not report it."""
        return ROOMY if self._room is None else self._room()

    @property
    def writable(self) -> int:
        """How many bytes the host takes now, 0 to `WRITABLE`. It is advice: what is sent beyond that may be lost."""
        collected = self._collected
        if collected is not None and len(collected) <= HALF:
            return WRITABLE - len(collected)
        if self.outlet is None:
            return WRITABLE
        room = self.outlet()
        return 0 if room < 0 else room if room < WRITABLE else WRITABLE

    def writable_again(self) -> None:
        """The host takes bytes again, or a run begins. The machine's lock is held."""
        if self._on_writable is not None:
            self._on_writable()
            if self.clock is not None and self.clock.queue.due:
                self.clock.settle()

    def room_changed(self) -> None:
        """Notify the host that ``room()`` may have changed. Called by the device."""
        if self.on_room is not None:
            self.on_room()

    @property
    def listens(self) -> bool:
        """Whether the device handles received bytes."""
        return self._on_receive is not _drop
