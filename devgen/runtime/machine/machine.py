"""A machine: RAM, two address spaces, devices at their places, interrupt wires, clocks.

The kernel and the processor belong to a host. The host follows the memory map through memory listeners and the
interrupt lines through ``connect_gsi``. One lock guards the machine: a host takes ``lock`` before it delivers an
access, a timer, a doorbell or a byte of input to a device, and holds no other lock while it waits for this one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from devgen.runtime.base.faults import DeviceError, MachineError, RuntimeFault, suggest
from devgen.runtime.base.guest_log import AccessLog
from devgen.runtime.base.machine_lock import MachineLock
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.irq_line import IrqLine
from devgen.runtime.device.saved_state import has_armed_timer
from devgen.runtime.machine.backend_names import open_named, say
from devgen.runtime.machine.event_actions import EventAction, PlainAction, QmpAction, RunAction, parse_action
from devgen.runtime.machine.event_reactions import EventReactions
from devgen.runtime.machine.interrupt_lines import InterruptLines
from devgen.runtime.machine.machine_config import NMI_WIRE, DevicePlacement, MachineConfig
from devgen.runtime.machine.machine_memory import MachineMemory
from devgen.runtime.machine.machine_state import MachineState
from devgen.runtime.machine.media import connect_media
from devgen.runtime.machine.run_result import RunResult
from devgen.runtime.machine.stream_backends import StreamBackend
from devgen.runtime.machine.wires import Wires
from devgen.runtime.memory.memory_region import transaction
from devgen.runtime.memory.ram_block import RamBlock
from devgen.runtime.observe.journal import observed_line
from devgen.runtime.pci import PciBus, PciDevice
from devgen.runtime.time.clock import Clocks

if TYPE_CHECKING:
    from devgen.runtime.machine.device_registry import Registry

AddressChoice = Callable[[Device], Mapping[str, int]]
EventSink = Callable[[str, str, dict[str, int]], None]


_PASSIVE: Final = (PlainAction("log"), PlainAction("ignore"))


class Machine(InterruptLines):
    """A machine built from ``config``. Raises MachineError or DeviceError with the line of the board file.

    ``ram`` replaces the RAM that the machine would allocate (the caller keeps ownership); ``clocks`` replaces its
    clocks. ``log`` receives the log lines about accesses without an effect; without it they go to ``logging``.

    Power-on is construction; ``reset()`` is a machine reset. ``close()`` releases memory and descriptors.
    """

    def __init__(
        self,
        config: MachineConfig,
        registry: Registry | None = None,
        *,
        ram: RamBlock | None = None,
        clocks: Clocks | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.config = config
        self._log = log
        self.lock = MachineLock()
        super().__init__(self.lock)
        self.clocks = clocks or _clocks(config)
        self._cleanup = ExitStack()
        self._spaces = MachineMemory(config, ram, self._cleanup)
        self.memory, self.io, self.layout = self._spaces.memory, self._spaces.io, self._spaces.layout
        self.devices: dict[str, Device] = {}
        self.pci: PciBus | None = None
        self.host_bridge: PciDevice | None = None
        self.message_sinks = self._spaces.message_sinks
        """Called with the address and the data of each message; under the lock."""
        self.event_sinks: list[EventSink] = []
        self.on_exit: list[Callable[[], None]] = []
        self.on_reset: list[Callable[[bool], None]] = []
        """Called under the lock with False before a machine reset, with True after it."""
        self.on_reset_request: list[Callable[[], None]] = []
        """Called under the lock when the guest or an event asks for a machine reset."""
        self.end: RunResult | None = None
        """How a device has ended the run, or None."""
        self.backends: dict[tuple[str, str], StreamBackend] = {}
        self._actions: dict[tuple[str, str], EventAction] = {}
        self._reactions = EventReactions()
        self._wires = Wires()
        self._combinations = {
            (placement.name, pin): how for placement in config.devices for pin, how in placement.inputs.items()
        }
        try:
            with self.transaction():
                self._build(registry)
        except BaseException:
            self.close()
            raise

    # --- building ----------------------------------------------------------------------

    def _build(self, registry: Registry | None) -> None:
        self._spaces.build()
        if self.config.pci:
            self.pci = self._spaces.add_pci()
            environment = self._environment("pci-host-bridge")
            self.host_bridge = self._spaces.add_host_bridge(self.pci, environment, self.request_reset)
        for placement in self.config.devices:
            with _located(placement):
                self._add_device(placement, registry)
        if self.pci is not None:
            self.pci.check_functions()
        for placement in self.config.devices:
            with _located(placement):
                self._connect_wires(placement)
        for placement in self.config.devices:
            with _located(placement):
                self._check_inputs(placement)
        self._wires.settle()

    def _environment(self, name: str) -> Environment:
        log = None if self._log is None else AccessLog(name, sink=self._log)
        return Environment(self.clocks, self.memory, self._on_event, log, name)

    def _add_device(self, placement: DevicePlacement, registry: Registry | None) -> None:
        if registry is None:
            raise MachineError(f"{placement.name}: no registry given, so '{placement.device}' cannot be found")
        self.add_device(placement, registry.find(placement.device))

    def add_device(
        self, placement: DevicePlacement, device_class: type[Device], choose: AddressChoice | None = None
    ) -> Device:
        """Create a device of ``device_class`` and map its regions.

        ``choose(device)`` returns the regions' addresses to use instead of ``placement.at``.

        Raises:
            MachineError: the placement does not fit the machine or the device.
            DeviceError: the device cannot be created.
        """
        name = placement.name
        if name in self.devices or name == "pci-host-bridge":
            raise MachineError(f"two devices named '{name}'")
        try:
            device = device_class(self._environment(name), **placement.properties)
        except (ValueError, OSError) as error:
            raise DeviceError(f"{name}: {error}") from error
        except (AttributeError, TypeError, NameError) as error:
            # Most likely another version of devgen built its module, for another version of this runtime.
            hint = "it does not fit this version of devgen; build it again"
            raise DeviceError(f"{name}: device '{placement.device}' cannot be made ({error}): {hint}") from error
        self._cleanup.callback(device.close)
        with self.transaction():
            self._place(device, placement, placement.at if choose is None else choose(device))
        self._wire(device, placement)
        self._connect_events(device, placement)
        self._connect_streams(device, placement)
        for medium in connect_media(device, placement.media):
            self._cleanup.callback(medium.close)
        self.devices[name] = device
        return device

    def _place(self, device: Device, placement: DevicePlacement, at: Mapping[str, int]) -> None:
        if isinstance(device, PciDevice):
            self._plug(device, placement)
            return
        if placement.slot is not None:
            raise MachineError(f"{device.name}: {device.NAME} is not a PCI device and has no slot")
        _refuse_unknown(device.name, "region", at, device.regions)
        for place in device.placements:
            address = at.get(place.region.name)
            if address is None:
                raise MachineError(f"{device.name}: no address for region '{place.region.name}'")
            owner = f"'{device.name}' (region '{place.region.name}')"
            self._spaces.place(place.space, address, place.region, owner, placement.overlaps)

    def _plug(self, device: PciDevice, placement: DevicePlacement) -> None:
        if self.pci is None:
            raise MachineError(f"{device.name}: {device.NAME} is a PCI device and this machine has no PCI bus")
        if placement.slot is None:
            raise MachineError(f"{device.name}: no PCI slot given")
        if placement.at:
            raise MachineError(f"{device.name}: a PCI device is placed in a slot, its guest places its BARs")
        self.pci.add(device, placement.slot, placement.function)

    def _wire(self, device: Device, placement: DevicePlacement) -> None:
        _refuse_unknown(device.name, "interrupt", placement.irq, device.irqs)
        for line_name, gsi in placement.irq.items():
            if not 0 <= gsi <= self.config.last_gsi:
                raise MachineError(
                    f"{device.name}: interrupt '{line_name}': GSI {gsi} is not 0..{self.config.last_gsi}"
                )
            self.connect_line(observed_line(device, device.irqs[line_name]), gsi)
        if isinstance(device, PciDevice) and device.intx is not None and device.intx.name not in placement.irq:
            assert placement.slot is not None  # checked by _plug
            index = PciBus.intx_index(placement.slot, max(device.PCI.interrupt_pin, 1))
            self.connect_line(device.pin, self.config.intx_gsis[index])

    def _connect_wires(self, placement: DevicePlacement) -> None:
        """Connect the device's lines to other devices' inputs. All devices must have been added."""
        device = self.devices[placement.name]
        outputs = {**device.gpio_out, **device.irqs}
        _refuse_unknown(device.name, "line", placement.wires, outputs)
        for name, target in placement.wires.items():
            if target == NMI_WIRE:
                self._connect_nmi_wire(observed_line(device, outputs[name]))
                continue
            owner, _, pin = target.partition(".")
            _refuse_unknown(f"{device.name}: wire '{name}'", "device", (owner,), self.devices)
            _refuse_unknown(f"{device.name}: wire '{name}': {owner}", "input", (pin,), self.devices[owner].gpio_in)
            line = observed_line(device, outputs[name])
            self._wires.connect(device, line, self.devices[owner], pin, self._combinations.get((owner, pin), "or"))

    def _check_inputs(self, placement: DevicePlacement) -> None:
        """Raise MachineError if ``inputs`` names an unknown input or one that fewer than two wires drive."""
        device = self.devices[placement.name]
        _refuse_unknown(device.name, "input", placement.inputs, device.gpio_in)
        for pin in placement.inputs:
            self._wires.check_combined(device, pin)

    def _connect_nmi_wire(self, line: IrqLine) -> None:
        if self.config.irqchip != "kernel" or self.config.type != "pc":
            raise MachineError(f"{self.config.name}: a wire to '{NMI_WIRE}' needs a PC with `irqchip: kernel`")
        line.connect(self.nmi.source(line.level))

    def _connect_events(self, device: Device, placement: DevicePlacement) -> None:
        for event, action in placement.on_event.items():
            try:
                self._actions[device.name, event] = parse_action(action)
            except MachineError as error:
                raise MachineError(f"{device.name}: event '{event}': {error}") from None
            if device.EVENTS:
                _refuse_unknown(device.name, "event", (event,), device.EVENTS)

    def _connect_streams(self, device: Device, placement: DevicePlacement) -> None:
        _refuse_unknown(device.name, "stream", placement.streams, device.streams)
        for name, stream in device.streams.items():
            backend = self._open_stream(device.name, name, placement.streams.get(name, "null"))
            stream.connect(backend.write, backend.write_all)

    def _open_stream(self, device: str, stream: str, spec: str) -> StreamBackend:
        backend = open_named(device, stream, spec)
        self._cleanup.callback(backend.close)
        self.backends[device, stream] = backend
        return backend

    @property
    def name(self) -> str:
        """The board's name."""
        return self.config.name

    @property
    def ram(self) -> RamBlock | None:
        """The machine's RAM, if it has any."""
        return self._spaces.ram

    def is_message(self, address: int) -> bool:
        """Whether a 32-bit write by a device at ``address`` (a multiple of 4) currently goes to ``message_sinks``."""
        return self._spaces.is_message(address)

    def is_ram(self, address: int, length: int) -> bool:
        """Whether ``length`` bytes of guest memory at ``address`` are the machine's RAM."""
        return self._spaces.is_ram(address, length)

    def surroundings(self) -> dict[str, Json]:
        """See `Observable`: the size of RAM in bytes."""
        return {"ram": 0 if self.ram is None else self.ram.size}

    # --- events and the end of a run -----------------------------------------------------

    def _on_event(self, device: str, event: str, values: dict[str, int]) -> None:
        for sink in self.event_sinks:
            sink(device, event, values)
        match self._actions.get((device, event)):
            case PlainAction("exit"):
                error = event in self.devices[device].ERRORS
                self.request_exit(1 if error else values.get("code", next(iter(values.values()), 0)))
            case PlainAction("reset"):
                self.request_reset()
            case PlainAction("panic"):
                self._request_end(RunResult("panic", 1, f"{device}: {event}"))
            case RunAction() | QmpAction() as action:
                self._reactions.react(device, event, values, action)
            case PlainAction("log"):
                shown = "".join(f" {name}={value:#x}" for name, value in values.items())
                say(f"{device}: {event}{shown}")

    def request_exit(self, code: int, detail: str = "") -> None:
        """Ask the host to end the run with exit code ``code``; later requests do not change the result."""
        self._request_end(RunResult("exit", code, detail))

    def _request_end(self, result: RunResult) -> None:
        if self.end is None:
            self.end = result
        for callback in self.on_exit:
            callback()

    @property
    def exit_code(self) -> int | None:
        """The exit code with which a device has ended the run, or None."""
        return None if self.end is None else self.end.code

    def request_reset(self) -> None:
        """Ask the host to reset the machine and to start the guest again, or to end the run if the board says so."""
        if self.config.on_reset == "exit":
            self.request_exit(0, "the guest asked for a reset")
            return
        for callback in self.on_reset_request:
            callback()

    def may_act_alone(self) -> bool:
        """Whether something may still happen when all processors sleep for good: an NMI, or an event with an action.

        An event can come from a device with an armed timer, or with an input that a device with an armed timer drives.
        """
        if self.nmi.connected:
            return True
        if self.clocks.virtual.next_deadline() is None:
            return False
        acting = {name for (name, _), action in self._actions.items() if action not in _PASSIVE}
        driven = {target.partition(".")[0] for placement in self.config.devices for target in placement.wires.values()}
        return any(name in driven or has_armed_timer(self.devices[name]) for name in acting)

    # --- reset and close -----------------------------------------------------------------

    def reset(self) -> None:
        """Reset every device as its description says; RAM and clocks keep their contents."""
        with self.lock, self.transaction():
            for callback in self.on_reset:
                callback(False)
            for device in self.all_devices().values():
                device.reset()
            for callback in self.on_reset:
                callback(True)

    def close(self) -> None:
        """Release devices, streams and RAM; wait some seconds for commands of events. May be called again."""
        self._cleanup.close()
        self._reactions.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Return a context in which changes to the regions of both address spaces are committed once, at its end."""
        return transaction(self.memory, self.io)

    def __enter__(self) -> Machine:
        """Use as a context that closes the machine."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def all_devices(self) -> dict[str, Device]:
        """Return the devices by name, with the PCI host bridge first."""
        if self.host_bridge is None:
            return self.devices
        return {self.host_bridge.name: self.host_bridge, **self.devices}

    def save_state(self, *, with_ram: bool = True) -> dict[str, Json]:
        """Return the clocks, every device and, if ``with_ram``, RAM as plain JSON data with a version."""
        with self.lock:
            return self._state().save(with_ram)

    def load_state(self, data: Json) -> None:
        """Restore what ``save_state`` returned. RAM is unchanged if ``data`` was saved without it.

        The clocks may be earlier or later than the saved ones. Raises StateError, with nothing changed, for data that
        is not a saved state of this machine.
        """
        with self.lock, self.transaction():
            self._state().load(data, self._wires.held())

    def _state(self) -> MachineState:
        return MachineState(self.config.name, self.clocks, self.ram, self.all_devices())


def _clocks(config: MachineConfig) -> Clocks:
    """Clocks as the configuration says; live clocks are stopped until a host runs the machine."""
    if config.clock == "manual":
        return Clocks.manual(0, config.rtc_epoch)
    return Clocks.live(running=False)


@contextmanager
def _located(placement: DevicePlacement) -> Iterator[None]:
    """Add the placement's line of the board file to errors that have no line yet."""
    try:
        yield
    except RuntimeFault as error:
        error.where = error.where or placement.where
        raise


def _refuse_unknown(device: str, kind: str, given: Iterable[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise MachineError(f"{device}: no {kind} '{name}'{suggest(name, known)}")
