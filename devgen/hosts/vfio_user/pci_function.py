"""The methods that an object needs to be served over vfio-user, and the host's methods that it may call.

A described device is served by its class. Anything else that behaves like a PCI function can be served too: an RTL
simulation, a model written by hand, a bridge to hardware. It fulfils `PciFunction`. It accesses the client's memory
and interrupts through the `FunctionHost` that ``connect`` passes.

```python
class Adder:
    name = "adder"
    bars = (Bar(0, "mem32", 0x1000),)

    def __init__(self) -> None:
        self.config = PciConfig(PciIdentity(0x1234, 0xADDE, interrupt_pin=1), self.bars)
        self.read_config, self.write_config = self.config.read, self.config.write
        self.total = 0

    def connect(self, host: FunctionHost) -> None:
        self.host = host

    def reset(self) -> None:
        self.total = 0
        self.host.set_intx(0)

    def read(self, bar: int | str, offset: int, size: int) -> int:
        return self.total

    def write(self, bar: int | str, offset: int, value: int, size: int) -> None:
        self.total = self.total + value & 0xFF
        self.host.set_intx(self.total > 0x80)
```

All methods are called in the server's thread, one at a time. An exception that one of them raises ends the server:
its ``run`` raises `ServedFunctionError`, which names the call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from devgen.runtime.base.faults import MachineError
from devgen.runtime.device.device import BarIndex
from devgen.runtime.pci import Bar


class ServedFunctionError(MachineError):
    """A served object has raised an exception or returned a value that does not fit; the message names the call."""


class FunctionHost(Protocol):
    """Access to the client's memory, interrupts and time. Every method may be called from any thread."""

    def read_memory(self, address: int, length: int) -> bytes:
        """Read the guest's memory (DMA). Unmapped memory reads ones, and so does all while bus mastering is off."""
        ...

    def write_memory(self, address: int, data: bytes) -> None:
        """Write the guest's memory (DMA). Dropped for unmapped memory, and while bus mastering is off."""
        ...

    def set_intx(self, level: int) -> None:
        """Drive the INTx# line: 1 asserts it.

        The client sees it unless the command register disables INTx or messages are enabled (PCI 3.0, 6.2.2, 6.8.2).
        The function sets the interrupt status bit in its configuration space itself.
        """
        ...

    def raise_vector(self, vector: int) -> None:
        """Send message ``vector`` by MSI-X if the guest has enabled it, else by MSI; dropped if neither is enabled.

        A vector that MSI's mask bits mask is sent once it is unmasked. The client emulates the MSI-X table.
        """
        ...

    def call_after(self, ns: int, function: Callable[[], object]) -> None:
        """Call ``function()`` in the server's thread after ``ns`` nanoseconds, e.g. a clock tick of a simulation."""
        ...


@runtime_checkable
class PciFunction(Protocol):
    """An object that is a PCI function.

    Its interrupts are those that configuration space declares: INTx# by the interrupt pin register, MSI and MSI-X by
    their capabilities, as they read when the server is created. With a PCI Express capability configuration
    space has 4096 bytes, else 256. `devgen.PciConfig` is a ready-made configuration space.
    """

    @property
    def name(self) -> str:
        """The name, for messages and traces."""
        ...

    @property
    def bars(self) -> Sequence[Bar]:
        """The base address registers; their types must be those in configuration space."""
        ...

    def connect(self, host: FunctionHost) -> None:
        """Called once, before any other method, with the object's host."""
        ...

    def read_config(self, offset: int, size: int) -> int:
        """Read configuration space: 1, 2 or 4 bytes at a multiple of them, little-endian."""
        ...

    def write_config(self, offset: int, value: int, size: int) -> None:
        """Write configuration space: 1, 2 or 4 bytes at a multiple of them, little-endian."""
        ...

    def read(self, bar: BarIndex, offset: int, size: int) -> int:
        """Read 1, 2, 4 or 8 bytes of a BAR, at a multiple of them; ``bar`` is its index, or "rom"."""
        ...

    def write(self, bar: BarIndex, offset: int, value: int, size: int) -> None:
        """Write 1, 2, 4 or 8 bytes of a BAR, at a multiple of them; ``bar`` as for ``read``."""
        ...

    def reset(self) -> None:
        """The client resets the function. Configuration space is reset too: BARs and the command register read 0."""
        ...
