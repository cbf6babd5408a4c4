"""A readable trace: a line for each access, with the description's names, and for each change that it caused.

    0.001204117 0x707d rtc.IMSC write 1 (ALARM=1)
    0.001204117        rtc.IMSC.ALARM 0→1
    1.000000000        rtc.RIS.ALARM 0→1
    1.000000000        rtc.intr 0→1

The columns are: the virtual time in seconds; for an access of the guest on a CPU host, the offset of its instruction in
the code segment; the name; the access or change. At an MMIO write under KVM the offset is that of the next instruction,
because KVM has completed the write's instruction. Coalesced writes have no offset. Without a processor, an access to a
PCI device has its BAR and offset instead: ``BAR0+0x18``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Literal, get_args

from devgen.runtime.base.guest_log import REFUSED, Refusal
from devgen.runtime.device.device import Device
from devgen.runtime.memory.event_notifier import IoEventFd
from devgen.runtime.observe.access_names import NameFilter, Part, RegisterNames, element_name, number_text
from devgen.runtime.observe.attachment import Attachment
from devgen.runtime.observe.journal import observed_line
from devgen.runtime.observe.observable import Observable
from devgen.runtime.observe.quiet_observer import QuietObserver
from devgen.runtime.observe.register_changes import StateChanges
from devgen.runtime.pci import PciDevice

Level = Literal["access", "field", "all"]
"""``access``: reads, writes, doorbells. ``field``: also the values of fields and the registers that have changed.
``all``: also hidden state, lines, bytes of streams, events, DMA and resets. Errors are shown at each level."""

LEVELS: Final[tuple[Level, ...]] = get_args(Level)

ProgramCounter = Callable[[], int | None]

_SHOWN: Final = 32


def no_processor() -> None:
    """Return None, the program counter without a processor."""
    return None


class Tracer:
    """Traces the devices of ``scene``, from construction to ``close()``; ``emit`` is called with each line.

    ``wanted`` selects devices, registers and lines by name. If ``emit`` raises OSError, the trace ends with the reason
    in ``error``. ``emit`` is called under the scene's lock.
    """

    def __init__(
        self,
        scene: Observable,
        emit: Callable[[str], None],
        level: Level = "field",
        wanted: NameFilter | None = None,
        program_counter: ProgramCounter = no_processor,
    ) -> None:
        self.level = level
        self.wanted = wanted or NameFilter()
        self.error: OSError | None = None
        self._emit = emit
        self._clock = scene.clocks.virtual
        self._program_counter = program_counter
        self._scene = scene
        with scene.lock:
            self._attachment = Attachment(scene)
            for device in scene.devices.values():
                if self.wanted.may_pass(device.name):
                    DeviceTracer(self, device, self._attachment)

    def say(self, name: str, what: str, place: str | None = None) -> None:
        """Write a line about ``name`` if it is wanted. ``place`` of an access is shown without a program counter."""
        if self.error is not None or not self.wanted(name):
            return
        pc = None if place is None else self._program_counter()
        if pc is not None:
            place = f"{pc:#06x}"
        seconds, ns = divmod(self._clock.now(), 1_000_000_000)
        try:
            self._emit(f"{seconds:5}.{ns:09} {place or '':>10} {name} {what}".rstrip())
        except OSError as error:
            self.error = error

    def close(self) -> None:
        """End the trace. May be called again."""
        with self._scene.lock:
            self._attachment.detach()

    def __enter__(self) -> Tracer:
        """Use as a context that ends the trace."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the trace."""
        self.close()


