"""What a machine is made of, as plain data: the runtime's own form of a board file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.gsi import Combination

CpuMode = Literal["real", "protected", "long"]
Irqchip = Literal["kernel", "none"]
ClockKind = Literal["live", "manual"]

NMI_WIRE: Final = "nmi"
"""The target of a wire that leads to the processor's input for non-maskable interrupts."""


@dataclass(slots=True, frozen=True)
class GuestConfig:
    """The guest program: an image (file or bytes), where it is loaded and where it starts (guest physical addresses).

    ``protected`` is flat 32-bit, ``long`` is 64-bit with identity-mapped pages; the host sets both up.
    """

    image: Path | bytes
    load: int
    entry: int
    mode: CpuMode = "real"


@dataclass(slots=True, frozen=True)
class DevicePlacement:
    """One device of a board.

    ``at``: region name → address (sysbus, isa). ``slot``/``function``: place on PCI bus 0. ``irq``: line → GSI.
    ``wires``: line → another device's GPIO input, as ``device.input``, or ``nmi``: the processor's NMI input.
    ``inputs``: GPIO input of this device that several lines drive → how they are combined (``or`` if it is not named).
    ``on_event``: event name → ``exit`` | ``log`` | ``ignore`` | ``run:COMMAND`` | ``qmp:SOCKET:COMMAND``, see
    `devgen.runtime.machine.event_actions`. ``streams``: stream name → ``stdio`` | ``null`` | ``memory`` | ``pty`` |
    ``socket:PATH`` | ``file:PATH``.
    """

    name: str
    device: str
    at: Mapping[str, int] = field(default_factory=dict)
    slot: int | None = None
    function: int = 0
    irq: Mapping[str, int] = field(default_factory=dict)
    wires: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Combination] = field(default_factory=dict)
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    on_event: Mapping[str, str] = field(default_factory=dict)
    streams: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    """Where a user wrote this, as ``file:line:column``: for messages."""


@dataclass(slots=True, frozen=True)
class MachineConfig:
    """A machine. ``ram`` bytes lie at address 0; a RAM of more than 3 GiB goes on at 4 GiB.

    ``irqchip``: who models the interrupt controllers, ``pit``: the interval timer, which exists beside them only.
    ``pci``: bus 0 with its host bridge at ports 0xcf8/0xcfc; ``ecam``: where its configuration space lies in memory,
    if it does. ``intx_gsis``: GSI of INTA# .. INTD# of slot 0; slot s and pin p go to entry ``(s + p) % 4``. ``clock``
    "manual" is for the bench; ``rtc_epoch``: seconds since 1970 at which the rtc starts on a manual clock.
    """

    name: str = "machine"
    title: str = ""
    ram: int = 0
    irqchip: Irqchip = "kernel"
    pci: bool = False
    ecam: int | None = None
    pit: Irqchip = "kernel"
    intx_gsis: tuple[int, int, int, int] = (16, 17, 18, 19)
    devices: tuple[DevicePlacement, ...] = ()
    guest: GuestConfig | None = None
    clock: ClockKind = "live"
    rtc_epoch: int = 0
