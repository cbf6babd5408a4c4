"""Adapts an object that fulfils `PciFunction` to the `PciDevice` that the server works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol, TypeVar, cast

from devgen.hosts.vfio_user.function_config import FunctionConfig, messages_of
from devgen.hosts.vfio_user.pci_function import FunctionHost, PciFunction, ServedFunctionError
from devgen.runtime.base.faults import DeviceError, MachineError, StateError
from devgen.runtime.base.plain_state import Json
from devgen.runtime.device.device import BarIndex, Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.saved_state import Restoration
from devgen.runtime.memory.access import Access, CutOps
from devgen.runtime.memory.memory_region import MemoryRegion
from devgen.runtime.pci import Bar, PciDevice
from devgen.runtime.pci.config_space import COMMAND_INTX_DISABLE, INTERRUPT_PIN
from devgen.runtime.pci.message_interrupts import Messages
from devgen.runtime.time.timer import Timer

T = TypeVar("T")

_METHODS = ("connect", "read_config", "write_config", "read", "write", "reset")


class GuardedFunction:
    """A `PciFunction` whose exceptions and misfitting values become `ServedFunctionError`.

    Raises DeviceError for an object that is no `PciFunction`.
    """

    def __init__(self, function: PciFunction) -> None:
        missing = [name for name in ("name", "bars", *_METHODS) if not hasattr(function, name)]
        if missing:
            what = f"a {type(function).__name__}"
            raise DeviceError(f"{what} cannot be served: it has no {', '.join(missing)}; see devgen.PciFunction")
        self.name = str(function.name)
        self.bars = tuple(function.bars)
        wrong = next((bar for bar in self.bars if not isinstance(bar, Bar)), None)
        if wrong is not None:
            raise DeviceError(f"{self.name}: bars holds {wrong!r}, which is no devgen.Bar")
        self._function = function

    def connect(self, host: FunctionHost) -> None:
        """See `PciFunction`."""
        self._call("connect", self._function.connect, host)

    def reset(self) -> None:
        """See `PciFunction`."""
        self._call("reset", self._function.reset)

    def read_config(self, offset: int, size: int) -> int:
        """See `PciFunction`."""
        return self._fitting("read_config", self._function.read_config, size, offset, size)

    def write_config(self, offset: int, value: int, size: int) -> None:
        """See `PciFunction`."""
        self._call("write_config", self._function.write_config, offset, value, size)

    def read(self, bar: BarIndex, offset: int, size: int) -> int:
        """See `PciFunction`."""
        return self._fitting("read", self._function.read, size, bar, offset, size)

    def write(self, bar: BarIndex, offset: int, value: int, size: int) -> None:
        """See `PciFunction`."""
        self._call("write", self._function.write, bar, offset, value, size)

    def _call(self, method: str, function: Callable[..., T], *arguments: object) -> T:
        try:
            return function(*arguments)
        except ServedFunctionError:
            raise  # the object called its host, which called the object
        except Exception as error:
            problem = f"raised {type(error).__name__}: {error}"
            raise ServedFunctionError(f"{self._shown(method, arguments)} {problem}") from error

    def _fitting(self, method: str, function: Callable[..., int], size: int, *arguments: object) -> int:
        value = self._call(method, function, *arguments)
        if not isinstance(value, int) or not 0 <= value < 1 << 8 * size:
            raise ServedFunctionError(f"{self._shown(method, arguments)} gave {value!r:.60}: it does not fit")
        return value

    def _shown(self, method: str, arguments: tuple[object, ...]) -> str:
        shown = ", ".join(hex(value) if isinstance(value, int) and value > 9 else repr(value) for value in arguments)
        return f"{self.name}.{method}({shown if method != 'connect' else ''})"


class ServedFunction(PciDevice):
    """The device around an object. It cannot be saved: the server does not know the object's state."""

    FUNCTION: ClassVar[GuardedFunction]

    def __init__(self, env: Environment, **properties: int | bool | str) -> None:
        super().__init__(env, **properties)
        self.host = Host(self)
        self.FUNCTION.connect(self.host)
        self.config = FunctionConfig(self.FUNCTION, self._config_written)
        self.intx_level = 0
        self._messages = messages_of(self.config)
        self.messages.update(cast("dict[str, Messages]", self._messages))  # the methods that the server uses
        for bar in self.BARS:
            self.add_region(MemoryRegion.io(f"bar{bar.index}", bar.size, _ops(self.FUNCTION, bar)), bar=bar.index)

    def set_intx(self, level: int) -> None:
        """The object drives its INTx# line."""
        self.intx_level = 1 if level else 0
        self._update_pin()

    def _update_pin(self) -> None:
        silent = self.config.command & COMMAND_INTX_DISABLE or self.uses_messages
        self.pin.set(self.intx_level and not silent and self.config.get(INTERRUPT_PIN, 1))

    def _config_written(self) -> None:
        for messages in self._messages.values():
            messages.config_written()
        self._update_pin()

    def reset(self) -> None:
        """The client resets the function."""
        for messages in self._messages.values():
            messages.forget()
        self.FUNCTION.reset()
        self._update_pin()

    def save_state(self) -> dict[str, Json]:
        """Raises StateError: the server does not know the object's state."""
        raise StateError(f"{self.name}: an object that is served has no state that could be saved")

    def prepare_state(self, data: Json) -> Restoration:
        """Raises StateError, as ``save_state``."""
        raise StateError(f"{self.name}: an object that is served has no state that could be restored")


