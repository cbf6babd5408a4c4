"""Loads the guest of a board of type `virt`: an image at an address, an ELF file, or a Linux kernel."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.common.kernel_places import VIRT_ALIGNMENT
from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.arm64.linux_image import find_places, read_image_header
from devgen.runtime.boot.device_tree.virt_tree import Chosen, virt_tree
from devgen.runtime.boot.elf_file import EM_AARCH64, is_elf, read_elf
from devgen.runtime.boot.guest_memory import GuestMemory
from devgen.runtime.boot.guest_sources import read_image, read_whole, shown_name
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, KernelConfig


@dataclass(slots=True, frozen=True)
class Arm64State:
    """Registers of the first processor, which starts at exception level 1 with its MMU off and interrupts masked.

    ``x0``: the address of a kernel's device tree; X1 to X3 are 0.
    """

    entry: int
    x0: int = 0


def load_arm64_guest(machine: Machine) -> Arm64State | None:
    """Write the guest of ``machine`` into RAM and return the first processor's state; None without a guest.

    Called under the machine's lock. Raises MachineError, whose text begins with the file's name if a file is wrong.
    """
    match machine.config.guest:
        case GuestConfig() as guest:
            return _load_image(machine, guest)
        case KernelConfig() as guest:
            return _load_kernel(machine, guest)
    return None


def _load_image(machine: Machine, guest: GuestConfig) -> Arm64State:
    name, memory = shown_name(guest.image, "guest image"), GuestMemory(machine)
    if guest.load is not None:
        image = read_image(guest.image, name, memory.low_end - guest.load)
        memory.write(guest.load, image, name)
        return Arm64State(guest.load if guest.entry is None else guest.entry)
    data = read_whole(guest.image, name)
    if not is_elf(data):
        raise MachineError(f"{name}: not an ELF file, so the board must say at which address to load it (`load`)")
    program = read_elf(data, name)
    if program.bits != 64 or program.machine != EM_AARCH64:
        raise MachineError(f"{name}: an ELF file for another processor (machine {program.machine}), not for arm64")
    memory.write_segments(program.segments, name)
    return Arm64State(program.entry if guest.entry is None else guest.entry)


def _load_kernel(machine: Machine, guest: KernelConfig) -> Arm64State:
    memory, name = GuestMemory(machine), shown_name(guest.kernel, "kernel")
    image = read_image_header(read_whole(guest.kernel, name), name, memory.size)
    initrd = b"" if guest.initrd is None else read_whole(guest.initrd, shown_name(guest.initrd, "initrd"))
    places = find_places(memory.start, memory.low_end, image, len(initrd))
    disk = (places.initrd, places.initrd + len(initrd)) if initrd else None
    tree = virt_tree(machine, Chosen(guest.cmdline, disk))
    if len(tree) > VIRT_ALIGNMENT:
        raise MachineError(
            f"{machine.name}: the device tree has {len(tree)} bytes; a kernel takes at most {VIRT_ALIGNMENT}"
        )
    memory.write(places.kernel, image.data, name)
    if initrd:
        memory.write(places.initrd, initrd, "the initrd")
    memory.write(places.tree, tree, "the device tree")
    return Arm64State(places.kernel, places.tree)
