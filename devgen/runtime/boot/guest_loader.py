"""Loads a board's guest: an image at an address, an ELF file at its own addresses, or a Linux kernel."""

from __future__ import annotations

from typing import Final

from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.boot_image import BootState, boot_state
from devgen.runtime.boot.elf_file import EM_386, EM_X86_64, is_elf, read_elf
from devgen.runtime.boot.guest_memory import GuestMemory
from devgen.runtime.boot.guest_sources import read_image, read_whole, shown_name
from devgen.runtime.boot.linux_pc import load_linux
from devgen.runtime.boot.pc_memory_map import MEBIBYTE, pc_memory_map
from devgen.runtime.boot.pc_tables.pc_firmware import write_tables
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import CpuMode, GuestConfig, KernelConfig

_MODES: Final[dict[int, CpuMode]] = {EM_386: "protected", EM_X86_64: "long"}


def load_guest(machine: Machine) -> BootState | None:
    """Write the guest of ``machine`` into RAM and return the first processor's state; None without a guest.

    Called under the machine's lock. Raises MachineError, whose text begins with the file's name if a file is wrong.
    """
    if machine.config.type != "pc":
        raise MachineError(f"{machine.name}: a machine of type {machine.config.type} runs no x86 guests")
    match machine.config.guest:
        case GuestConfig() as guest:
            state = _load_image(machine, guest)
        case KernelConfig() as guest:
            state = _load_kernel(machine, guest)
        case None:
            return None
    memory = GuestMemory(machine)
    for address, data in state.writes:
        memory.write(address, data, "the processor's first tables")
    return state


def _load_image(machine: Machine, guest: GuestConfig) -> BootState:
    name = shown_name(guest.image, "guest image")
    if guest.load is None:
        return _load_elf(machine, guest, name)
    memory = GuestMemory(machine)
    image = read_image(guest.image, name, memory.low_end - guest.load)
    memory.write(guest.load, image, name)
    return _start(guest.mode or "real", guest.load if guest.entry is None else guest.entry)


def _load_elf(machine: Machine, guest: GuestConfig, name: str) -> BootState:
    data = read_whole(guest.image, name)
    if not is_elf(data):
        raise MachineError(f"{name}: not an ELF file, so the board must say at which address to load it (`load`)")
    program = read_elf(data, name)
    mode = guest.mode or _MODES.get(program.machine)
    if mode is None:
        raise MachineError(f"{name}: an ELF file for another processor (machine {program.machine}), not for x86")
    GuestMemory(machine).write_segments(program.segments, name)
    return _start(mode, program.entry if guest.entry is None else guest.entry)


def _start(mode: CpuMode, entry: int) -> BootState:
    try:
        return boot_state(mode, entry)
    except ValueError as error:
        raise MachineError(str(error)) from None


def _load_kernel(machine: Machine, guest: KernelConfig) -> BootState:
    memory = GuestMemory(machine)
    if memory.low_end < 2 * MEBIBYTE:
        raise MachineError(f"{machine.name}: a kernel needs 2 MiB of RAM or more")
    name = shown_name(guest.kernel, "kernel")
    kernel = read_whole(guest.kernel, name)
    initrd = None if guest.initrd is None else read_whole(guest.initrd, shown_name(guest.initrd, "initrd"))
    rsdp = write_tables(machine, memory) if machine.config.irqchip == "kernel" else 0
    return load_linux(
        memory, kernel, name, initrd, guest.cmdline, pc_memory_map(memory.size, machine.config.ecam_address), rsdp
    )
