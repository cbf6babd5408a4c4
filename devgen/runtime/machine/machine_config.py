"""The configuration of a machine as plain data: the runtime's form of a board file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from devgen.common.machine_map import VIRT_ECAM, VIRT_SPIS, MachineType
from devgen.runtime.device.properties import PropertyValue
from devgen.runtime.machine.gsi import MAX_GSI, Combination

CpuMode = Literal["real", "protected", "long"]
Irqchip = Literal["kernel", "none"]
ClockKind = Literal["live", "manual"]
TripleFault = Literal["shutdown", "reset"]
OnReset = Literal["restart", "exit"]

NMI_WIRE: Final = "nmi"
"""The target of a wire to the processor's NMI input."""


@dataclass(slots=True, frozen=True)
class GuestConfig:
    """The guest program: an image (file or bytes), its load address and its entry (guest physical addresses).

    Without ``load`` the image is an ELF file, which says its addresses, its entry and its mode. ``entry`` is ``load``
    if it is not given, and ``mode`` is ``real``. ``protected`` is flat 32-bit mode, ``long`` is 64-bit mode with
    identity-mapped pages; the host sets up the mode.
    """

    image: Path | bytes
    load: int | None = None
    entry: int | None = None
    mode: CpuMode | None = None


@dataclass(slots=True, frozen=True)
class KernelConfig:
    """A Linux kernel (bzImage or vmlinux) with its initial RAM disk (file or bytes) and its command line."""

    kernel: Path | bytes
    initrd: Path | bytes | None = None
    cmdline: str = ""


@dataclass(slots=True, frozen=True)
class DevicePlacement:
    """A device of a board.

    ``at``: region name → address (sysbus, isa). ``slot``/``function``: place on PCI bus 0. ``irq``: line → GSI.
    ``wires``: line → another device's GPIO input, as ``device.input``, or ``nmi``: the processor's NMI input.
    ``inputs``: GPIO input of this device that several lines drive → how they are combined (``or`` if it is not named).
    ``on_event``: event name → ``exit`` | ``reset`` | ``panic`` | ``log`` | ``ignore`` | ``run:COMMAND`` |
    ``qmp:SOCKET:COMMAND``, see `devgen.runtime.machine.event_actions`. ``streams``: stream name → ``stdio`` |
    ``null`` | ``memory`` | ``pty`` | ``random`` | ``socket:PATH`` | ``file:PATH`` | ``input:PATH``.
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
    media: Mapping[str, Path] = field(default_factory=dict)
    """State of the device that is an array of bytes → the file that holds it."""
    overlaps: tuple[str, ...] = ()
    """Devices whose addresses this one shares: its registers answer first."""
    where: str = ""
    """Position in the board file as ``file:line:column``, for messages."""


@dataclass(slots=True, frozen=True)
class MachineConfig:
    """The configuration of a machine.

    - ``type``: the kind of machine, which determines its processors' architecture; ``pc`` has x86-64 processors,
      ``virt`` arm64 ones, ``bus`` none: it has devices at addresses and interrupt lines by number, for a bench.
    - ``ram``: size of RAM in bytes. On a ``pc`` from address 0, the part beyond 3 GiB at 4 GiB; else from 1 GiB.
    - ``irqchip``: ``kernel`` if the host models the interrupt controllers; ``pit``: likewise for the interval timer,
      which needs the interrupt controllers.
    - ``pci``: whether there is a PCI bus 0 with a host bridge, which a ``pc`` has at ports 0xcf8/0xcfc.
    - ``ecam``: address of the ECAM window; None: there is none on a ``pc``, and it is at ``VIRT_ECAM`` on ``virt``.
    - ``intx_gsis``: GSIs of INTA# .. INTD# of slot 0; pin p (from 0) of slot s uses entry ``(s + p) % 4``.
    - ``cpus``: number of processors. ``triple_fault``: whether a triple fault ends the run or resets the machine.
    - ``on_reset``: whether a reset that the guest or an event asks for restarts the guest or ends the run with code 0.
    - ``clock``: "manual" is for the bench; ``rtc_epoch``: start of the rtc on a manual clock in seconds since 1970.
    """

    name: str = "machine"
    title: str = ""
    type: MachineType = "pc"
    ram: int = 0
    irqchip: Irqchip = "kernel"
    pci: bool = False
    ecam: int | None = None
    pit: Irqchip = "kernel"
    intx_gsis: tuple[int, int, int, int] = (16, 17, 18, 19)
    devices: tuple[DevicePlacement, ...] = ()
    guest: GuestConfig | KernelConfig | None = None
    cpus: int = 1
    triple_fault: TripleFault = "shutdown"
    on_reset: OnReset = "restart"
    clock: ClockKind = "live"
    rtc_epoch: int = 0

    @property
    def ecam_address(self) -> int | None:
        """The address of the ECAM window, or None without one."""
        if self.ecam is None and self.pci and self.type == "virt":
            return VIRT_ECAM
        return self.ecam if self.pci else None

    @property
    def last_gsi(self) -> int:
        """The greatest number of an interrupt line."""
        return VIRT_SPIS - 1 if self.type == "virt" else MAX_GSI
