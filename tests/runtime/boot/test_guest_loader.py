"""What of a guest's files is where in memory, and what the first processor's registers hold."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from boot_files import bzimage, elf

from devgen.runtime.base.faults import MachineError
from devgen.runtime.boot.guest_loader import load_guest
from devgen.runtime.boot.linux_pc import COMMAND_LINE, ZERO_PAGE
from devgen.runtime.machine.machine import Machine
from devgen.runtime.machine.machine_config import GuestConfig, KernelConfig, MachineConfig

MIB = 1 << 20
CODE = b"\xf4\xeb\xfd"


def machine(guest: GuestConfig | KernelConfig, ram: int = 4 * MIB, **config: object) -> Machine:
    return Machine(MachineConfig(ram=ram, guest=guest, **config))  # type: ignore[arg-type]


def read(made: Machine, address: int, size: int) -> bytes:
    return made.memory.read_bytes(address, size)


def test_an_image_is_at_its_address(tmp_path: Path) -> None:
    image = tmp_path / "guest.bin"
    image.write_bytes(CODE)
    with machine(GuestConfig(image, 0x7000)) as made:
        state = load_guest(made)
        assert state is not None
        assert (read(made, 0x7000, 3), state.ip, state.cr0 & 1) == (CODE, 0x7000, 0)


@pytest.mark.parametrize(("bits", "number", "mode"), [(32, 3, "protected"), (64, 62, "long")])
def test_an_elf_file_says_its_addresses_and_its_mode(bits: int, number: int, mode: str) -> None:
    image = elf(CODE, 0x123000, bits=bits, machine=number, entry=0x123001, zeros=64)
    with machine(GuestConfig(image)) as made:
        made.memory.write_bytes(0x123000, b"\xff" * 128)
        state = load_guest(made)
        assert state is not None
        assert read(made, 0x123000, 68) == CODE + bytes(64) + b"\xff"
        assert (state.ip, bool(state.efer)) == (0x123001, mode == "long")


@pytest.mark.parametrize(
    ("guest", "message"),
    [
        (GuestConfig(b"ab", 4 * MIB - 1), "guest image: 0x2 bytes at 0x3fffff do not fit into RAM"),
        (GuestConfig(b"a", -1), "do not fit"),
        (GuestConfig(Path("/nonexistent"), 0), "cannot read guest image /nonexistent"),
        (GuestConfig(CODE), "guest image: not an ELF file, so the board must say at which address to load it"),
        (GuestConfig(elf(CODE, 0x1000, machine=183)), r"another processor \(machine 183\)"),
        (GuestConfig(elf(CODE, 8 * MIB)), "a segment of 0x3 bytes at 0x800000 does not fit into RAM"),
        (GuestConfig(elf(CODE, 0x1000)[:40]), "the ELF header is cut off"),
        (GuestConfig(elf(CODE, 0x1000)[:-1]), "a segment of the ELF file is cut off"),
        (GuestConfig(elf(CODE, 0x1000)[:100]), "program headers are damaged"),
        (GuestConfig(elf(CODE, 0x1000, zeros=1 << 62)), "does not fit into RAM"),
        (GuestConfig(b"\x7fELF\x02\x02" + bytes(100)), "not a little-endian ELF file"),
        (GuestConfig(elf(CODE, 0x1000).replace(b"\x02\x00\x3e", b"\x03\x00\x3e")), "of type 3, not an executable"),
        (KernelConfig(b"MZ" + bytes(2000)), "kernel: neither an x86 bzImage nor an ELF file"),
        (KernelConfig(bzimage(CODE, version=0x20B)), r"no 64-bit entry \(boot protocol 2.11\)"),
        (KernelConfig(bzimage(CODE, flags=0)), "no 64-bit entry"),
        (KernelConfig(bzimage(CODE)[:1024]), "cut off after its setup code"),
        (KernelConfig(elf(CODE, MIB, bits=32, machine=3)), "another processor, not an x86-64 kernel"),
        (KernelConfig(elf(CODE, MIB), cmdline="x" * 40000), "the command line has 40000 bytes"),
        (KernelConfig(bzimage(CODE), cmdline="x" * 256), "takes at most 255"),
        (KernelConfig(elf(CODE, MIB), initrd=bytes(3 * MIB)), "need 4 MiB of RAM or more"),
        (KernelConfig(elf(CODE, MIB), initrd=Path("/nonexistent")), "cannot read /nonexistent: No such file"),
        (KernelConfig(b""), "kernel: neither"),
    ],
)
def test_a_guest_that_cannot_be_loaded(guest: GuestConfig | KernelConfig, message: str) -> None:
    with machine(guest) as made, pytest.raises(MachineError, match=message):
        load_guest(made)


@pytest.mark.parametrize("kind", ["fifo", "folder", "zero"])
def test_a_kernel_that_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "kernel"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "zero":
            path.symlink_to("/dev/zero")
    with machine(KernelConfig(path)) as made, pytest.raises(MachineError, match="not a regular file"):
        load_guest(made)


class TestLinux:
    """The zero page (Documentation/arch/x86/zero-page.rst)."""

    def load(self, guest: KernelConfig, ram: int = 64 * MIB) -> tuple[bytes, Machine, int]:
        made = machine(guest, ram)
        state = load_guest(made)
        assert state is not None
        assert state.si == ZERO_PAGE
        assert (state.code.selector, state.data.selector) == (0x10, 0x18)
        return read(made, ZERO_PAGE, 4096), made, state.ip

    def test_a_vmlinux_gets_a_header_and_its_entry(self) -> None:
        page, made, entry = self.load(KernelConfig(elf(CODE, 0x1000000, entry=0x1000001), cmdline="quiet a=b"))
        assert entry == 0x1000001
        assert (page[0x202:0x206], page[0x210], page[0x211] & 1) == (b"HdrS", 0xFF, 1)
        assert struct.unpack_from("<I", page, 0x228)[0] == COMMAND_LINE
        assert read(made, COMMAND_LINE, 10) == b"quiet a=b\0"
        assert struct.unpack_from("<Q", page, 0x70)[0] == 0xE0000

    def test_a_bzimage_is_at_its_preferred_address(self) -> None:
        kernel = bzimage(CODE, preferred=0x1000000, size=0x2000000)
        page, made, entry = self.load(KernelConfig(kernel))
        assert (entry, read(made, entry, 3)) == (0x1000200, CODE)
        assert page[0x1F1:0x210] == kernel[0x1F1:0x210]

    def test_a_bzimage_is_at_1_mib_where_its_preferred_address_is_no_ram(self) -> None:
        _, made, entry = self.load(KernelConfig(bzimage(CODE, preferred=0x1000000, size=0x1000)), ram=8 * MIB)
        assert (entry, read(made, entry, 3)) == (0x100200, CODE)

    def test_the_initrd_is_at_the_end_of_ram(self) -> None:
        page, made, _ = self.load(KernelConfig(elf(CODE, MIB), initrd=b"x" * 5000))
        start, size = struct.unpack_from("<II", page, 0x218)
        assert (start, size) == (64 * MIB - 8192, 5000)
        assert read(made, start, size) == b"x" * 5000

    @pytest.mark.parametrize(
        ("ram", "last"),
        [(64 * MIB, (MIB, 63 * MIB, 1)), (5 << 30, (1 << 32, 2 << 30, 1))],
    )
    def test_the_memory_map_has_the_ram(self, ram: int, last: tuple[int, int, int]) -> None:
        page, _, _ = self.load(KernelConfig(elf(CODE, MIB)), ram)
        ranges = [struct.unpack_from("<QQI", page, 0x2D0 + 20 * index) for index in range(page[0x1E8])]
        assert ranges[0] == (0, 0x9FC00, 1)
        assert ranges[-1] == last
        assert sum(size for _, size, kind in ranges if kind == 1) == ram - 0xA0000 + 0x9FC00 - 0x60000


def test_a_machine_of_another_type_runs_no_x86_guest() -> None:
    refused = pytest.raises(MachineError, match="a machine of type virt runs no x86 guests")
    with machine(GuestConfig(CODE, 0x40000000), type="virt") as made, refused:
        load_guest(made)