class DeviceTracer:
    """Observes one device for a tracer."""

    def __init__(self, tracer: Tracer, device: Device, attachment: Attachment) -> None:
        self._tracer = tracer
        self._device = device
        self._names = RegisterNames(device)
        self._places = _bar_places(device)
        self._level = tracer.level
        self._changes = StateChanges(device, hidden=tracer.level == "all")
        attachment.accesses(device, partial(_SpaceTracer, self))
        attachment.doorbells(device, self._rung)
        attachment.events(self._event)
        if tracer.level == "all":
            self._attach_all(attachment)
        else:
            attachment.device(device, _RefusalTracer(self))

    def _attach_all(self, attachment: Attachment) -> None:
        device = self._device
        for name, line in (*device.irqs.items(), *device.gpio_out.items()):
            attachment.line(observed_line(device, line), partial(self._line_changed, name))
        for name, stream in device.streams.items():
            attachment.stream(stream, _StreamTracer(self, name), partial(self._sent, name))
        attachment.device(device, self)
        attachment.resets(self._reset)

    # --- accesses ------------------------------------------------------------------------

    def show_changes(self) -> None:
        """Write the changes since the last call, caused by an access or by a timer."""
        if self._level == "access":
            return
        for change in self._changes.take():
            self._say(change.name, str(change).partition(" ")[2])

    def parts(self, space: str, write: bool, offset: int, size: int) -> tuple[Part, ...]:
        """Return the registers that an access is about to reach."""
        return self._names.parts(space, offset, size, write)

    def accessed(self, space: str, write: bool, offset: int, parts: tuple[Part, ...], value: int) -> None:
        """Write an access; a read has been carried out, a write will be."""
        verb = "write" if write else "read"
        for part in parts:
            others = [other for other in part.alternates if self._wants(other.name)]
            if not self._wants(part.name):
                for other in others:
                    self._say_access(verb, other, (), space, offset, value)
            else:
                self._say_access(verb, part, others, space, offset, value)

    def _wants(self, name: str) -> bool:
        return self._tracer.wanted(f"{self._device.name}.{name}")

    def _say_access(self, verb: str, part: Part, others: Sequence[Part], space: str, offset: int, value: int) -> None:
        """Write the line of an access; ``others`` are the other registers with the same bytes."""
        names = [f"{other.name} {self._fields(other, value)}".rstrip() for other in others]
        also = f" also {', '.join(names)}" if names else ""
        what = f"{verb} {number_text(part.value(value))} {self._fields(part, value)}".rstrip()
        self._say(part.name, what + also, self._place(space, offset))

    def _fields(self, part: Part, value: int) -> str:
        return "" if self._level == "access" else part.show_fields(value)

    def _place(self, space: str, offset: int) -> str:
        place = self._places.get(space)
        return "" if place is None else f"{place[0]}+{place[1] + offset:#x}"

    def _rung(self, doorbell: IoEventFd, count: int) -> None:
        self._say(doorbell.name, f"rung {count} times" if count > 1 else "rung")

    # --- other observations, at level all -------------------------------------------------

    def _line_changed(self, name: str, level: int) -> None:
        self.show_changes()
        self._say(name, f"{1 - level}→{level}")

    def _sent(self, stream: str, value: int) -> None:
        self._say(stream, f"sends {bytes((value,))!r}"[:_SHOWN].replace("b'", "'"))

    def received(self, stream: str, data: bytes | None) -> None:
        """Write received bytes, or a break."""
        self._say(stream, "receives a break" if data is None else f"receives {data[:_SHOWN]!r}")
        self.show_changes()

    def _event(self, device: str, event: str, values: dict[str, int]) -> None:
        if device != self._device.name:
            return
        text = self._device.ERRORS.get(event)
        if text is not None:
            self._say(event, f"error: {text.format(**values)}")
        elif self._tracer.level == "all":
            self._say(event, " ".join(f"{name}={number_text(value)}" for name, value in values.items()) or "happens")

    def _reset(self, done: bool) -> None:
        if done:
            self._tracer.say(self._device.name, "reset")
            self.show_changes()

    def begin(self) -> None:
        """See DeviceObserver."""

    def driven(self, name: str, level: int) -> None:
        """See DeviceObserver."""
        self._say(name, f"driven to {level}")
        self.show_changes()

    def loaded(self, address: int, data: bytes) -> None:
        """See DeviceObserver."""
        self._say("memory", f"load {address:#x} {len(data)} bytes {data[:_SHOWN].hex()}")

    def stored(self, address: int, data: bytes) -> None:
        """See DeviceObserver."""
        self._say("memory", f"store {address:#x} {len(data)} bytes {data[:_SHOWN].hex()}")

    def refused(self, verb: str, address: int, length: int) -> None:
        """See DeviceObserver."""
        self._say("memory", f"{verb} {address:#x} {length} bytes refused: not a bus master")

    def dropped(self, register: str, index: int | None, reason: Refusal) -> None:
        """See DeviceObserver."""
        name = element_name(register, index, self._device.ELEMENTS.get(register))
        self._say(name, f"write dropped: {REFUSED[reason]}")

    def unsent(self, vector: int) -> None:
        """See DeviceObserver."""
        self.show_changes()
        self._say("vector", f"{vector} refused: not a bus master")

    def _say(self, name: str, what: str, place: str | None = None) -> None:
        self._tracer.say(f"{self._device.name}.{name}", what, place)


def _bar_places(device: Device) -> dict[str, tuple[str, int]]:
    """Return (BAR, offset) of each region of a PCI device."""
    if not isinstance(device, PciDevice):
        return {}
    places = {
        place.region.name: ("ROM" if place.bar == "rom" else f"BAR{place.bar}", place.offset)
        for place in (*device.message_places, *device.placements)
        if place.bar is not None
    }
    return {**places, "cfg": ("cfg", 0)}


class _SpaceTracer:
    """Observes the accesses of one region. A write is written before it is carried out, so its effects follow it."""

    __slots__ = ("_parts", "_space", "_tracer")

    def __init__(self, tracer: DeviceTracer, space: str) -> None:
        self._tracer = tracer
        self._space = space
        self._parts: tuple[Part, ...] = ()

    def before(self, write: bool, offset: int, size: int, value: int) -> None:
        self._tracer.show_changes()
        self._parts = self._tracer.parts(self._space, write, offset, size)
        if write:
            self._tracer.accessed(self._space, write, offset, self._parts, value)

    def after(self, write: bool, offset: int, size: int, value: int) -> None:
        if not write:
            self._tracer.accessed(self._space, write, offset, self._parts, value)
        self._tracer.show_changes()


class _RefusalTracer(QuietObserver):
    """Observes only refused writes: all that the levels below `all` show of a `DeviceObserver`."""

    __slots__ = ("_tracer",)

    def __init__(self, tracer: DeviceTracer) -> None:
        self._tracer = tracer

    def dropped(self, register: str, index: int | None, reason: Refusal) -> None:
        self._tracer.dropped(register, index, reason)


class _StreamTracer:
    __slots__ = ("_name", "_tracer")

    def __init__(self, tracer: DeviceTracer, name: str) -> None:
        self._tracer = tracer
        self._name = name

    def begin(self) -> None:
        """Do nothing: `received` writes the line."""

    def received(self, data: bytes | None) -> None:
        self._tracer.received(self._name, data)
