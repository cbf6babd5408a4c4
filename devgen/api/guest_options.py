"""Options that replace a board's guest, processors and RAM for one run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from devgen.common.machine_map import most_ram
from devgen.errors import ArgumentError
from devgen.language.board import PAGE
from devgen.language.reading.quantities import size
from devgen.runtime.machine.machine_config import KernelConfig, MachineConfig, OnReset

MOST_CPUS = 64
"""The most processors of a machine; also the schema's limit."""


@dataclass(slots=True, frozen=True)
class GuestOptions:
    """What a run changes of its board's guest and machine; None and the empty string change nothing.

    - ``kernel``: a Linux kernel in place of the board's guest; ``initrd``: its initial RAM disk.
    - ``append``: text to add to the kernel's command line.
    - ``on_reset``: ``exit`` ends the run where the guest asks for a reset.
    - ``cpus``: number of processors. ``ram``: size of RAM in bytes, or as text: ``512 MiB``.
    """

    kernel: str | PathLike[str] | None = None
    initrd: str | PathLike[str] | None = None
    append: str = ""
    cpus: int | None = None
    ram: int | str | None = None
    on_reset: OnReset | None = None

    @property
    def replaces_guest(self) -> bool:
        """Whether the check of the board's own guest does not hold: another file, or other RAM to load it into."""
        return self.kernel is not None or self.initrd is not None or self.ram is not None


def with_guest(config: MachineConfig, options: GuestOptions) -> MachineConfig:
    """Return ``config`` changed as ``options`` say. Raises ArgumentError."""
    if options.kernel is not None or options.initrd is not None or options.append:
        config = replace(config, guest=_kernel(config, options))
    if options.cpus is not None:
        config = replace(config, cpus=_cpus(config, options.cpus))
    if options.ram is not None:
        config = replace(config, ram=_ram(config, options.ram))
    if options.on_reset is not None:
        config = replace(config, on_reset=options.on_reset)
    return config


def _kernel(config: MachineConfig, options: GuestOptions) -> KernelConfig:
    guest = config.guest if isinstance(config.guest, KernelConfig) else None
    if options.kernel is not None:
        # The initrd of another kernel holds that kernel's modules.
        guest = KernelConfig(_path("kernel", options.kernel), None, "" if guest is None else guest.cmdline)
    if guest is None:
        argument = "initrd" if options.initrd is not None else "append"
        raise ArgumentError(argument, "the board has no kernel: give one too")
    if config.irqchip == "none":
        raise ArgumentError("kernel", "a kernel needs interrupt controllers, and the board has none (`irqchip: none`)")
    if options.initrd is not None:
        guest = replace(guest, initrd=_path("initrd", options.initrd))
    if "\0" in options.append:
        raise ArgumentError("append", "the command line contains a NUL character")
    return replace(guest, cmdline=f"{guest.cmdline} {options.append}".strip())


def _path(argument: str, value: str | PathLike[str]) -> Path:
    path = Path(value)
    if "\0" in str(path):
        raise ArgumentError(argument, "the path contains a NUL character")
    return path


def _cpus(config: MachineConfig, cpus: int) -> int:
    if not 1 <= cpus <= MOST_CPUS:
        raise ArgumentError("cpus", f"{cpus} is not a number from 1 to {MOST_CPUS}")
    if cpus > 1 and config.irqchip == "none":
        raise ArgumentError("cpus", f"{cpus} processors need interrupt controllers, and the board has none")
    return cpus


def _ram(config: MachineConfig, value: int | str) -> int:
    text = value if isinstance(value, int) or not value.isdigit() else int(value)
    ram, most = size(text), most_ram(config.type, config.pci)
    if ram is None or not 0 < ram <= most or ram % PAGE:
        limits = f"whole pages of 4 KiB, at most {most >> 30} GiB"
        raise ArgumentError("ram", f"'{value}' is not a size of RAM, as '512 MiB': {limits}")
    return ram