class CallingServer(Protocol):
    """The server's part that `Host` uses: ``call`` runs a function in the server's thread while ``running``."""

    running: bool

    def call(self, function: Callable[[], T]) -> T:
        """Return the function's result, or raise its exception."""
        ...


class Host:
    """The `FunctionHost` of one object. A call from another thread is carried out in the server's thread."""

    def __init__(self, device: ServedFunction) -> None:
        self._device = device
        self.server: CallingServer | None = None
        """The server; while None, each call is carried out at once in the calling thread."""

    def read_memory(self, address: int, length: int) -> bytes:
        """See `FunctionHost.read_memory`."""
        buffer = bytearray(length)
        self._do(lambda: self._device.load_bytes(address, buffer, 0, length))
        return bytes(buffer)

    def write_memory(self, address: int, data: bytes) -> None:
        """See `FunctionHost.write_memory`."""
        buffer = bytearray(data)
        self._do(lambda: self._device.store_bytes(address, buffer, 0, len(buffer)))

    def set_intx(self, level: int) -> None:
        """See `FunctionHost.set_intx`."""
        self._do(lambda: self._device.set_intx(level))

    def raise_vector(self, vector: int) -> None:
        """See `FunctionHost.raise_vector`."""
        self._do(lambda: self._device.raise_vector(vector))

    def call_after(self, ns: int, function: Callable[[], object]) -> None:
        """See `FunctionHost.call_after`."""
        timer = Timer(self._device.clocks.virtual, lambda: void(function()))
        self._do(lambda: timer.arm_in(ns))

    def _do(self, function: Callable[[], T]) -> T:
        if self.server is None or not self.server.running:
            return function()
        return self.server.call(function)


def void(_value: object) -> None:
    """Discard a result."""


def _ops(function: GuardedFunction, bar: Bar) -> CutOps:
    """A BAR's accesses: 1 to 8 bytes, cut by their natural alignment."""
    index = bar.index
    return CutOps(
        lambda offset, size: function.read(index, offset, size),
        lambda offset, value, size: function.write(index, offset, value, size),
        Access((1, 8), (1, 8)),
    )


def class_to_serve(device: type[Device] | PciFunction) -> type[PciDevice]:
    """Return the class of the device to serve: ``device`` itself, or a class around the object ``device``.

    Raises MachineError for a class that is not a PCI device's, DeviceError for an object that cannot be served.
    """
    if not isinstance(device, type):
        return _class_around(device)
    if not issubclass(device, Device):
        raise MachineError(f"{device.__name__} is a class and no device; serve an object of it")
    if not issubclass(device, PciDevice):
        raise MachineError(f"{device.NAME} is on bus {device.BUS}; only a PCI device can be served")
    return device


def _class_around(function: PciFunction) -> type[ServedFunction]:
    guarded = GuardedFunction(function)
    parts = {"NAME": guarded.name, "TITLE": f"a {type(function).__name__}", "BARS": guarded.bars, "FUNCTION": guarded}
    return type("ServedFunction", (ServedFunction,), parts)
