"""The bench: one device of a machine without a CPU, driven by a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TextIO, cast, overload

from devgen.hosts.bench.arguments import (
    SIZES,
    BenchError,
    bytes_of,
    check_bar_places,
    check_globs,
    check_level,
    check_line_level,
    check_load,
    check_places,
    check_start,
    check_text_file,
    device_class_of,
    unknown_part,
    wrong_access,
)
from devgen.hosts.bench.bench_registers import Registers
from devgen.hosts.bench.manual_time import ManualTime, clock_of
from devgen.hosts.bench.output_taker import OutputTaker
from devgen.hosts.bench.placing import DECODING, place_bars, region_addresses
from devgen.hosts.bench.sized_accesses import SizedAccesses
from devgen.runtime.base.faults import suggest
from devgen.runtime.base.plain_state import Json, mapping
from devgen.runtime.device.device import Device
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.device.saved_state import arm_restored
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.machine.project_devices import project_registry
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.observe import Level, NameFilter, Tracer
from devgen.runtime.observe.journal import Journal, Output, level_of
from devgen.runtime.observe.recorder import Recorder
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import Clocks

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from devgen.hosts.bench.typed_registers import Described

    Regs = TypeVar("Regs", default=Registers)
    _Typed = TypeVar("_Typed")
else:
    from typing import TypeVar

    Regs = TypeVar("Regs")

DEFAULT_RAM: Final = 16 << 20
SLOT: Final = 4


@dataclass(slots=True, frozen=True)
class Event:
    """A host-visible event: its name, its values, its virtual time in ns."""

    name: str
    values: dict[str, int]
    t: int


class Bench(ManualTime, SizedAccesses, Generic[Regs]):
    """A device on a manual clock. ``device`` is a class, or a name that ``registry`` knows.

    Without a ``registry``, names are looked up in the nearest project from the current folder upwards (see
    `devgen.runtime.machine.project_devices`), then in installed packages and in devgen's catalogue.

    Keyword arguments are the device's properties, except for these:

    - ``ram``: bytes of guest memory at address 0 for DMA, or a RamBlock, which the caller keeps.
    - ``rtc``: seconds since 1970 at time 0.
    - ``at``: region name (PCI: BAR index as text) → address; the bench chooses the other addresses.
    - ``log``: called with log lines about accesses without an effect.
    - ``properties``: properties that have one of these names.

    A PCI device is in slot 4; its BARs are placed, and decoding and bus mastering are enabled (or as ``command`` says).

    Timers that an access, an input or a reset makes due fire before the call returns, at the present time.

    Raises RuntimeFault (BenchError, MachineError, DeviceError) for an unknown device or property or a wrong argument.
    """

    @overload
    def __init__(self: Bench[_Typed], device: type[Described[_Typed]], /, **options: Any) -> None: ...

    @overload
    def __init__(
        self: Bench[Registers],
        device: str | type[Device],
        /,
        *,
        ram: int | RamBlock = ...,
        rtc: int = ...,
        at: Mapping[str, int] | None = ...,
        registry: Registry | None = ...,
        log: Callable[[str], None] | None = ...,
        command: int = ...,
        properties: Mapping[str, PropertyValue] | None = ...,
        **more: PropertyValue,
    ) -> None: ...

    def __init__(
        self,
        device: Any,
        /,
        *,
        ram: int | RamBlock = DEFAULT_RAM,
        rtc: int = 0,
        at: Mapping[str, int] | None = None,
        registry: Registry | None = None,
        log: Callable[[str], None] | None = None,
        command: int = DECODING,
        properties: Mapping[str, PropertyValue] | None = None,
        **more: PropertyValue,
    ) -> None:
        self.command = command
        self._registers: Registers | None = None
        check_start(ram, rtc, command)
        named = isinstance(device, str)
        device_class = (registry or project_registry()).find(str(device)) if named else device_class_of(device)
        block = None if isinstance(ram, int) else ram
        pci = issubclass(device_class, PciDevice)
        size = ram if isinstance(ram, int) else 0
        config = MachineConfig("bench", ram=size, pci=pci, clock="manual", rtc_epoch=rtc)
        self.machine = Machine(config, ram=block, log=log)
        try:
            self._add(device_class, at or {}, {**(properties or {}), **more})
        except BaseException:
            self.machine.close()
            raise

    def _add(self, device_class: type[Device], at: Mapping[str, int], properties: Mapping[str, PropertyValue]) -> None:
        self._addresses: dict[str, int] = {}
        pci = issubclass(device_class, PciDevice)
        placement = DevicePlacement(
            device_class.NAME, device_class.NAME, slot=SLOT if pci else None, properties=properties
        )
        self.dut = self.machine.add_device(placement, device_class, partial(self._choose, {} if pci else at))
        if isinstance(self.dut, PciDevice):
            self._check_places(self.dut, at)
        self._bars = dict(at)
        self.place_bars()
        self._attach()

    def _attach(self) -> None:
        self.clock = clock_of(self.machine)
        self._timers = self.clock.queue
        self.settle()  # what was due at power-on
        self.journal = Journal(self.dut, self.clock)
        self.journal.tap_streams()
        self._takers: dict[str, OutputTaker] = {}
        self.machine.event_sinks.append(self.journal.event)

    @staticmethod
    def _check_places(device: Device, at: Mapping[str, int]) -> None:
        """Check the given addresses; a replay overrides this, because a trace may name other parts."""
        if isinstance(device, PciDevice):
            check_places(type(device), at, (str(bar.index) for bar in device.BARS))
            check_bar_places(device, at)
        else:
            check_places(type(device), at, device.regions)

    def _choose(self, at: Mapping[str, int], device: Device) -> Mapping[str, int]:
        if not isinstance(device, PciDevice):
            self._check_places(device, at)
            self._addresses = region_addresses(device, at)
        return self._addresses

    def place_bars(self) -> None:
        """(PCI) Place the BARs and enable decoding, as firmware does after power-on and reset."""
        if isinstance(self.dut, PciDevice):
            place_bars(self.dut, self._bars, self.command)

    # --- guest accesses ------------------------------------------------------------------

    def locate(self, region: str | None = None) -> tuple[AddressSpace, int]:
        """Address space and base address of a region (the first one by default). Raises BenchError."""
        places = self.dut.placements
        place = next((place for place in places if region in (None, place.region.name)), None)
        if place is None:
            known = [place.region.name for place in places]
            raise BenchError(f"{self.dut.NAME} has no region {region!r}{suggest(str(region or ''), known)}")
        space = self.machine.io if place.space == "pio" else self.machine.memory
        if place.bar is None or not isinstance(self.dut, PciDevice):
            return space, self._addresses[place.region.name]
        bar = next(bar for bar in self.dut.BARS if bar.index == place.bar)
        address = self.dut.config.bar_address(bar)
        if address is None:
            raise BenchError(f"BAR {place.bar} of {self.dut.NAME} is not decoded")
        return space, address + place.offset

    def read(self, region: str | None, offset: int, size: int) -> int:
        """Read ``size`` bytes at ``offset`` of a region, or of configuration space (``"cfg"``), as a guest does.

        An offset beyond the region reads what is at that address, usually all ones. Raises BenchError for a wrong
        argument.
        """
        if size not in SIZES or not isinstance(offset, int) or offset < 0:
            raise wrong_access(offset, size)
        if region == "cfg" and isinstance(self.dut, PciDevice):
            value = self.dut.config.read(offset, size)
        else:
            space, base = self.locate(region)
            value = space.read(base + offset, size)
        if self._timers.due:
            self.settle()
        return value

    def write(self, region: str | None, offset: int, value: int, size: int) -> None:
        """Write ``size`` bytes at ``offset`` of a region, or of configuration space (``"cfg"``), as a guest does.

        Raises BenchError for a wrong argument.
        """
        if size not in SIZES or not isinstance(offset, int) or offset < 0:
            raise wrong_access(offset, size)
        if not isinstance(value, int) or value >> 8 * size:
            raise wrong_access(offset, size, value)
        if region == "cfg" and isinstance(self.dut, PciDevice):
            self.dut.config.write(offset, value, size)
        else:
            space, base = self.locate(region)
            space.write(base + offset, value, size)
        if self._timers.due:
            self.settle()

    def load(self, address: int, length: int) -> bytes:
        """Read ``length`` bytes at guest address ``address``. Raises BenchError for a wrong argument."""
        check_load(address, length)
        data = self.machine.memory.read_bytes(address, length)
        self.settle()
        return data

    def store(self, address: int, data: bytes) -> None:
        """Write ``data`` at guest address ``address``. Raises BenchError for a wrong argument."""
        check_load(address, 0)
        self.machine.memory.write_bytes(address, bytes_of(data))
        self.settle()

    @property
    def regs(self) -> Regs:
        """The device's registers by name: ``regs.CTRL.ENABLE = 1``; see `devgen.hosts.bench.bench_registers`."""
        if self._registers is None:
            self._registers = Registers(self)
        return cast(Regs, self._registers)

    # --- lines, bytes, events ------------------------------------------------------------

    def irq(self, name: str | None = None) -> int:
        """Return the level of an interrupt line (default: the only one); of INTx#, after the interrupt disable bit."""
        return level_of(self.dut, self._only("interrupt", self.dut.irqs, name))

    def gpio(self, name: str | None = None) -> int:
        """Return the level of a GPIO output (default: the only one)."""
        return level_of(self.dut, self._only("GPIO output", self.dut.gpio_out, name))

    def drive(self, name: str, level: int) -> None:
        """Drive a GPIO input to 0 or 1; an element of an array is ``"button[2]"``."""
        check_line_level(level)
        self.dut.gpio_in[self._only("GPIO input", self.dut.gpio_in, name)].set(level)
        self.settle()

    def receive(self, data: bytes, stream: str | None = None) -> None:
        """Deliver bytes from the host on a stream (default: the only one)."""
        self.dut.streams[self._only("stream", self.dut.streams, stream)].receive(bytes_of(data))
        self.settle()

    def receive_break(self, stream: str | None = None) -> None:
        """Deliver a break condition on a stream (default: the only one)."""
        self.dut.streams[self._only("stream", self.dut.streams, stream)].receive_break()
        self.settle()

    def take_output(self, count: int | None, stream: str | None = None) -> None:
        """Let the host take ``count`` more bytes of a stream from now on, or any number (None), and notify the device.

        The device reads the number as ``writable``. Bytes beyond it are sent all the same.
        """
        name = self._only("stream", self.dut.streams, stream)
        self._takers.setdefault(name, OutputTaker(self.dut.streams[name])).take(count)
        self.settle()

    @property
    def log(self) -> list[Output]:
        """The device's outputs so far: levels, bytes and events with their times."""
        return list(self.journal.outputs)

    def transitions(self, line: str | None = None) -> list[tuple[int, int]]:
        """Return (time in ns, level) of each change of an interrupt line or GPIO output."""
        lines = {**self.dut.irqs, **self.dut.gpio_out}
        name = self._only("line", lines, line)
        return [
            (entry.t, entry.value) for entry in self.log if entry.kind in ("irq", "gpio_out") and entry.name == name
        ]

    @property
    def events(self) -> list[Event]:
        """The device's events so far."""
        return [Event(entry.name, dict(entry.values), entry.t) for entry in self.log if entry.kind == "event"]

    @property
    def sent(self) -> bytes:
        """Bytes that the device has sent, of all its streams."""
        return bytes(entry.value for entry in self.log if entry.kind == "tx")

    def trace(self, emit: Callable[[str], None] = print, level: Level = "field", only: Iterable[str] = ()) -> Tracer:
        """Print each access with register and field names, and the changes that it causes, until ``close()``.

        ``emit`` takes the lines; ``only`` are globs on names (``pl031.M*``). See `devgen.runtime.observe.Tracer`.
        """
        check_level(level)
        globs = only if isinstance(only, str) else tuple(only)
        check_globs(globs, self.dut)
        return Tracer(self.machine, emit, level, NameFilter(globs))

    def record(self, file: TextIO) -> Recorder:
        """Record a trace for `devgen.hosts.bench.replay` and ``devgen replay``, until ``close()``."""
        check_text_file(file)
        return Recorder(self.machine, self.dut, file)

    def _only(self, kind: str, known: Mapping[str, object], name: str | None) -> str:
        if name is None and len(known) == 1:
            return next(iter(known))
        if name is None or name not in known:
            raise unknown_part(self.dut.NAME, kind, known, name)
        return name

    # --- reset, state, close -------------------------------------------------------------

    def reset(self) -> None:
        """Reset the machine and, for a PCI device, place the BARs again."""
        self.machine.reset()
        self.settle()
        self.place_bars()
        self.settle()

    def save_state(self) -> dict[str, Json]:
        """Return the device's state and the present times of all clocks, as plain data."""
        return {**self.dut.save_state(), "clocks": self.machine.clocks.save()}

    def load_state(self, data: Json) -> None:
        """Restore the device and the clocks. Raises StateError, with nothing changed, for invalid data.

        Counters then read as saved, and deadlines keep their distance from now.
        """
        fields = dict(mapping(data, "saved state"))
        times = Clocks.check(mapping(fields.pop("clocks", None), "'clocks'", ("clock", "rtc", "host")))
        restoration = self.dut.prepare_state(fields)
        self.machine.clocks.restore(times)
        restoration.apply()
        arm_restored([restoration])

    def close(self) -> None:
        """Release memory and descriptors. May be called again."""
        self.machine.close()

    def __enter__(self) -> Self:
        """Use as a context that closes the bench."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
