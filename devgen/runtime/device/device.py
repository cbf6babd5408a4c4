"""The base class of every generated device.

A device uses offsets, lines and clocks; it does not depend on the machine or the host. All of its methods are called
under the machine's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from devgen.runtime.base.faults import DeviceError, StateError, suggest
from devgen.runtime.base.guest_log import AccessLog, Refusal
from devgen.runtime.base.packed_memory import pack, unpack
from devgen.runtime.base.plain_state import Json, integer, mapping
from devgen.runtime.device.bus_master import BusMaster, DeviceObserver
from devgen.runtime.device.byte_stream import ByteStream
from devgen.runtime.device.described_registers import DescribedRegisters
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.firmware_identity import AcpiIdentity, DeviceTreeIdentity
from devgen.runtime.device.irq_line import GpioIn, IrqLine
from devgen.runtime.device.properties import Property, PropertyValue
from devgen.runtime.device.saved_state import Restoration, StateItem, arm_restored, copy_into, prepare_item, save_item
from devgen.runtime.memory.event_notifier import EventNotifier, IoEventFd
from devgen.runtime.memory.memory_region import MemoryRegion

Space = Literal["mmio", "pio"]
BarIndex = int | Literal["rom"]


@dataclass(slots=True, frozen=True)
class RegionPlace:
    """A region of a device and its place: an address space where the board chooses the address, or an offset in a BAR.

    ``offset`` is in bytes.
    """

    region: MemoryRegion
    space: Space
    bar: BarIndex | None = None
    offset: int = 0


class Device(DescribedRegisters, BusMaster):
    """Base class of devices. A subclass sets the class attributes and adds its parts in ``__init__``.

    - ``ACPI``, ``DEVICE_TREE``: what ACPI tables and device trees say of the device.
    - ``STATE``: the attributes that a snapshot contains.
    - ``EVENTS``: names of the device's events; empty allows any name.
    - ``ERRORS``: event name → log message, for events that are errors. ``{name}`` in it is a value of the event.
    - `DescribedRegisters` has the tables of registers.
    - ``PROBES``: name of a function of the description without parameters → name of its method, for `probe`.

    Raises DeviceError for a property that is unknown, of a wrong type or outside its range.
    """

    NAME: ClassVar[str] = "device"
    TITLE: ClassVar[str] = ""
    BUS: ClassVar[str] = "sysbus"
    VERSION: ClassVar[int] = 1
    ACPI: ClassVar[AcpiIdentity | None] = None
    DEVICE_TREE: ClassVar[DeviceTreeIdentity | None] = None
    PROPERTIES: ClassVar[tuple[Property, ...]] = ()
    STATE: ClassVar[tuple[StateItem, ...]] = ()
    EVENTS: ClassVar[tuple[str, ...]] = ()
    ERRORS: ClassVar[Mapping[str, str]] = {}
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
            if not hasattr(self, name):  # never replace an attribute of this base class
                setattr(self, name, value)

    def int_property(self, name: str) -> int:
        """Return the value of a declared int property."""
        value = self.properties[name]
        assert isinstance(value, int)  # checked against the declaration
        return value

    def bool_property(self, name: str) -> bool:
        """Return the value of a declared bool property."""
        return self.properties[name] is True

    def bytes_property(self, name: str) -> bytes:
        """Return the value of a declared bytes property."""
        return bytes.fromhex(str(self.properties[name]))

    def string_property(self, name: str) -> str:
        """Return the value of a declared string property."""
        return str(self.properties[name])

    def add_region(
        self, region: MemoryRegion, *, space: Space = "mmio", bar: BarIndex | None = None, offset: int = 0
    ) -> MemoryRegion:
        """Add ``region``. A board maps it in ``space``, or, for PCI, it is at byte ``offset`` of ``bar``.

        Raises DeviceError if the device has a region of that name.
        """
        if region.name in self.regions:
            raise DeviceError(f"{self.name}: two regions named '{region.name}'")
        self.regions[region.name] = region
        region.owner = self
        self.placements.append(RegionPlace(region, space, bar, offset))
        return region

    def add_irq(self, name: str) -> IrqLine:
        """Add an interrupt output at level 0."""
        line = self.irqs[name] = IrqLine(name)
        return line

    def add_irqs(self, name: str, count: int) -> list[IrqLine]:
        """Add an array of interrupt outputs ``name[0]``, ``name[1]``, ... at level 0."""
        return [self.add_irq(f"{name}[{index}]") for index in range(count)]

    def add_gpio_in(self, name: str, handler: Callable[[int], None]) -> GpioIn:
        """Add a GPIO input; ``handler(level)`` is called each time that it is driven."""
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
        """Add an array of GPIO inputs ``name[0]``, ``name[1]``, ...; they call ``handler(index, level)``."""
        return [self.add_gpio_in(f"{name}[{index}]", partial(handler, index)) for index in range(count)]

    def add_gpio_out(self, name: str, reset: int = 0) -> IrqLine:
        """Add a GPIO output at level ``reset``."""
        line = self.gpio_out[name] = IrqLine(name, reset)
        return line

    def add_gpio_outs(self, name: str, count: int, reset: int = 0) -> list[IrqLine]:
        """Add an array of GPIO outputs ``name[0]``, ``name[1]``, ... at level ``reset``."""
        return [self.add_gpio_out(f"{name}[{index}]", reset) for index in range(count)]

    def add_stream(
        self,
        name: str,
        on_receive: Callable[[int], None] | None = None,
        on_break: Callable[[], None] | None = None,
        room: Callable[[], int] | None = None,
        on_writable: Callable[[], None] | None = None,
    ) -> ByteStream:
        """Add a byte stream; ``on_receive(byte)`` is called for each byte from the host.

        ``on_break()`` is called for a break condition. ``room()`` returns how many bytes the device can accept now.
        ``on_writable()`` is called when the host accepts bytes again.
        """
        stream = self.streams[name] = ByteStream(name, on_receive, on_break, room, on_writable)
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
        """Add a doorbell at byte ``offset`` of ``region``.

        It matches a write of ``length`` bytes (0: any length) with the value ``match`` (None: any value).
        ``handler(count)`` is called with the number of rings. Raises DeviceError if another doorbell of the region
        matches the same write; KVM_IOEVENTFD would fail with EEXIST.
        """
        for other in region.ioeventfds:
            if _collide(other, offset, length, match):
                raise DeviceError(
                    f"{self.name}: doorbell '{name}' collides with '{other.name}': both match a write "
                    f"at offset {offset:#x} of '{region.name}'"
                )
        notifier = EventNotifier()
        self._notifiers.append(notifier)
        doorbell = IoEventFd(offset, length, match, notifier, handler, name)
        region.ioeventfds.append(doorbell)
        return doorbell

    # --- operations of the description's statements --------------------------------------

    def emit(self, event: str, /, **values: int) -> None:
        """Report an event to the host. An event that is an error is also logged; see `AccessLog.error`."""
        text = self.ERRORS.get(event)
        if text is not None:
            self.log.error(text.format(**values))
        self.env.on_event(self.name, event, values)

    def refuse_write(self, register: str, reason: Refusal, index: int | None = None) -> None:
        """Report that ``register``, in an array its element ``index``, did not take a write of software."""
        self.log.refused(register, reason)
        if self.observer is not None:
            self.observer.dropped(register, index, reason)

    @staticmethod
    def text_byte(text: str, index: int) -> int:
        """Return byte ``index`` of ``text`` in UTF-8; 0 past its end."""
        data = text.encode()
        return data[index] if index < len(data) else 0

    @staticmethod
    def fill_bytes(buffer: bytearray, start: int, length: int, value: int) -> None:
        """Set ``length`` bytes of ``buffer`` from index ``start``, up to its end, to ``value``."""
        end = min(start + length, len(buffer))
        piece = bytes((value,)) * min(end - start, _PIECE)
        for at in range(start, end, _PIECE):
            buffer[at : min(at + _PIECE, end)] = piece[: end - at]

    # --- reset and close -----------------------------------------------------------------

    def reset(self) -> None:
        """Reset the device. A subclass calls this first, then resets what it declares."""

    def close(self) -> None:
        """Close the doorbells' descriptors and release the memory of RAM and ROM regions."""
        for notifier in self._notifiers:
            notifier.close()
        self._notifiers.clear()
        for region in self.regions.values():
            if region.memory is not None:
                region.memory.close()

    # --- snapshots -----------------------------------------------------------------------

    def probe(self, what: str) -> int:
        """Return the level of the output ``what``, or the value of the description's function ``what``.

        Only functions without parameters can be probed. Raises DeviceError for any other name.
        """
        if what in self.PROBES:
            return int(getattr(self, self.PROBES[what])())
        for lines in (self.gpio_out, self.irqs):
            if what in lines:
                return lines[what].level
        raise DeviceError(f"{self.name}: no output '{what}'{suggest(what, (*self.PROBES, *self.gpio_out, *self.irqs))}")

    def save_state(self) -> dict[str, Json]:
        """Return the device's state as plain JSON data with a version."""
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
        """Restore data of ``save_state``. Raises StateError, with nothing changed, for other data.

        Counters and deadlines are saved as times of their clocks: restore the clocks first (`Clocks.restore`).
        """
        restoration = self.prepare_state(data)
        restoration.apply()
        arm_restored([restoration])

    def prepare_state(self, data: Json) -> Restoration:
        """Check all saved data, which is untrusted. Raises StateError."""
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


_PIECE = 1 << 16
"""Bytes filled at once: copying from a block that fits the processor's cache is fastest."""


def _collide(other: IoEventFd, offset: int, length: int, match: int | None) -> bool:
    """Whether one write can match both doorbells; length 0 matches any length and match None any value."""
    if other.offset != offset:
        return False
    if length and other.length and length != other.length:
        return False
    return match is None or other.match is None or match == other.match
