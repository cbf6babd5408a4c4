"""A whole machine on a manual clock, for tests: all devices of a board at their addresses, and no processor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Self

from devgen.hosts.bench.arguments import (
    SIZES,
    BenchError,
    bytes_of,
    check_level,
    check_load,
    check_start,
    wrong_access,
)
from devgen.hosts.bench.bench import Bench
from devgen.hosts.bench.bench_registers import Registers
from devgen.hosts.bench.manual_time import ManualTime, clock_of
from devgen.hosts.bench.sized_accesses import SizedAccesses
from devgen.runtime.base.faults import suggest
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import DevicePlacement, MachineConfig
from devgen.runtime.memory.address_space import AddressSpace
from devgen.runtime.observe import Level, NameFilter, Tracer


class PlacedBench(Bench[Registers]):
    """The bench of one device on a board: it has the board's time, and ``reset`` resets the whole board."""

    def __init__(self, machine: Machine, device: Device, addresses: Mapping[str, int]) -> None:
        self.machine, self.dut = machine, device
        self.command = 0
        self._registers: Registers | None = None
        self._addresses = dict(addresses)
        self._bars = {}
        self._attach()

    def place_bars(self) -> None:
        """Do nothing: the BARs of a board's cards are for its guest, or the test, to place."""

    def close(self) -> None:
        """Do nothing: the board's bench closes the machine."""


class MachineBench(ManualTime, SizedAccesses):
    """The machine of ``config`` on a manual clock. ``bench["uart0"]`` is one of its devices, with registers by name.

    ``read`` and ``write`` access absolute addresses; ``region`` is ``"mmio"`` (the default) or ``"pio"``. ``irq`` gives
    the level of an interrupt by its number. The board's guest, its backends of streams, its media and its reactions to
    events are left out: a test delivers bytes and sees events itself. ``rtc``: seconds since 1970 at time 0. ``log`` is
    called with log lines about accesses without an effect.

    Raises RuntimeFault (BenchError, MachineError, DeviceError, RegistryError): a device is unknown, or they do not fit.
    """

    def __init__(
        self,
        config: MachineConfig,
        registry: Registry | None = None,
        *,
        rtc: int = 0,
        log: Callable[[str], None] | None = None,
    ) -> None:
        check_start(config.ram, rtc, 0)
        devices = tuple(map(_alone, config.devices))
        config = replace(config, clock="manual", rtc_epoch=rtc, guest=None, devices=devices)
        self.machine = Machine(config, registry, log=log)
        self.clock = clock_of(self.machine)
        self._timers = self.clock.queue
        self.devices: dict[str, Bench[Registers]] = {}
        """The bench of each device, by its name on the board."""
        for placement in devices:
            device = self.machine.devices[placement.name]
            self.devices[placement.name] = PlacedBench(self.machine, device, placement.at)
        self.settle()

    def __getitem__(self, name: str) -> Bench[Registers]:
        """Return the bench of the device of that name on the board. Raises BenchError."""
        found = self.devices.get(name)
        if found is None:
            raise BenchError(f"{self.machine.name} has no device {name!r}{suggest(str(name), self.devices)}")
        return found

    # --- accesses ------------------------------------------------------------------------

    def _space(self, region: str | None) -> AddressSpace:
        if region not in (None, "mmio", "pio"):
            raise BenchError(f"{region!r} is no address space; it is 'mmio' or 'pio'")
        return self.machine.io if region == "pio" else self.machine.memory

    def read(self, region: str | None, offset: int, size: int) -> int:
        """Read ``size`` bytes at the address ``offset`` as a guest does; all ones where there is nothing.

        Raises BenchError for a wrong argument.
        """
        if size not in SIZES or not isinstance(offset, int) or offset < 0:
            raise wrong_access(offset, size)
        value = self._space(region).read(offset, size)
        if self._timers.due:
            self.settle()
        return value

    def write(self, region: str | None, offset: int, value: int, size: int) -> None:
        """Write ``size`` bytes at the address ``offset`` as a guest does. Raises BenchError for a wrong argument."""
        if size not in SIZES or not isinstance(offset, int) or offset < 0:
            raise wrong_access(offset, size)
        if not isinstance(value, int) or value >> 8 * size:
            raise wrong_access(offset, size, value)
        self._space(region).write(offset, value, size)
        if self._timers.due:
            self.settle()

    def load(self, address: int, length: int) -> bytes:
        """Read ``length`` bytes of memory at ``address``. Raises BenchError for a wrong argument."""
        check_load(address, length)
        data = self.machine.memory.read_bytes(address, length)
        self.settle()
        return data

    def store(self, address: int, data: bytes) -> None:
        """Write ``data`` to memory at ``address``. Raises BenchError for a wrong argument."""
        check_load(address, 0)
        self.machine.memory.write_bytes(address, bytes_of(data))
        self.settle()

    # --- interrupts, observing, reset -----------------------------------------------------

    def irq(self, number: int) -> int:
        """Return the level of interrupt ``number``: 1 while any of its lines is high; 0 if nothing drives it."""
        return self.machine.gsi_level(number)

    def trace(self, emit: Callable[[str], None] = print, level: Level = "field", only: Iterable[str] = ()) -> Tracer:
        """Print the accesses of all devices and what they change, until ``close()``; see `Bench.trace`."""
        check_level(level)
        return Tracer(self.machine, emit, level, NameFilter((only,) if isinstance(only, str) else tuple(only)))

    def reset(self) -> None:
        """Reset the machine."""
        self.machine.reset()
        self.settle()

    def save_state(self) -> dict[str, Json]:
        """Return the state of all devices, of RAM and of the clocks as plain data."""
        return self.machine.save_state()

    def load_state(self, data: Json) -> None:
        """Restore what ``save_state`` returned. Raises StateError, with nothing changed, for invalid data."""
        self.machine.load_state(data)

    def close(self) -> None:
        """Release memory and descriptors. May be called again."""
        self.machine.close()

    def __enter__(self) -> Self:
        """Use as a context that closes the bench."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def _alone(placement: DevicePlacement) -> DevicePlacement:
    """Return a placement without its connections to the host."""
    return replace(placement, streams={}, media={}, on_event={})
