"""The base class of every generated device: what it owns, and what it is handed.

A device knows offsets, lines and clocks; it knows nothing of the machine or the host around it. All of its methods
are called under the machine's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal, Protocol

from devgen.runtime.base.faults import DeviceError, StateError, suggest
from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.base.packed_memory import pack, unpack
from devgen.runtime.base.plain_state import Json, integer, mapping
from devgen.runtime.device.byte_stream import ByteStream
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.irq_line import GpioIn, IrqLine
from devgen.runtime.device.properties import Property, PropertyValue
from devgen.runtime.device.saved_state import Restoration, StateItem, arm_restored, copy_into, prepare_item, save_item
from devgen.runtime.memory.event_notifier import EventNotifier, IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion

Space = Literal["mmio", "pio"]
BarIndex = int | Literal["rom"]


@dataclass(slots=True, frozen=True)
class RegionPlace:
    """A region of a device and where it wants to be: a space of its own choice of address, or an offset in a BAR."""

    region: MemoryRegion
    space: Space
    bar: BarIndex | None = None
    offset: int = 0


class DeviceObserver(Protocol):
    """Hears what reaches a device beside accesses to its regions; a recorder is one."""

    def loaded(self, address: int, data: bytes) -> None:
        """The device has read guest memory."""
        ...

    def stored(self, address: int, data: bytes) -> None:
        """The device has written guest memory."""
        ...

    def refused(self, verb: str, address: int, length: int) -> None:
        """The device wanted to ``load`` or ``store`` and may not: it is no bus master."""
        ...

    def unsent(self, vector: int) -> None:
        """A message is lost that a host would have delivered in its own way: the device is no bus master."""
        ...

    def begin(self) -> object:
        """A GPIO input is about to change."""
        ...

    def driven(self, name: str, level: int) -> None:
        """A GPIO input has changed, and the device has reacted."""
        ...


class Device:
    """Base of a device. A subclass declares the class attributes and adds its parts in ``__init__``.

    ``STATE`` is what a snapshot holds; ``EVENTS`` the names of events (empty: any); ``ERRORS`` those events that are
    errors → the line that tells of one, with the names of its values in braces; ``FIELDS`` register → (field,
    lowest bit, width), for those who print accesses; ``PROBES`` the description's functions without parameters → the
    method that computes one, for those who look at a device from outside.

    Raises DeviceError for a property that is unknown, of a wrong type or outside its range.
    """

    NAME: ClassVar[str] = "device"
    TITLE: ClassVar[str] = ""
    BUS: ClassVar[str] = "sysbus"
    VERSION: ClassVar[int] = 1
    PROPERTIES: ClassVar[tuple[Property, ...]] = ()
    STATE: ClassVar[tuple[StateItem, ...]] = ()
    EVENTS: ClassVar[tuple[str, ...]] = ()
    ERRORS: ClassVar[Mapping[str, str]] = {}
    FIELDS: ClassVar[Mapping[str, tuple[tuple[str, int, int], ...]]] = {}
    PROBES: ClassVar[Mapping[str, str]] = {}

    def __init__(self, env: Environment, /, **properties: PropertyValue) -> None:
        self.env = env
        self.name = env.name or self.NAME
        self.clocks = env.clocks
        self.log = env.log or AccessLog(self.name)
        self.properties: dict[str, PropertyValue] = {}
        self.regions: dict[str, MemoryRegion] = {}
        self.placements: list[RegionPlace] = []
        self.irqs: dict[str, IrqLine] = {}
        self.gpio_in: dict[str, GpioIn] = {}
        self.gpio_out: dict[str, IrqLine] = {}
        self.streams: dict[str, ByteStream] = {}
        self.observer: DeviceObserver | None = None
        self.engaged = 0
        """See `devgen.runtime.memory.memory_region.Owner`."""
        self._notifiers: list[EventNotifier] = []
        self._set_properties(properties)

    # --- building ----------------------------------------------------------------------

    def _set_properties(self, given: Mapping[str, PropertyValue]) -> None:
        known = {declared.name: declared for declared in self.PROPERTIES}
        for name in given:
            if name not in known:
                raise DeviceError(f"{self.name}: {self.NAME} has no property '{name}'{suggest(name, known)}")
        for name, declared in known.items():
            value = declared.check(self.name, given.get(name, declared.default))
            self.properties[name] = value
            if not hasattr(self, name):  # what the base has for itself keeps its meaning
                setattr(self, name, value)

    def int_property(self, name: str) -> int:
        """The value in force of a declared int property."""
        value = self.properties[name]
        assert isinstance(value, int)  # checked against the declaration
        return value

    def bool_property(self, name: str) -> bool:
        """The value in force of a declared bool property."""
        return self.properties[name] is True

    def bytes_property(self, name: str) -> bytes:
        """The value in force of a declared property of bytes."""
        return bytes.fromhex(str(self.properties[name]))

    def string_property(self, name: str) -> str:
        """The value in force of a declared string property."""
        return str(self.properties[name])

    def add_region(
        self, region: MemoryRegion, *, space: Space = "mmio", bar: BarIndex | None = None, offset: int = 0
    ) -> MemoryRegion:
        """Own ``region``; a board places it in ``space`` by its name, or (PCI) it lies at ``offset`` in ``bar``."""
        if region.name in self.regions:
            raise DeviceError(f"{self.name}: two regions named '{region.name}'")
        self.regions[region.name] = region
        region.owner = self
        self.placements.append(RegionPlace(region, space, bar, offset))
        return region

    def add_irq(self, name: str) -> IrqLine:
        """An interrupt output, low."""
        line = self.irqs[name] = IrqLine(name)
        return line

    def add_irqs(self, name: str, count: int) -> list[IrqLine]:
        """An array of interrupt outputs ``name[0]`` .., low."""
        return [self.add_irq(f"{name}[{index}]") for index in range(count)]

    def add_gpio_in(self, name: str, handler: Callable[[int], None]) -> GpioIn:
        """An input; ``handler(level)`` is called when it is driven to another level."""
        line = self.gpio_in[name] = GpioIn(name, partial(self._driven, name, handler))
        return line

    def _driven(self, name: str, handler: Callable[[int], None], level: int) -> None:
        if self.observer is None:
            handler(level)
            return
        self.observer.begin()
        handler(level)
        self.observer.driven(name, level)

    def add_gpio_ins(self, name: str, count: int, handler: Callable[[int, int], None]) -> list[GpioIn]:
        """An array of inputs ``name[0]`` ..; ``handler(index, level)``."""
        return [self.add_gpio_in(f"{name}[{index}]", partial(handler, index)) for index in range(count)]

    def add_gpio_out(self, name: str, reset: int = 0) -> IrqLine:
        """An output, at level ``reset``."""
        line = self.gpio_out[name] = IrqLine(name, reset)
        return line

    def add_gpio_outs(self, name: str, count: int, reset: int = 0) -> list[IrqLine]:
        """An array of outputs ``name[0]`` .., at level ``reset``."""
        return [self.add_gpio_out(f"{name}[{index}]", reset) for index in range(count)]

    def add_stream(
        self,
        name: str,
        on_receive: Callable[[int], None] | None = None,
        on_break: Callable[[], None] | None = None,
        room: Callable[[], int] | None = None,
    ) -> ByteStream:
        """A byte stream; ``on_receive(byte)`` is called for each byte from the host, of which it sends ``room()``."""
        stream = self.streams[name] = ByteStream(name, on_receive, on_break, room)
        stream.clock = self.clocks.virtual
        return stream

    def add_doorbell(
        self,
        region: MemoryRegion,
        name: str,
        offset: int,
        length: int,
        match: int | None,
        handler: Callable[[int], None],
    ) -> IoEventFd:
        """A doorbell at ``offset`` of ``region``: a write of ``length`` bytes (0: any), of ``match`` or any value.

        ``handler(count)`` hears how often it was rung. Raises DeviceError if another doorbell of the region would hear
        the same write, as the kernel's ioeventfd says EEXIST.
        """
        for other in region.ioeventfds:
            if _collide(other, offset, length, match):
                raise DeviceError(
                    f"{self.name}: doorbell '{name}' collides with '{other.name}': both hear a write "
                    f"at offset {offset:#x} of '{region.name}'"
                )
        notifier = EventNotifier()
        self._notifiers.append(notifier)
        doorbell = IoEventFd(offset, length, match, notifier, handler, name)
        region.ioeventfds.append(doorbell)
        return doorbell

    # --- what statements of the description do -------------------------------------------

    def emit(self, event: str, /, **values: int) -> None:
        """Report a host-visible event. An error is logged too, in one line; see `AccessLog.error`."""
        text = self.ERRORS.get(event)
        if text is not None:
            self.log.error(text.format(**values))
        self.env.on_event(self.name, event, values)

    @staticmethod
    def text_byte(text: str, index: int) -> int:
        """A byte of a string in UTF-8; 0 past its end."""
        data = text.encode()
        return data[index] if index < len(data) else 0

    def load_memory(self, address: int, size: int) -> int:
        """A little-endian read of ``size`` bytes of guest memory; all ones where there is nothing.

        It is one access if the address is a multiple of ``size``: see `devgen.runtime.memory.shared_bytes`.
        """
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("load", address, size)
            return (1 << 8 * size) - 1
        self.engaged += 1
        try:
            value = memory.load(address & _ADDRESS, size)
        finally:
            self.engaged -= 1
        if self.observer is not None:
            self.observer.loaded(address & _ADDRESS, value.to_bytes(size, "little"))
        return value

    def store_memory(self, address: int, value: int, size: int) -> None:
        """A little-endian write of ``size`` bytes to guest memory; dropped where there is nothing.

        A guest may point a device's DMA at the device itself: such an access is refused, and logged once.
        """
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("store", address, size)
            return
        value &= (1 << 8 * size) - 1
        self.engaged += 1
        try:
            memory.store(address & _ADDRESS, value, size)
        finally:
            self.engaged -= 1
        if self.observer is not None:
            self.observer.stored(address & _ADDRESS, value.to_bytes(size, "little"))

    def load_bytes(self, address: int, buffer: bytearray, start: int, length: int) -> None:
        """Copy ``length`` bytes of guest memory into ``buffer`` from element ``start`` on, as far as it reaches.

        Memory that cannot be reached reads as ones, as in ``load_memory``.
        """
        length = min(length, len(buffer) - start)
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("load", address, length)
            buffer[start : start + length] = b"\xff" * length
            return
        self.engaged += 1
        try:
            data = memory.read_bytes(address & _ADDRESS, length)
        finally:
            self.engaged -= 1
        buffer[start : start + length] = data
        if self.observer is not None:
            self.observer.loaded(address & _ADDRESS, data)

    def store_bytes(self, address: int, buffer: bytearray, start: int, length: int) -> None:
        """Copy ``length`` bytes of ``buffer`` from element ``start`` on, as far as it reaches, to guest memory."""
        data = bytes(buffer[start : start + length])
        memory = self.env.memory
        if memory is None or not self.may_master():
            self._refuse("store", address, len(data))
            return
        self.engaged += 1
        try:
            memory.write_bytes(address & _ADDRESS, data)
        finally:
            self.engaged -= 1
        if self.observer is not None:
            self.observer.stored(address & _ADDRESS, data)

    @staticmethod
    def fill_bytes(buffer: bytearray, start: int, length: int, value: int) -> None:
        """Put ``value`` into ``length`` bytes of ``buffer`` from element ``start`` on, as far as it reaches."""
        end = min(start + length, len(buffer))
        piece = bytes((value,)) * min(end - start, _PIECE)
        for at in range(start, end, _PIECE):
            buffer[at : min(at + _PIECE, end)] = piece[: end - at]

    def _refuse(self, verb: str, address: int, length: int) -> None:
        if self.observer is not None:
            self.observer.refused(verb, address & _ADDRESS, length)

    def may_master(self) -> bool:
        """Whether the device may reach guest memory; a PCI device asks its command register."""
        return True

    # --- life ----------------------------------------------------------------------------

    def reset(self) -> None:
        """Machine reset. A subclass resets what it declares and calls this first."""

    def close(self) -> None:
        """Release what the host lent: doorbells' descriptors and memory of RAM and ROM regions."""
        for notifier in self._notifiers:
            notifier.close()
        self._notifiers.clear()
        for region in self.regions.values():
            if region.memory is not None:
                region.memory.close()

    # --- snapshots -----------------------------------------------------------------------

    def probe(self, what: str) -> int:
        """What an output, or a function of the description without parameters, is now.

        Raises DeviceError if ``what`` is neither.
        """
        if what in self.PROBES:
            return int(getattr(self, self.PROBES[what])())
        for lines in (self.gpio_out, self.irqs):
            if what in lines:
                return lines[what].level
        raise DeviceError(f"{self.name}: no output '{what}'{suggest(what, (*self.PROBES, *self.gpio_out, *self.irqs))}")

    def save_state(self) -> dict[str, Json]:
        """All that the device is, as plain JSON data with a version."""
        order = {id(timer): rank for rank, timer in enumerate(self.clocks.virtual.queue.armed())}
        return {
            "device": self.NAME,
            "version": self.VERSION,
            "properties": dict(self.properties),
            "state": {item.name: save_item(getattr(self, item.held_in), order) for item in self.STATE},
            "irqs": {name: line.level for name, line in self.irqs.items()},
            "gpio_in": {name: line.level for name, line in self.gpio_in.items()},
            "gpio_out": {name: line.level for name, line in self.gpio_out.items()},
            "memory": {name: pack(ram.view) for name, region in self.regions.items() if (ram := region.memory)},
        }

    def load_state(self, data: Json) -> None:
        """Become what ``save_state`` saved. Raises StateError, with nothing changed, for data that is not that.

        Counters and deadlines are saved in their clocks' times, which the clocks must show already (`Clocks.restore`).
        """
        restoration = self.prepare_state(data)
        restoration.apply()
        arm_restored([restoration])

    def prepare_state(self, data: Json) -> Restoration:
        """Check saved data whole. Raises StateError; the data may come from anywhere."""
        restoration = Restoration()
        try:
            self._prepare(mapping(data, "saved state"), restoration)
        except StateError as error:
            raise StateError(f"{self.name}: {error}") from None
        return restoration

    def _prepare(self, data: Mapping[str, Json], restoration: Restoration) -> None:
        keys = ("device", "version", "properties", "state", "irqs", "gpio_in", "gpio_out", "memory")
        self._check_identity(data)
        data = mapping(data, "saved state", keys)
        state = mapping(data["state"], "'state'", [item.name for item in self.STATE])
        for item in self.STATE:
            prepare_item(self, item, state[item.name], restoration)
        for kind, lines in (("irqs", self.irqs), ("gpio_out", self.gpio_out)):
            levels = mapping(data[kind], f"'{kind}'", list(lines))
            for name, line in lines.items():
                restoration.actions.append(partial(line.set, integer(levels[name], 0, 1, f"level of '{name}'")))
        inputs = mapping(data["gpio_in"], "'gpio_in'", list(self.gpio_in))
        for name, pin in self.gpio_in.items():
            level = integer(inputs[name], 0, 1, f"level of '{name}'")
            restoration.actions.append(partial(setattr, pin, "level", level))
        self._prepare_memory(data["memory"], restoration)
        restoration.actions += [stream.room_changed for stream in self.streams.values()]

    def _check_identity(self, data: Mapping[str, Json]) -> None:
        if data.get("device") != self.NAME:
            raise StateError(f"this is the state of {str(data.get('device'))[:64]!r}, not of {self.NAME!r}")
        version = data.get("version")
        if version != self.VERSION or isinstance(version, bool):
            raise StateError(f"state version {str(version)[:32]} is not the version {self.VERSION} known here")
        if data.get("properties") != self.properties:
            raise StateError("it was saved with other properties than this device has")

    def _prepare_memory(self, data: Json, restoration: Restoration) -> None:
        blocks = {name: region.memory for name, region in self.regions.items() if region.memory is not None}
        saved = mapping(data, "'memory'", list(blocks))
        for name, block in blocks.items():
            contents = unpack(saved[name], len(block.view), f"memory of '{name}'")
            restoration.actions.append(partial(copy_into, block.view, contents))


_ADDRESS = (1 << 64) - 1

_PIECE = 1 << 16
"""Bytes filled at once: what a processor's cache holds is the fastest to copy from."""


def _collide(other: IoEventFd, offset: int, length: int, match: int | None) -> bool:
    """Whether one write can ring both; a length of 0 and a match of None hear any."""
    if other.offset != offset:
        return False
    if length and other.length and length != other.length:
        return False
    return match is None or other.match is None or match == other.match
