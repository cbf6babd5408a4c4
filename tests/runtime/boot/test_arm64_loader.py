"""Guests of boards of type virt: where files go in RAM, and what is said of files that are none."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import libfdt
import pytest

from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.arm64.arm64_loader import Arm64State, load_arm64_guest
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, KernelConfig, MachineConfig
from devgen.runtime.machine.project_devices import project_registry

RAM = 0x40000000
MIB = 1 << 20


def kernel(body: bytes = b"kernel", offset: int = 0, size: int = 3 * MIB, flags: int = 0b1010) -> bytes:
    header = struct.pack("<IIQQQ24xI4x", 0x14000010, 0, offset, size, flags, 0x644D5241)
    return header + body


def machine(guest: GuestConfig | KernelConfig, ram: int = 64 * MIB) -> Machine:
    return Machine(MachineConfig(name="virt", type="virt", ram=ram, guest=guest), project_registry())


def test_a_kernel_its_disk_and_its_tree_lie_at_multiples_of_2_mib() -> None:
    with machine(KernelConfig(kernel(b"K" * 100), b"disk", "quiet")) as made:
        assert load_arm64_guest(made) == Arm64State(RAM, RAM + 6 * MIB)
        assert made.memory.read_bytes(RAM + 64, 100) == b"K" * 100
        assert made.memory.read_bytes(RAM + 4 * MIB, 4) == b"disk"
        tree = libfdt.Fdt(made.memory.read_bytes(RAM + 6 * MIB, 8192))
        chosen = tree.path_offset("/chosen")
        assert tree.getprop(chosen, "linux,initrd-start").as_uint64() == RAM + 4 * MIB
        assert tree.getprop(chosen, "linux,initrd-end").as_uint64() == RAM + 4 * MIB + 4


def test_a_kernel_may_start_beside_the_multiple() -> None:
    with machine(KernelConfig(kernel(offset=0x80000))) as made:
        state = load_arm64_guest(made)
        assert state is not None
        assert state.entry == RAM + 0x80000


def test_a_kernel_may_be_compressed() -> None:
    with machine(KernelConfig(gzip.compress(kernel(b"unpacked")))) as made:
        load_arm64_guest(made)
        assert made.memory.read_bytes(RAM + 64, 8) == b"unpacked"


def elf(number: int, kind: int = 2) -> bytes:
    header = (
        b"\x7fELF\2\1\1"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", kind, number, 1, RAM + 4, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )
    return header + struct.pack("<IIQQQQQQ", 1, 5, 120, 0, RAM, 8, 16, 8) + b"12345678"


REFUSED_KERNELS = {
    "text": (b"not a kernel", "kernel: not an arm64 kernel (Image or Image.gz)"),
    "x86": (bytes(0x202) + b"HdrS" + bytes(0x100), "kernel: an x86 kernel; a board of type virt runs arm64 kernels"),
    "elf": (elf(183), "kernel: an ELF file; an arm64 kernel is booted from arch/arm64/boot/Image"),
    "zboot": (b"MZ\0\0zimg" + bytes(100), "kernel: a compressed EFI kernel (vmlinuz.efi); use the Image that is in it"),
    "big endian": (kernel(flags=1), "kernel: a big-endian kernel; only little-endian ones run"),
    "offset": (kernel(offset=2 * MIB), "kernel: the kernel's header is damaged (text_offset 0x200000)"),
    "damaged": (b"\x1f\x8b" + bytes(100), "kernel: the gzip data is damaged"),
    "cut off": (gzip.compress(kernel(bytes(range(256))))[:100], "kernel: the gzip data is cut off"),
    "bomb": (gzip.compress(bytes(65 * MIB)), "kernel: the kernel unpacks to more than the RAM of 64 MiB"),
    "large": (kernel(size=1 << 63), "the kernel and an initrd of 0x0 bytes need 8796093022210 MiB of RAM or more"),
}


@pytest.mark.parametrize("name", REFUSED_KERNELS)
def test_a_file_that_is_no_kernel_is_told(name: str) -> None:
    data, message = REFUSED_KERNELS[name]
    with machine(KernelConfig(data)) as made, pytest.raises(MachineError) as error:
        load_arm64_guest(made)
    assert str(error.value) == message


def test_too_little_ram_is_told() -> None:
    with (
        machine(KernelConfig(kernel(), bytes(2 * MIB)), ram=8 * MIB - 4096) as made,
        pytest.raises(MachineError) as error,
    ):
        load_arm64_guest(made)
    assert str(error.value) == "the kernel and an initrd of 0x200000 bytes need 8 MiB of RAM or more"


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "libfdt", None)
    with machine(KernelConfig(kernel())) as made, pytest.raises(MachineError, match=r"pip install 'devgen\[arm64\]'"):
        load_arm64_guest(made)


def test_an_image_starts_where_the_board_says() -> None:
    with machine(GuestConfig(b"code", load=RAM + 0x1000, entry=RAM + 0x1004)) as made:
        assert load_arm64_guest(made) == Arm64State(RAM + 0x1004)
        assert made.memory.read_bytes(RAM + 0x1000, 4) == b"code"


def test_an_elf_file_says_its_addresses(tmp_path: Path) -> None:
    file = tmp_path / "guest.elf"
    file.write_bytes(elf(183))
    with machine(GuestConfig(file)) as made:
        assert load_arm64_guest(made) == Arm64State(RAM + 4)
        assert made.memory.read_bytes(RAM, 16) == b"12345678" + bytes(8)


@pytest.mark.parametrize(
    ("guest", "message"),
    [
        (GuestConfig(elf(62)), "an ELF file for another processor (machine 62), not for arm64"),
        (GuestConfig(b"flat"), "not an ELF file, so the board must say at which address to load it"),
        (GuestConfig(b"code", load=0x1000), "4 bytes at 0x1000 do not fit into RAM"),
    ],
)
def test_an_image_that_cannot_start_is_told(guest: GuestConfig, message: str) -> None:
    with machine(guest) as made, pytest.raises(MachineError) as error:
        load_arm64_guest(made)
    assert message in str(error.value)
